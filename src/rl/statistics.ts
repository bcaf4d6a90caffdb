import { invalid } from "../errors.ts";
import type { Sample } from "./reward.ts";

/** The mean; null of nothing. */
export function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The sample standard deviation, with n − 1 in its denominator; null of fewer than two. */
export function deviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const centre = mean(values)!;
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

export interface Estimate {
  readonly mean: number | null;
  /** Of the mean; null for fewer than two questions. */
  readonly standardError: number | null;
}

/**
 * mean@n: the mean over questions of the mean over the n samples of each, with its standard error over
 * questions; samples of one question are not independent evidence. With scores of 0 and 1 the mean is Pass@1.
 * @param scores [questions][samples]
 * @throws BellowsError `input-invalid` for a question without samples.
 */
export function meanOverQuestions(scores: readonly (readonly number[])[]): Estimate {
  const means = scores.map((samples, question) => {
    if (samples.length > 0) return mean(samples)!;
    throw invalid("input-invalid", `number of samples of question ${question}`, 0, "at least 1");
  });
  const spread = deviation(means);
  return { mean: mean(means), standardError: spread === null ? null : spread / Math.sqrt(means.length) };
}

/**
 * The unbiased estimate of pass@k from n samples of which c are correct (Chen et al. 2107.03374 §2.1):
 *   1 − C(n − c, k) / C(n, k) = 1 − Π_{i = n−c+1}^{n} (1 − k / i)
 * by the product, as the binomials overflow.
 * @throws BellowsError `input-invalid` unless 0 ≤ c ≤ n and 1 ≤ k ≤ n, all whole.
 */
export function passAtK(samples: number, correct: number, k: number): number {
  const isWholeTo = (value: number, least: number) =>
    Number.isSafeInteger(value) && value >= least && value <= samples;
  if (!isWholeTo(samples, 1)) throw invalid("input-invalid", "samples", samples, "a whole number from 1");
  if (!isWholeTo(correct, 0)) {
    throw invalid("input-invalid", "correct", correct, `a whole number from 0 to samples (${samples})`);
  }
  if (!isWholeTo(k, 1)) {
    throw invalid("input-invalid", "k", k, `a whole number from 1 to samples (${samples})`);
  }
  if (samples - correct < k) return 1; // also keeps the product from overflowing on its way to 0
  let allWrong = 1;
  for (let i = samples - correct + 1; i <= samples; i++) allWrong *= 1 - k / i;
  return 1 - allWrong;
}

/** How well a model does on a benchmark. */
export interface Outcome {
  /** Pass@1, in any unit; only its ratio to a base counts. */
  readonly accuracy: number;
  /** Mean tokens of a response. */
  readonly length: number;
}

/** A model beside the one it was trained from, on the same benchmark. */
export interface Comparison {
  readonly current: Outcome;
  readonly base: Outcome;
}

/**
 * The fraction of the base's length that is left: smaller is shorter. The paper's "CR"; elsewhere (DAST) that
 * means the fraction removed.
 */
export function lengthRatio({ current, base }: Comparison): number {
  return current.length / base.length;
}

/**
 * SIRI's accuracy–CR ratio (2509.25176, Table 1): max(accuracy / base accuracy − 1, 0) / lengthRatio for each
 * benchmark, and the mean over the benchmarks. The footnote does not say how to average; this way gives 13 of
 * the table's 15 values, more than any other that we tried. Losses of accuracy count as 0 and do not
 * subtract: read it beside accuracy and length.
 * @returns null where it is not defined: no benchmark, or one with a base accuracy or a length of 0
 */
export function accuracyCompressionRatio(comparisons: readonly Comparison[]): number | null {
  const divisors = comparisons.flatMap(({ current, base }) => [base.accuracy, base.length, current.length]);
  if (divisors.includes(0)) return null;
  return mean(
    comparisons.map((comparison) => {
      const gain = comparison.current.accuracy / comparison.base.accuracy - 1;
      return Math.max(gain, 0) / lengthRatio(comparison);
    }),
  );
}

/**
 * O1-Pruner's accuracy–efficiency score (2501.12570): the fraction of length saved, plus 3 times the relative
 * gain of accuracy, or minus 5 times its relative loss. Unlike the accuracy–CR ratio it punishes losing
 * accuracy.
 * @returns null where base accuracy or base length is 0
 */
export function accuracyEfficiencyScore({ current, base }: Comparison): number | null {
  if (base.accuracy === 0 || base.length === 0) return null;
  const saved = 1 - current.length / base.length;
  const gain = current.accuracy / base.accuracy - 1;
  return saved + (gain >= 0 ? 3 : 5) * gain;
}

export interface Lag {
  /** Entries by which the lengths follow the caps. */
  readonly lag: number;
  /** Pearson's correlation at that lag. */
  readonly correlation: number;
}

/**
 * By how much measured lengths lag behind the cap: the shift of 0 … maxLag entries at which the correlation
 * of caps[t] and lengths[t + shift] is largest; the smallest such shift. Half a cycle is a sensible `maxLag`,
 * as a periodic budget looks the same after a whole one. Shifts beyond half of the series are not looked at,
 * for want of evidence.
 * @param caps [n], one entry per step or evaluation
 * @param lengths [n], at the same steps
 * @returns null where either series does not vary, or has fewer than 4 entries
 * @throws BellowsError `input-invalid` for series of different lengths, or a `maxLag` that is not whole.
 */
export function lagOfLengths(
  caps: readonly number[],
  lengths: readonly number[],
  maxLag: number,
): Lag | null {
  const count = caps.length;
  if (lengths.length !== count) {
    throw invalid("input-invalid", "number of lengths", lengths.length, `that of the caps (${count})`);
  }
  if (!(Number.isSafeInteger(maxLag) && maxLag >= 0)) {
    throw invalid("input-invalid", "maxLag", maxLag, "a whole number from 0");
  }
  if (count < 4) return null;
  let best: Lag | null = null;
  for (let lag = 0; lag <= Math.min(maxLag, Math.floor(count / 2)); lag++) {
    const correlation = pearson(caps.slice(0, count - lag), lengths.slice(lag));
    if (correlation !== null && (best === null || correlation > best.correlation)) {
      best = { lag, correlation };
    }
  }
  return best;
}

/** Pearson's correlation of two series of one length; null where one is constant, which is decided by comparison, before rounding. */
export function pearson(x: readonly number[], y: readonly number[]): number | null {
  if (x.every((value) => value === x[0]) || y.every((value) => value === y[0])) return null;
  const meanX = mean(x)!;
  const meanY = mean(y)!;
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let i = 0; i < x.length; i++) {
    const dx = x[i]! - meanX;
    const dy = y[i]! - meanY;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return xy / Math.sqrt(xx * yy);
}

/** Of lengths in tokens, end token included. */
export interface LengthSummary {
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

/** Each summary is null where there is no such response. */
export interface LengthReport {
  /** Truncated responses included, at the length at which they were cut. */
  readonly all: LengthSummary | null;
  /** Those that ended by themselves. */
  readonly terminated: LengthSummary | null;
  readonly correct: LengthSummary | null;
  readonly wrong: LengthSummary | null;
  /** Fraction that did not end. A response whose end token took the last place did. */
  readonly truncated: number | null;
}

/** Lengths of a set of responses. Call it with all that were sampled, before filters and loss masks. */
export function summariseLengths(
  samples: readonly Pick<Sample, "response" | "ended" | "correct">[],
): LengthReport {
  const lengthsOf = (kept: (sample: (typeof samples)[number]) => boolean) =>
    samples.filter(kept).map((sample) => sample.response.length);
  return {
    all: summarise(lengthsOf(() => true)),
    terminated: summarise(lengthsOf((sample) => sample.ended)),
    correct: summarise(lengthsOf((sample) => sample.correct)),
    wrong: summarise(lengthsOf((sample) => !sample.correct)),
    truncated: mean(samples.map((sample) => Number(!sample.ended))),
  };
}

function summarise(lengths: readonly number[]): LengthSummary | null {
  if (lengths.length === 0) return null;
  return {
    count: lengths.length,
    mean: mean(lengths)!,
    min: lengths.reduce((least, length) => Math.min(least, length)),
    max: lengths.reduce((most, length) => Math.max(most, length)),
  };
}
