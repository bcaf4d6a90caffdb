import { describe, expect, test } from "vitest";
import { Random, STREAM } from "../../src/random.ts";
import { compareCurves } from "../parity/curves.ts";

/** Curves around a falling line, with noise that a seed keeps and noise of each step. */
function curves(seeds: number, shift: number, stream: number): number[][] {
  return Array.from({ length: seeds }, (_, seed) => {
    const random = new Random(100 * stream + seed, STREAM.shuffle);
    const offset = random.normal();
    return Array.from({ length: 60 }, (_, step) => 50 - step / 3 + shift + offset + random.normal());
  });
}

describe("what the test of parity with TRL measures by", () => {
  test("means of windows, and their deviation from seed to seed", () => {
    const found = compareCurves(
      [
        [1, 3, 5, 7],
        [3, 5, 7, 9],
      ],
      [
        [1, 3, 5, 7],
        [3, 5, 7, 9],
      ],
      2,
    );
    expect(found).toEqual({ ours: [3, 7], theirs: [3, 7], deviation: Math.SQRT2, largest: 0 });
  });

  test("curves of one kind agree, those that are shifted do not", () => {
    for (let trial = 0; trial < 20; trial++) {
      expect(compareCurves(curves(4, 0, 2 * trial), curves(4, 0, 2 * trial + 1), 20).largest).toBeLessThan(4);
    }
    expect(compareCurves(curves(4, 0, 1), curves(4, 8, 2), 20).largest).toBeGreaterThan(4);
  });
});
