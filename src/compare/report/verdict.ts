import { fixed, signed } from "../../io/report/format.ts";
import type { Estimate } from "./seeds.ts";

/** `not tested`: the comparison does not hold what it takes. */
export type Verdict = "reproduced" | "not reproduced" | "unclear" | "not tested";

/** Something measured, and what a claim says of it. */
export interface Check {
  /** What is measured, e.g. "accuracy of siri-cosine high less that of grpo final". */
  readonly name: string;
  /** Null where it was not. */
  readonly value: Estimate | null;
  readonly unit: Unit;
  /** The claim: the value is above, or below, the bound. */
  readonly side: "above" | "below";
  readonly bound: number;
}

/** A check that a value is above a bound. */
export function above(name: string, value: Estimate | null, bound: number, unit: Unit): Check {
  return { name, value, unit, side: "above", bound };
}

/** A check that a value is below a bound. */
export function below(name: string, value: Estimate | null, bound: number, unit: Unit): Check {
  return { name, value, unit, side: "below", bound };
}

/** How a value is written: a difference of accuracies, in points; a ratio; tokens; a number. */
export type Unit = "points" | "ratio" | "tokens" | "number";

/** A claim of the paper, and what came of it here. */
export interface Claim {
  readonly id: string;
  /** What the paper says. */
  readonly statement: string;
  /** Where in the paper. */
  readonly place: string;
  readonly checks: readonly Check[];
  /** Files, cells, checkpoints or steps, and columns that the numbers come from. */
  readonly sources: readonly string[];
  /** What is to be known of the toy beside it. */
  readonly note?: string;
}

/**
 * What a verdict means, the same for all claims. It was written before any comparison was run; whoever set the bounds had
 * read the paper and the numbers of the toy's prototype.
 */
export const RULE =
  "Each claim is put as one or more quantities and a bound that they lie above or below. A quantity is a mean over seeds; " +
  "for one that compares two entries it is the difference of two such means. Reproduced: every quantity is beyond its " +
  "bound, on the claimed side, by more than two standard errors over seeds. Not reproduced: one at least is beyond it on " +
  "the other side by more than two. Unclear: anything else, and whatever has but one seed. Not tested: the comparison lacks " +
  "an entry or an evaluation that it takes. With three to five seeds, chance stays within two standard errors in eight to " +
  "nine cases of ten, so of this many verdicts a few may be chance. The bounds were set before this comparison was run, but " +
  "with the results of a prototype of the toy at hand.";

/** The verdict of {@link RULE}. */
export function verdictOf(checks: readonly Check[]): Verdict {
  const standings = checks.map(standing);
  if (standings.includes("against")) return "not reproduced";
  if (standings.length === 0 || standings.includes("unknown")) return "not tested";
  return standings.every((each) => each === "for") ? "reproduced" : "unclear";
}

function standing({ value, side, bound }: Check): "for" | "against" | "between" | "unknown" {
  if (value === null) return "unknown";
  if (value.error === null) return "between";
  const margin = side === "above" ? value.mean - bound : bound - value.mean;
  if (Math.abs(margin) <= 2 * value.error || margin === 0) return "between";
  return margin > 0 ? "for" : "against";
}

/** A check in words, e.g. "length after it over that before: 0.62 ± 0.01 (5 seeds); claimed: below 0.80". */
export function checkText({ name, value, unit, side, bound }: Check): string {
  const claimed = `claimed: ${side} ${bound === 0 ? "0" : written(bound, unit)}`;
  if (value === null) return `${name}: not measured; ${claimed}`;
  const error = value.error === null ? "" : ` ± ${fixed(value.error * factorOf(unit), digitsOf(unit))}`;
  const seeds = value.seeds === 1 ? "1 seed" : `${value.seeds} seeds`;
  return `${name}: ${written(value.mean, unit)}${error}${UNIT_WORDS[unit]} (${seeds}); ${claimed}`;
}

const UNIT_WORDS: Readonly<Record<Unit, string>> = {
  points: " points",
  ratio: "",
  tokens: " tokens",
  number: "",
};

function written(value: number, unit: Unit): string {
  return unit === "points" ? signed(100 * value, 1) : fixed(value, digitsOf(unit));
}

function factorOf(unit: Unit): number {
  return unit === "points" ? 100 : 1;
}

function digitsOf(unit: Unit): number {
  return { points: 1, ratio: 2, tokens: 1, number: 3 }[unit];
}
