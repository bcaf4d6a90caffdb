import type { LevelResult, Metrics } from "../train/records.ts";

// What a comparison leaves behind, a JSON object a line: rows.jsonl has a line for each checkpoint that stands for a run,
// curves.jsonl a line for each run. The report is made of these two files, the matrix and nothing else.

/** A policy as the benchmark found it. */
export interface Row {
  /** E.g. `siri-cosine-s0`; the folder of the cell. */
  readonly cell: string;
  /** The name of the entry of the matrix: the recipe, with what sets its entry apart, e.g. `siri-cosine-T80`. */
  readonly entry: string;
  readonly recipe: string;
  readonly seed: number;
  /** Which starting policy it is measured against: the `cell` of a row whose checkpoint is `base`; its own there. */
  readonly base: string;
  /** `base` (the starting policy), `low`, `high`, `final`, or what the recipe calls it. */
  readonly checkpoint: string;
  /** Steps done. */
  readonly step: number;
  /** Tokens generated in training until then. */
  readonly tokens: number;
  readonly levels: readonly LevelResult[];
  /** As in an evaluation's record: `eval/acc`, `eval/mean_length`, `eval/words/wait_correct` … */
  readonly metrics: Metrics;
}

/** A run in short. Columns of equal length; null where a metric did not apply. */
export interface Curve {
  readonly cell: string;
  readonly entry: string;
  readonly recipe: string;
  readonly seed: number;
  /** T of its schedule. */
  readonly cycle: number;
  readonly lmax: number;
  readonly lmin: number;
  /** Tokens that updates learnt from, in all. */
  readonly trained: number;
  /** Of every step: `cap`, `length`, `entropy`, `acc`, `reward`, `clipped`, `tokens` (generated in all). */
  readonly steps: Readonly<Record<StepColumn, readonly (number | null)[]>>;
  /** Of every evaluation: `step`, `tokens`, `acc`, `length`, and words per right and per wrong response. */
  readonly evals: Readonly<Record<EvalColumn, readonly (number | null)[]>>;
  /** Accuracy and mean length of each level at every evaluation: [levels][evaluations]. */
  readonly levels: readonly { readonly acc: readonly number[]; readonly length: readonly number[] }[];
}

export const STEP_COLUMNS = ["cap", "length", "entropy", "acc", "reward", "clipped", "tokens"] as const;
export type StepColumn = (typeof STEP_COLUMNS)[number];

export const EVAL_COLUMNS = [
  "step",
  "tokens",
  "acc",
  "length",
  "entropy",
  "wait_correct",
  "wait_wrong",
  "alt_correct",
  "alt_wrong",
  "so_correct",
  "so_wrong",
] as const;
export type EvalColumn = (typeof EVAL_COLUMNS)[number];
