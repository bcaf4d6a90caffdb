import { BellowsError, invalid } from "../errors.ts";
import { recipeOf } from "../rl/recipes/index.ts";
import type { Patch, Reported } from "../rl/recipes/recipe.ts";
import { createTask } from "../tasks/registry.ts";
import { type Config, parseConfig } from "../train/config.ts";
import { MAX_STEPS } from "../train/config-schema.ts";
import { composeConfig, recipeBase } from "../train/settings.ts";
import type { Entry, Matrix } from "./matrix.ts";

/** The least that is run at once: a training run with its benchmark, or a benchmark alone. */
export interface Cell {
  /** Its folder: the entry and the seed, e.g. `siri-cosine-T80-s0`. Of a starting policy e.g. `base-pre-rl`. */
  readonly name: string;
  readonly entry: string;
  /** {@link BASE} for a starting policy. */
  readonly recipe: string;
  readonly seed: number;
  readonly config: Config;
  /** The cell of the starting policy that it is measured against; of such a cell, itself. */
  readonly base: string;
  /** False where the starting policy alone is put to the benchmark. */
  readonly trains: boolean;
}

/** Stands for a recipe in the cells of starting policies, and for a checkpoint in their rows. */
export const BASE = "base";

/**
 * The cells of a matrix, each starting policy before the first cell that starts from it, then seed by seed: the first seed
 * of every entry, then the second, so that a comparison that is stopped at any time holds whole seeds.
 * @throws BellowsError `config-invalid` for a recipe or setting that is none, or where two cells have one name.
 */
export function cellsOf(matrix: Matrix): Cell[] {
  const variants = matrix.entries.flatMap((entry) => variantsOf(entry));
  const rounds = Math.max(...variants.map(({ entry }) => entry.seeds.length));
  const cells = new Map<string, Cell>();
  const add = (cell: Cell) => {
    if (cells.has(cell.name)) {
      const hint = "Entries of one recipe need names that tell them apart.";
      throw new BellowsError("config-invalid", `two cells are called ${cell.name}`, {
        field: "entries",
        hint,
      });
    }
    cells.set(cell.name, cell);
  };
  const bases = new Bases(matrix);
  for (let round = 0; round < rounds; round++) {
    for (const variant of variants) {
      const seed = variant.entry.seeds[round];
      if (seed === undefined) continue;
      const config = configOf(matrix, variant, seed);
      const base = bases.of(variant.entry, config);
      if (!cells.has(base.name)) add(base);
      const trains = recipeOf(variant.recipe).trains !== false;
      const { name: entry, recipe } = variant;
      add({ name: `${entry}-s${seed}`, entry, recipe, seed, config, base: base.name, trains });
    }
  }
  return [...cells.values()];
}

/** The checkpoints that stand for a cell after so many steps. */
export function reportedOf({ recipe, config }: Cell, steps: number): readonly Reported[] {
  if (recipe === BASE) return [{ label: BASE, step: 0 }];
  return recipeOf(recipe).reported?.(recipeBase(config), steps) ?? [{ label: "final", step: steps }];
}

/** The config under which a checkpoint of a cell is put to the benchmark. */
export function benchmarkConfig(
  { benchmark }: Matrix,
  { config }: Cell,
  { settings = {} }: Reported,
): Config {
  return composeConfig({
    file: config,
    settings: [...settingsOf({ eval: benchmark }), ...settingsOf(settings)],
  });
}

/** An entry with one of its recipes, cycle lengths and shapes. */
interface Variant {
  readonly name: string;
  readonly recipe: string;
  readonly entry: Entry;
  /** `path=value`, as composeConfig takes them. */
  readonly settings: readonly string[];
}

function variantsOf(entry: Entry): Variant[] {
  const recipes = [entry.recipe].flat();
  if (entry.name !== undefined && recipes.length > 1) {
    throw invalid(
      "config-invalid",
      "entries.name",
      entry.name,
      "left out where an entry has several recipes",
    );
  }
  const { cycles = [null], shapes = [null], set = {} } = entry;
  return recipes.flatMap((recipe) =>
    cycles.flatMap((cycle) =>
      shapes.map((shape) => {
        const length = cycle === null ? "" : `-T${cycle}`;
        const kind = shape === null ? "" : `-${shape}`;
        return {
          name: `${entry.name ?? recipe}${length}${kind}`,
          recipe,
          entry,
          settings: [
            ...(cycle === null ? [] : [`schedule.cycle=${cycle}`]),
            ...(shape === null ? [] : [`schedule.kind=${shape}`]),
            ...settingsOf(set),
          ],
        };
      }),
    ),
  );
}

/** Preset ← set ← recipe ← cycle and shape ← the entry's set ← seed ← budget. */
function configOf(matrix: Matrix, { recipe, settings }: Variant, seed: number): Config {
  const { preset, set: file = {}, budget } = matrix;
  const own = [...settings, `seed=${seed}`];
  if (budget.steps !== undefined) own.push(`rl.steps=${budget.steps}`);
  const config = composeConfig({ preset, file, recipe: recipeOf(recipe), settings: own });
  const rl = { ...config.rl, steps: mostSteps(config, budget), tokenBudget: budget.tokens ?? 0 };
  const train = { ...config.train, checkpointEvery: checkpointEvery(config, recipe) };
  return parseConfig({ ...config, rl, train });
}

/**
 * Steps that suffice to spend a budget. One of time has as many as a config allows; one of tokens those for which every response
 * may be as short as a right answer can be. A policy that collapses to shorter ones ends by steps.
 */
function mostSteps({ rl, task }: Config, { tokens, seconds }: Matrix["budget"]): number {
  if (seconds !== undefined) return MAX_STEPS;
  if (tokens === undefined) return rl.steps;
  const { levels } = createTask(task.name, task.settings);
  const shortest = Math.min(...levels.map((level) => level.shortestResponse));
  const responses = rl.promptsPerStep * Math.min(rl.groupSize, ...rl.stageGroupSizes);
  return Math.min(MAX_STEPS, Math.ceil(tokens / (responses * shortest)));
}

/** The largest distance of checkpoints, at most that of the config, at which each that the recipe may report is there. */
function checkpointEvery(config: Config, recipe: string): number {
  const base = recipeBase(config);
  const { reported = () => [] } = recipeOf(recipe);
  // What is reported repeats with the cycle; the last step of a run is saved anyway.
  const steps = Array.from({ length: 4 * base.cycle }, (_, index) => index + 1);
  const wanted = steps.flatMap((last) => reported(base, last).map(({ step }) => (step === last ? 0 : step)));
  return wanted.reduce(greatestCommonDivisor, config.train.checkpointEvery);
}

/** Of 0 and n: n. */
function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** The starting policies of a matrix: one for each that differs in weights, or in how it is put to the benchmark. */
class Bases {
  readonly #matrix: Matrix;
  readonly #cells = new Map<string, Cell>();

  constructor(matrix: Matrix) {
    this.#matrix = matrix;
  }

  /** The starting policy of a cell, with nothing of its recipe but the weights that it starts from. */
  of({ set = {} }: Entry, { init, seed, task, model, schedule: { lmax } }: Config): Cell {
    const { preset, set: file = {}, benchmark } = this.#matrix;
    const own = {
      init,
      // Responses are drawn with the seed of the problems, unless the seed makes the weights.
      seed: init === "random" ? seed : benchmark.seed,
      task,
      model,
      schedule: { lmax },
      eval: set.eval ?? {},
    };
    // Plain GRPO, as what else an entry sets may fit nothing but its recipe.
    const config = composeConfig({ preset, file, recipe: recipeOf("grpo"), settings: settingsOf(own) });
    const key = JSON.stringify([init, config.seed, task, model, lmax, config.eval]);
    const known = this.#cells.get(key);
    if (known !== undefined) return known;
    const name = this.#freeName(`${BASE}-${init.replaceAll(/[^\w.-]+/g, "-").replace(/^-+/, "")}`);
    const cell = { name, entry: name, recipe: BASE, seed: config.seed, config, base: name, trains: false };
    this.#cells.set(key, cell);
    return cell;
  }

  #freeName(name: string): string {
    const taken = [...this.#cells.values()].map((cell) => cell.name);
    for (let number = 1; ; number++) {
      const free = number === 1 ? name : `${name}-${number}`;
      if (!taken.includes(free)) return free;
    }
  }
}

/** A part of a config as settings `path=value`. */
function settingsOf(patch: Readonly<Record<string, unknown>> | Patch): string[] {
  return Object.entries(patch).flatMap(([group, values]) =>
    typeof values === "object" && values !== null && !Array.isArray(values)
      ? Object.entries(values).map(([name, value]) => `${group}.${name}=${JSON.stringify(value)}`)
      : [`${group}=${JSON.stringify(values)}`],
  );
}
