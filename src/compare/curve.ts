import type { JsonObject } from "../io/json.ts";
import type { LevelResult } from "../train/records.ts";
import type { Cell } from "./cells.ts";
import { type Curve, EVAL_COLUMNS, type EvalColumn, STEP_COLUMNS, type StepColumn } from "./rows.ts";

/** Names of columns in a run's log. */
const STEP_METRICS: Readonly<Record<StepColumn, string>> = {
  cap: "cap",
  length: "completions/mean_length",
  entropy: "entropy",
  acc: "acc",
  reward: "reward",
  clipped: "completions/clipped_ratio",
  tokens: "tokens/generated_total",
};
const EVAL_METRICS: Readonly<Record<EvalColumn, string>> = {
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
};

/** A run in short, out of its log. Numbers that are not whole have 5 significant digits. */
export function curveOf({ name, entry, recipe, seed, config }: Cell, log: readonly JsonObject[]): Curve {
  const { cycle, lmax, lmin } = config.schedule;
  const steps = stepsOf(log);
  const evals = log.filter(({ type }) => type === "eval");
  const levels = evals.map((line) => line.levels as unknown as readonly LevelResult[]);
  return {
    cell: name,
    entry,
    recipe,
    seed,
    cycle,
    lmax,
    lmin,
    trained: sumOf(steps, "tokens/trained"),
    steps: columns(STEP_COLUMNS, STEP_METRICS, steps),
    evals: columns(EVAL_COLUMNS, EVAL_METRICS, evals),
    levels: (levels[0] ?? []).map((_, level) => ({
      acc: levels.map((results) => rounded(results[level]!.accuracy)),
      length: levels.map((results) => rounded(results[level]!.meanLength)),
    })),
  };
}

/** The lines of a log that are steps of training. */
export function stepsOf(log: readonly JsonObject[]): JsonObject[] {
  return log.filter(({ type }) => type === "step");
}

/** The sum of a metric over the lines of a log that have it. */
export function sumOf(log: readonly JsonObject[], metric: string): number {
  return log.reduce((sum, { [metric]: value }) => sum + (typeof value === "number" ? value : 0), 0);
}

function columns<Name extends string>(
  names: readonly Name[],
  metrics: Readonly<Record<Name, string>>,
  lines: readonly JsonObject[],
): Record<Name, (number | null)[]> {
  const values = (name: Name) =>
    lines.map(({ [metrics[name]]: value }) => (typeof value === "number" ? rounded(value) : null));
  return Object.fromEntries(names.map((name) => [name, values(name)])) as Record<Name, (number | null)[]>;
}

function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(5));
}
