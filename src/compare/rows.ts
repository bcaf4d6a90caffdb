import type { Config } from "../train/config.ts";
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
  readonly steps: Readonly<Record<StepColumn, readonly (number | null)[]>>;
  readonly evals: Readonly<Record<EvalColumn, readonly (number | null)[]>>;
  /** Accuracy and mean length of each level at every evaluation: [levels][evaluations]. */
  readonly levels: readonly { readonly acc: readonly number[]; readonly length: readonly number[] }[];
  /** All of its settings: with them a page draws the run as if it had been there (web/state/recording-of.ts). */
  readonly config: Config;
}

/** The columns of steps, and what each is in a run's log. */
export const STEP_METRICS = {
  cap: "cap",
  length: "completions/mean_length",
  entropy: "entropy",
  acc: "acc",
  reward: "reward",
  clipped: "completions/clipped_ratio",
  tokens: "tokens/generated_total",
} as const;
export type StepColumn = keyof typeof STEP_METRICS;

/** The columns of evaluations, and what each is in a run's log. Words are per right and per wrong response. */
export const EVAL_METRICS = {
  step: "step",
  tokens: "tokens/generated_total",
  acc: "eval/acc",
  length: "eval/mean_length",
  entropy: "eval/entropy",
  wait_correct: "eval/words/wait_correct",
  wait_wrong: "eval/words/wait_wrong",
  alt_correct: "eval/words/alt_correct",
  alt_wrong: "eval/words/alt_wrong",
  so_correct: "eval/words/so_correct",
  so_wrong: "eval/words/so_wrong",
} as const;
export type EvalColumn = keyof typeof EVAL_METRICS;
