import { fixed, signed } from "../../io/report/format.ts";
import type { Estimate } from "./seeds.ts";
import { studentQuantile } from "./student.ts";

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

/** How a value is written: a difference of accuracies, in points; a ratio; tokens; a number; entropy per token. */
export type Unit = "points" | "ratio" | "tokens" | "number" | "nats";

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

const CONFIDENCE = 0.95;

/**
 * What a verdict means, the same for all claims. It was written before the comparison of docs/results was done; whoever
 * set the bounds had read the paper and the numbers of the toy's prototype.
 */
export const RULE =
  "Each claim is put as one or more quantities and a bound that they lie above or below. A quantity is a mean over seeds, " +
  "with its standard error (±); for one that compares two entries it is the difference or the ratio of two such means. Its 95 % " +
  "confidence interval is Student’s, since few seeds tell little of their own spread: of five seeds it reaches 2.8 standard " +
  "errors to either side, of three 4.3, of two 12.7; for two means the degrees of freedom are Welch’s. Reproduced: the " +
  "interval of every quantity lies beyond its bound, on the claimed side. Not reproduced: that of one at least lies on the " +
  "other side, and would with 5 % of error for all quantities of the claim together (Bonferroni). Unclear: anything else, and " +
  "whatever has but one seed; it does not say that there is no effect. Not tested: the comparison lacks an entry or an " +
  "evaluation that it takes. Claims are not corrected for one another, so of this many verdicts one or two may be chance. The " +
  "bounds were set before the comparison of docs/results was done, but with the results of a prototype of the toy at hand.";

/** The verdict of {@link RULE}. */
export function verdictOf(checks: readonly Check[]): Verdict {
  const standings = checks.map((check) => standing(check, checks.length));
  if (standings.includes("against")) return "not reproduced";
  if (standings.length === 0 || standings.includes("unknown")) return "not tested";
  return standings.every((each) => each === "for") ? "reproduced" : "unclear";
}

/**
 * All quantities must speak for a claim, and one suffices against it; so what is against it is asked to be the surer the
 * more quantities there are.
 */
function standing(
  { value, side, bound }: Check,
  quantities: number,
): "for" | "against" | "between" | "unknown" {
  if (value === null) return "unknown";
  const margin = side === "above" ? value.mean - bound : bound - value.mean;
  const confidence = margin > 0 ? CONFIDENCE : 1 - (1 - CONFIDENCE) / quantities;
  const reach = reachOf(value, confidence);
  if (reach === null || Math.abs(margin) <= reach) return "between";
  return margin > 0 ? "for" : "against";
}

/** Half of the width of a confidence interval; null of one seed. */
function reachOf({ error, freedom }: Estimate, confidence: number): number | null {
  return error === null ? null : error * studentQuantile(confidence, freedom);
}

/** A check in words, e.g. "length after it over that before: 0.620 ± 0.010 (95 %: 0.592 to 0.648; 5 seeds); claimed: below 0.800". */
export function checkText({ name, value, unit, side, bound }: Check): string {
  const claimed = `claimed: ${side} ${bound === 0 ? "0" : `${written(bound, unit)}${UNIT_WORDS[unit]}`}`;
  if (value === null) return `${name}: not measured; ${claimed}`;
  const { mean, error } = value;
  const seeds = value.seeds === 1 ? "1 seed" : `${value.seeds} seeds`;
  const reach = reachOf(value, CONFIDENCE);
  const spread = error === null ? "" : ` ± ${fixed(error * factorOf(unit), digitsOf(unit))}`;
  const interval =
    reach === null ? "" : `95 %: ${written(mean - reach, unit)} to ${written(mean + reach, unit)}; `;
  return `${name}: ${written(mean, unit)}${spread}${UNIT_WORDS[unit]} (${interval}${seeds}); ${claimed}`;
}

const UNIT_WORDS: Readonly<Record<Unit, string>> = {
  points: " points",
  ratio: "",
  tokens: " tokens",
  number: "",
  nats: " nats",
};

function written(value: number, unit: Unit): string {
  return unit === "points" ? signed(100 * value, 1) : fixed(value, digitsOf(unit));
}

function factorOf(unit: Unit): number {
  return unit === "points" ? 100 : 1;
}

function digitsOf(unit: Unit): number {
  return { points: 1, ratio: 3, tokens: 1, number: 3, nats: 4 }[unit];
}
