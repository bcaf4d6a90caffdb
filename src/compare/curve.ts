import type { JsonObject } from "../io/json.ts";
import type { LevelResult } from "../train/records.ts";
import type { Cell } from "./cells.ts";
import { type Curve, EVAL_METRICS, STEP_METRICS } from "./rows.ts";

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
    steps: columns(STEP_METRICS, steps),
    evals: columns(EVAL_METRICS, evals),
    levels: (levels[0] ?? []).map((_, level) => ({
      acc: levels.map((results) => rounded(results[level]!.accuracy)),
      length: levels.map((results) => rounded(results[level]!.meanLength)),
    })),
    config,
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

/** @param metrics what each column is called in the log. */
function columns<Name extends string>(
  metrics: Readonly<Record<Name, string>>,
  lines: readonly JsonObject[],
): Record<Name, (number | null)[]> {
  const valuesOf = (metric: string) =>
    lines.map(({ [metric]: value }) => (typeof value === "number" ? rounded(value) : null));
  const named = Object.entries<string>(metrics).map(([name, metric]) => [name, valuesOf(metric)]);
  return Object.fromEntries(named) as Record<Name, (number | null)[]>;
}

function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(5));
}
