import type { Method } from "../method.ts";

/** What a recipe goes by: lengths and cycle of the config that it is laid over. */
export interface RecipeBase {
  readonly lmax: number;
  readonly lmin: number;
  /** T: steps of a cycle. */
  readonly cycle: number;
  /** Fraction of a cycle in which the budget falls. */
  readonly compression: number;
}

/** A part of a config, as a config file holds it. */
export type Patch = Readonly<Record<string, Readonly<Record<string, unknown>> | string>>;

/** A checkpoint that stands for a run in a table. */
export interface Reported {
  /** E.g. `low`, `high`, `final`. */
  readonly label: string;
  /** Steps done. */
  readonly step: number;
  /** What is changed for the evaluation, e.g. the budget in the prompt. */
  readonly settings?: Patch;
}

/** A way to train, as a paper describes it, in the measures of the toy. */
export interface Recipe {
  readonly name: string;
  /** As a table names it. */
  readonly title: string;
  /** The paper, with the section, and the code where that is what is followed. */
  readonly source: string;
  /** What it changes in the config that it is laid over. */
  settings(base: RecipeBase): Patch;
  /** Its functions; left out where it is plain GRPO with settings. */
  readonly method?: Method;
  /** False where nothing is trained: the recipe is a way to decode. */
  readonly trains?: boolean;
  /** The checkpoints that stand for a run that made `steps` steps; the last alone unless given. */
  reported?(base: RecipeBase, steps: number): readonly Reported[];
}
