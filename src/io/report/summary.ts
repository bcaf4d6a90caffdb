import { type Lag, lagOfLengths, mean } from "../../rl/statistics.ts";
import {
  type EvalPoint,
  type Fields,
  numberIn,
  type Phase,
  type RunLog,
  type StepPoint,
  sum,
} from "./data.ts";

/** Steps in a row that share a phase and a cycle. */
export interface Span {
  readonly phase: Phase;
  /** From 0. */
  readonly cycle: number;
  readonly begin: number;
  /** Exclusive. */
  readonly end: number;
}

/** A fall of the budget and the rise after it. */
export interface Cycle {
  /** From 1. */
  readonly number: number;
  readonly begin: number;
  /** Exclusive. */
  readonly end: number;
  /** Whether the budget rose again and the cycle was run to its end. */
  readonly whole: boolean;
  readonly highestCap: number;
  readonly lowestCap: number;
  /** The evaluation with the shortest responses; null where they did not get shorter. */
  readonly shortest: EvalPoint | null;
  /** The one with the longest from there until the next cycle's shortest; null where they got no longer. */
  readonly longest: EvalPoint | null;
}

/** Between two evaluations. */
export interface Change {
  readonly first: EvalPoint;
  readonly last: EvalPoint;
  /** Of accuracy; null where it was not measured. */
  readonly gain: number | null;
  /**
   * Of the gain, as if the evaluations were independent; as they share their problems, it is rather less. Null
   * where it is not known.
   */
  readonly gainError: number | null;
  /** Whether the gain exceeds two standard errors; null where that cannot be told. */
  readonly clear: boolean | null;
  /** Length at the end as a fraction of that at the beginning. */
  readonly lengthRatio: number | null;
}

/** What a report says of a run, in numbers. */
export interface Summary {
  readonly stepsDone: number;
  /** By the config; null where it does not say. */
  readonly stepsPlanned: number | null;
  /** Null where there are fewer than two evaluations. */
  readonly change: Change | null;
  readonly spans: readonly Span[];
  readonly cycles: readonly Cycle[];
  /** By how many steps the length in training follows the cap, and how closely; null where that cannot be told. */
  readonly lag: Lag | null;
  /** Means over the steps of training. */
  readonly meanTruncated: number | null;
  readonly meanDead: number | null;
  readonly skippedUpdates: number;
  readonly sampledTokens: number | null;
  /** Of sampling, updates and evaluations. */
  readonly seconds: number | null;
}

export function summarise({ steps, evals }: RunLog, config: Fields): Summary {
  const spans = spansOf(steps);
  const cycles = cyclesOf(steps, evals, numberIn(config, "schedule.cycle"));
  const over = (pick: (step: StepPoint) => number | null) =>
    steps.map(pick).filter((value) => value !== null);
  return {
    stepsDone: steps.length === 0 ? 0 : steps.at(-1)!.step + 1,
    stepsPlanned: stepsPlanned(steps, config),
    change: evals.length < 2 ? null : changeOf(evals[0]!, evals.at(-1)!),
    spans,
    cycles,
    lag: lagOf(steps, cycles),
    meanTruncated: mean(over((step) => step.truncated)),
    meanDead: mean(over((step) => step.dead)),
    skippedUpdates: sum(over((step) => step.skipped)) ?? 0,
    sampledTokens: sum(over((step) => step.tokens)),
    seconds: sum([...steps, ...evals].map((point) => point.seconds)),
  };
}

/** The steps of the config, or those that were made where its tokens were spent before. */
function stepsPlanned(steps: RunLog["steps"], config: Fields): number | null {
  const budget = numberIn(config, "rl.tokenBudget") ?? 0;
  const isSpent = budget > 0 && (sum(steps.map((step) => step.tokens)) ?? 0) >= budget;
  return isSpent ? steps.at(-1)!.step + 1 : numberIn(config, "rl.steps");
}

export function spansOf(steps: readonly StepPoint[]): Span[] {
  const spans: Span[] = [];
  for (const { step, phase, cycle } of steps) {
    const span = spans.at(-1);
    if (span?.phase === phase && span.cycle === cycle) spans[spans.length - 1] = { ...span, end: step + 1 };
    else spans.push({ phase, cycle, begin: step, end: step + 1 });
  }
  return spans;
}

export function changeOf(first: EvalPoint, last: EvalPoint): Change {
  const gain = both(first.accuracy, last.accuracy, (before, after) => after - before);
  const gainError = both(first.error, last.error, Math.hypot);
  return {
    first,
    last,
    gain,
    gainError,
    clear: both(gain, gainError, (difference, error) => Math.abs(difference) > 2 * error),
    lengthRatio:
      first.length === 0 ? null : both(first.length, last.length, (before, after) => after / before),
  };
}

function both<T>(a: number | null, b: number | null, combine: (a: number, b: number) => T): T | null {
  return a === null || b === null ? null : combine(a, b);
}

/**
 * The cycles in which the budget fell. A cycle's longest responses often come after its last step, as length lags
 * behind the budget, so they are looked for until the next cycle's shortest.
 * @param planned steps of a cycle by the config.
 */
function cyclesOf(steps: readonly StepPoint[], evals: readonly EvalPoint[], planned: number | null): Cycle[] {
  const numbers = [...new Set(steps.map((step) => step.cycle))];
  const parts = numbers
    .map((cycle) => steps.filter((step) => step.cycle === cycle))
    .filter((part) => part.some((step) => step.phase === "compress"))
    .map((part) => {
      const [begin, end] = [part[0]!.step, part.at(-1)!.step + 1];
      return { cycle: part[0]!.cycle, part, begin, end, shortest: shortestIn(evals, begin, end) };
    });
  return parts.map(({ cycle, part, begin, end, shortest }, index) => {
    const caps = part.map((step) => step.cap);
    const next = parts[index + 1];
    const until = next === undefined ? Number.POSITIVE_INFINITY : (next.shortest?.step ?? next.end);
    return {
      number: cycle + 1,
      begin,
      end,
      whole: next !== undefined || (rises(part) && (planned === null || end - begin >= planned)),
      highestCap: Math.max(...caps),
      lowestCap: Math.min(...caps),
      shortest,
      longest: shortest === null ? null : longestAfter(evals, shortest, until),
    };
  });
}

function rises(part: readonly StepPoint[]): boolean {
  return part.some((step) => step.phase === "expand");
}

/** The shortest evaluation of these steps, unless it is the first, with which the responses had yet to shrink. */
function shortestIn(evals: readonly EvalPoint[], begin: number, end: number): EvalPoint | null {
  const inside = evals.filter(({ step, length }) => step >= begin && step <= end && length !== null);
  const shortest = inside.reduce<EvalPoint | null>(
    (best, point) => (best === null || point.length! < best.length! ? point : best),
    null,
  );
  return shortest === inside[0] ? null : shortest;
}

function longestAfter(evals: readonly EvalPoint[], shortest: EvalPoint, until: number): EvalPoint | null {
  return evals
    .filter(({ step, length }) => step > shortest.step && step < until && length !== null)
    .reduce<EvalPoint | null>(
      (best, point) => (point.length! > (best ?? shortest).length! ? point : best),
      null,
    );
}

/**
 * Of the lengths in training, up to half a cycle: over a whole one a periodic budget looks the same again. A budget that
 * has only fallen so far tells nothing of a delay.
 */
function lagOf(steps: readonly StepPoint[], cycles: readonly Cycle[]): Lag | null {
  const longest = cycles.reduce(
    (most, { whole, begin, end }) => (whole ? Math.max(most, end - begin) : most),
    0,
  );
  const lengths = steps.map((step) => step.length).filter((length) => length !== null);
  // A gap would shift what comes after it.
  if (longest === 0 || lengths.length < steps.length) return null;
  const caps = steps.map((step) => step.cap);
  return lagOfLengths(caps, lengths, Math.floor(longest / 2));
}
