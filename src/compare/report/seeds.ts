import {
  accuracyCompressionRatio,
  accuracyEfficiencyScore,
  deviation,
  mean,
  type Outcome,
} from "../../rl/statistics.ts";
import type { Curve, Row } from "../rows.ts";
import type { ComparisonData } from "./data.ts";

/** What was measured. */
export type Evidence = Pick<ComparisonData, "rows" | "curves">;

/** A mean over seeds. */
export interface Estimate {
  readonly mean: number;
  /** Standard error of the mean; null of one seed. */
  readonly error: number | null;
  /** Degrees of freedom of the standard error: seeds − 1; 0 of one seed. */
  readonly freedom: number;
  /** Of what has fewer, where two means are compared. */
  readonly seeds: number;
}

/** Of a value for each seed; seeds for which it is not known are left out. Null where it is known for none. */
export function estimate(values: readonly (number | null)[]): Estimate | null {
  const known = values.filter((value) => value !== null);
  const centre = mean(known);
  if (centre === null) return null;
  const spread = deviation(known);
  return {
    mean: centre,
    error: spread === null ? null : spread / Math.sqrt(known.length),
    freedom: known.length - 1,
    seeds: known.length,
  };
}

/** The difference a − b of two means over seeds that are independent. */
export function difference(a: Estimate | null, b: Estimate | null): Estimate | null {
  if (a === null || b === null) return null;
  return combined(a.mean - b.mean, a, b, 1, -1);
}

/** The ratio a / b of two such means; its error is that of its tangent there. */
export function quotient(a: Estimate | null, b: Estimate | null): Estimate | null {
  if (a === null || b === null || b.mean === 0) return null;
  return combined(a.mean / b.mean, a, b, 1 / b.mean, -a.mean / b.mean ** 2);
}

/** A function of two means, by its slopes; degrees of freedom as Welch and Satterthwaite have them. */
function combined(value: number, a: Estimate, b: Estimate, slopeA: number, slopeB: number): Estimate {
  const seeds = Math.min(a.seeds, b.seeds);
  if (a.error === null || b.error === null) return { mean: value, error: null, freedom: 0, seeds };
  const [ofA, ofB] = [(slopeA * a.error) ** 2, (slopeB * b.error) ** 2];
  const freedom =
    ofA + ofB === 0
      ? Math.min(a.freedom, b.freedom)
      : (ofA + ofB) ** 2 / (ofA ** 2 / a.freedom + ofB ** 2 / b.freedom);
  return { mean: value, error: Math.sqrt(ofA + ofB), freedom, seeds };
}

/** How much more `after` is. */
export function gain(before: number, after: number): number {
  return after - before;
}

/** `after` as a fraction of `before`. */
export function ratio(before: number, after: number): number {
  return after / before;
}

/** A reported checkpoint of an entry, over its seeds. */
export interface Standing {
  readonly entry: string;
  readonly recipe: string;
  readonly checkpoint: string;
  /** One for each seed. */
  readonly rows: readonly Row[];
}

/** The reported checkpoints, in the order in which they first appear, starting policies first. */
export function standingsOf(rows: readonly Row[]): Standing[] {
  const standings = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.entry, row.checkpoint]);
    standings.set(key, [...(standings.get(key) ?? []), row]);
  }
  const all = [...standings.values()].map((group) => {
    const { entry, recipe, checkpoint } = group[0]!;
    return { entry, recipe, checkpoint, rows: group };
  });
  return [...all.filter(isBase), ...all.filter((standing) => !isBase(standing))];
}

/** As tables and figures call it: the entry, and the checkpoint where that is not the only one. */
export function nameOf({ entry, checkpoint }: Pick<Standing, "entry" | "checkpoint">): string {
  return checkpoint === "final" || isBase({ checkpoint }) ? entry : `${entry} ${checkpoint}`;
}

export function isBase({ checkpoint }: { readonly checkpoint: string }): boolean {
  return checkpoint === "base";
}

/** Names of the entries that have curves, in order. */
export function entriesOf(curves: readonly Curve[]): string[] {
  return [...new Set(curves.map((curve) => curve.entry))];
}

/**
 * The entry that stands for a recipe: the one of its very name, else that of most seeds, of these the first. Null where
 * the comparison has none.
 */
export function entryOf({ rows, curves }: Evidence, recipe: string) {
  const cells = [...curves, ...rows.filter((row) => !isBase(row))].filter((cell) => cell.recipe === recipe);
  const seeds = new Map<string, Set<number>>();
  for (const { entry, seed } of cells) seeds.set(entry, (seeds.get(entry) ?? new Set()).add(seed));
  if (seeds.has(recipe)) return recipe;
  let best: string | null = null;
  for (const [entry, { size }] of seeds) {
    if (best === null || size > seeds.get(best)!.size) best = entry;
  }
  return best;
}

/** The curves of the entry that stands for a recipe. */
export function curvesOf(data: Evidence, recipe: string): Curve[] {
  const entry = entryOf(data, recipe);
  return data.curves.filter((curve) => curve.entry === entry);
}

/** The rows of a reported checkpoint of the entry that stands for a recipe. */
export function rowsOf(data: Evidence, recipe: string, checkpoint: string): Row[] {
  const entry = entryOf(data, recipe);
  return data.rows.filter((row) => row.entry === entry && row.checkpoint === checkpoint);
}

/** How a row does; all from its levels, which count alike. */
export interface Score {
  readonly accuracy: number | null;
  /** Tokens. */
  readonly length: number | null;
  /** Accuracy–CR ratio over the levels; null where it is not defined. */
  readonly acr: number | null;
  /** Accuracy–efficiency score, mean over the levels. */
  readonly aes: number | null;
}

/** The row of the starting policy that a row is measured against. */
export function baseOf(rows: readonly Row[], row: Row): Row | null {
  return rows.find((other) => isBase(other) && other.cell === row.base) ?? null;
}

/** Scores a row against its starting policy, level by level (src/rl/statistics.ts). */
export function scoreOf(rows: readonly Row[], row: Row): Score {
  const base = baseOf(rows, row);
  const pairs = row.levels.flatMap((level, index) => {
    const before = base?.levels[index];
    return before === undefined ? [] : [{ current: outcome(level), base: outcome(before) }];
  });
  const isWhole = pairs.length === row.levels.length;
  const scores = pairs.map(accuracyEfficiencyScore).filter((score) => score !== null);
  return {
    accuracy: mean(row.levels.map((level) => level.accuracy)),
    length: mean(row.levels.map((level) => level.meanLength)),
    acr: isWhole ? accuracyCompressionRatio(pairs) : null,
    aes: isWhole && scores.length === pairs.length ? mean(scores) : null,
  };
}

function outcome({ accuracy, meanLength }: Row["levels"][number]): Outcome {
  return { accuracy, length: meanLength };
}
