import { expect } from "vitest";

/** How far a result may be from its double-precision reference: |Δ| ≤ absolute + relative · |reference|. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
  readonly reason: string;
}

const EPSILON = 2 ** -24; // half a unit in the last place of a float, relative

/** The one table of tolerances. */
export const TOLERANCE = {
  exact: { absolute: 0, relative: 0, reason: "copies and integers" },
  elementwise: { absolute: 1e-7, relative: 16 * EPSILON, reason: "a handful of roundings per element" },
  exponential: { absolute: 1e-6, relative: 64 * EPSILON, reason: "WGSL allows exp an error of 3 + 2|x| ulp" },
  steepExponential: { absolute: 1e-6, relative: 256 * EPSILON, reason: "the same, for |x| up to 20" },
  rotation: {
    absolute: 1e-6,
    relative: 16 * EPSILON,
    reason: "the table of angles is rounded, and terms cancel",
  },
  softmax: { absolute: 2e-6, relative: 256 * EPSILON, reason: "exp, a sum over the keys or tokens, log" },
  saturatedSoftmax: {
    absolute: 1e-2,
    relative: 0,
    reason: "scores of 1e3 have errors of 1e-4, which the weights multiply with values of 1e2",
  },
  softmaxGradient: {
    absolute: 1e-5,
    relative: 256 * EPSILON,
    reason:
      "log p = x − lse cancels, so its error is that of x, and it is multiplied by the gradients that come in",
  },
} satisfies Record<string, Tolerance>;

/**
 * For a sum of `terms` products of numbers of the order of `scale`. Partial sums grow like √k and so does the rounding of
 * each addition; added up at random, the roundings of all have a deviation of 0.4 · terms · ε. This allows five of them.
 */
export function sumTolerance(terms: number, scale = 1): Tolerance {
  const absolute = (8 + 2 * terms) * EPSILON * scale + 1e-7;
  return { absolute, relative: 32 * EPSILON, reason: `a sum of ${terms} products` };
}

/** Fails with the worst element, both values and the normalised mean squared error. */
export function expectClose(
  name: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
): void {
  expect(actual.length, `${name}: length`).toBe(expected.length);
  let worst = -1;
  let worstExcess = 0;
  let error = 0;
  let power = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    const allowed = tolerance.absolute + tolerance.relative * Math.abs(expected[i]!);
    const excess = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference - allowed;
    if (excess > worstExcess) {
      worst = i;
      worstExcess = excess;
    }
    error += difference ** 2;
    power += expected[i]! ** 2;
  }
  if (worst >= 0) {
    expect.fail(
      `${name}: element ${worst} of ${expected.length} is ${actual[worst]}, reference ${expected[worst]}; ` +
        `allowed |Δ| ≤ ${tolerance.absolute} + ${tolerance.relative}·|reference| (${tolerance.reason}); ` +
        `NMSE ${(error / power).toExponential(2)}`,
    );
  }
}

/** Fails at the first element whose bits differ, which also tells 0 from −0. */
export function expectSameBits(name: string, actual: Float32Array, expected: Float32Array): void {
  expect(actual.length, `${name}: length`).toBe(expected.length);
  const [a, b] = [asWords(actual), asWords(expected)];
  const at = a.findIndex((word, i) => word !== b[i]);
  if (at >= 0)
    expect.fail(`${name}: element ${at} of ${a.length} is ${actual[at]}, not ${expected[at]}, to the bit`);
}

/** The words of a result as unsigned integers. */
export function asWords(result: Float32Array): Uint32Array {
  return new Uint32Array(result.buffer, result.byteOffset, result.length);
}

/** ‖actual − expected‖ / ‖expected‖. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let error = 0;
  let power = 0;
  for (let i = 0; i < expected.length; i++) {
    error += (actual[i]! - expected[i]!) ** 2;
    power += expected[i]! ** 2;
  }
  return Math.sqrt(error / power);
}
