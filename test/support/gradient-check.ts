import { expect } from "vitest";

const STEP = 1e-5;

/**
 * Holds an analytic gradient against central differences in double precision: ‖difference‖ / ‖gradient‖ ≤ 1e-6.
 * `loss` is called with the changed input; `input` is restored.
 */
export function expectGradient(
  name: string,
  loss: () => number,
  input: Float64Array,
  gradient: Float64Array,
  limit = 1e-6,
): void {
  let error = 0;
  let power = 0;
  for (let i = 0; i < input.length; i++) {
    const before = input[i]!;
    input[i] = before + STEP;
    const above = loss();
    input[i] = before - STEP;
    const below = loss();
    input[i] = before;
    const numeric = (above - below) / (2 * STEP);
    error += (numeric - gradient[i]!) ** 2;
    power += numeric ** 2;
  }
  const relative = Math.sqrt(error) / Math.max(Math.sqrt(power), 1e-12);
  expect(relative, `${name}: relative error of the gradient against central differences`).toBeLessThanOrEqual(
    limit,
  );
}

/** Σ out · weight: a loss whose gradient by `out` is `weight`. */
export function weightedSum(out: Float64Array, weight: Float64Array): number {
  return out.reduce((sum, value, i) => sum + value * weight[i]!, 0);
}
