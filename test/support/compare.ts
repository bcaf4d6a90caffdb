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
  softmax: { absolute: 2e-6, relative: 256 * EPSILON, reason: "exp, a sum over the keys or tokens, log" },
} satisfies Record<string, Tolerance>;

/** For a sum of `terms` products of numbers of the order of `scale`: roundings grow like √terms on average. */
export function sumTolerance(terms: number, scale = 1): Tolerance {
  const absolute = 8 * Math.sqrt(terms) * EPSILON * scale + 1e-7;
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
