import { expect } from "vitest";

/**
 * Pearson's test: fails where `counts` deviate from the `expected` counts (which sum to the same) more than happens once
 * in ten thousand times by chance. Cells are pooled until each expects five or more, as the test needs.
 */
export function expectFrequencies(counts: ArrayLike<number>, expected: ArrayLike<number>): void {
  let statistic = 0;
  let cells = 0;
  let [observedPool, expectedPool] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    if (expected[i] === 0) expect(counts[i], `count of ${i}, which is impossible`).toBe(0);
    observedPool += counts[i]!;
    expectedPool += expected[i]!;
    if (expectedPool < 5) continue;
    statistic += (observedPool - expectedPool) ** 2 / expectedPool;
    cells += 1;
    [observedPool, expectedPool] = [0, 0];
  }
  expect(cells, "cells that expect five or more").toBeGreaterThan(1);
  expect(statistic, `chi-square with ${cells - 1} degrees of freedom`).toBeLessThan(
    chiSquareLimit(cells - 1),
  );
}

/** What chi-square exceeds with probability 1e-4 (Wilson & Hilferty's approximation). */
function chiSquareLimit(degrees: number): number {
  const variance = 2 / (9 * degrees);
  return degrees * (1 - variance + 3.719 * Math.sqrt(variance)) ** 3;
}
