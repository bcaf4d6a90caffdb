import { describe, expect, test } from "vitest";
import { expectGradient } from "../support/gradient-check.ts";
import { normals } from "../support/random.ts";
import { type RatioSequence, sequenceRatioLoss, sequenceTerm } from "./sequence-ratio.ts";

const CLIP = { clipLow: 0.2, clipHigh: 0.28 };

/** A response whose tokens have these ratios. */
function sequenceOf(advantage: number, ratios: readonly number[], weight = 1): RatioSequence {
  const tokens = ratios.map((ratio) => ({ logprob: -1 + Math.log(ratio), oldLogprob: -1, entropy: 2 }));
  return { weight, advantage, tokens };
}

describe("sequence ratio", () => {
  test("the ratio is the geometric mean of those of the tokens", () => {
    expect(sequenceTerm(sequenceOf(1, [0.5, 2]), CLIP).ratio).toBeCloseTo(1, 12);
    expect(sequenceTerm(sequenceOf(1, [8, 1, 1]), CLIP).ratio).toBeCloseTo(2, 12);
  });

  // algorithms.md §6.5: log π of the first token against log 0.5, all other tokens as they were sampled.
  test.each([
    { logprob: -20, length: 20, expected: 0.38 },
    { logprob: -8, length: 20, expected: 0.69 },
    { logprob: -20, length: 400, expected: 0.95 },
  ])("a forced token of log-prob $logprob in $length tokens: ratio $expected", (shape) => {
    const { logprob, length, expected } = shape;
    const token = { logprob: -1, oldLogprob: -1, entropy: 1 };
    const tokens = [{ ...token, logprob, oldLogprob: Math.log(0.5) }, ...Array(length - 1).fill(token)];
    expect(sequenceTerm({ weight: 1, advantage: 1, tokens }, CLIP).ratio).toBeCloseTo(expected, 2);
  });

  // Either side of each bound, for both signs of the advantage; `moves`: does the response still pull?
  test.each([
    { advantage: 1.5, ratio: 0.79, moves: true },
    { advantage: 1.5, ratio: 1.27, moves: true },
    { advantage: 1.5, ratio: 1.29, moves: false },
    { advantage: -1.5, ratio: 0.79, moves: false },
    { advantage: -1.5, ratio: 0.81, moves: true },
    { advantage: -1.5, ratio: 1.29, moves: true },
    { advantage: 0, ratio: 1, moves: false },
  ])("advantage $advantage at ratio $ratio: moves $moves", ({ advantage, ratio, moves }) => {
    const { slope } = sequenceTerm(sequenceOf(advantage, [1, ratio ** 2]), CLIP);
    expect(slope !== 0).toBe(moves);
  });

  test("gradient of the whole loss", () => {
    const lengths = [1, 4, 9, 2, 5];
    const logprob = Float64Array.from(normals(1, 21), (x) => -Math.abs(x));
    const old = logprob.map((value, i) => value + 0.4 * normals(2, 21)[i]!);
    const sequences = () => {
      let next = 0;
      return lengths.map((length, s): RatioSequence => {
        const tokens = Array.from({ length }, () => {
          const i = next++;
          return { logprob: logprob[i]!, oldLogprob: old[i]!, entropy: 1 };
        });
        return { weight: 0.1 * (s + 1), advantage: s % 2 === 0 ? 1.3 : -0.8, tokens };
      });
    };
    const { dlogprob } = sequenceRatioLoss(sequences(), CLIP);
    expectGradient("dlogprob", () => sequenceRatioLoss(sequences(), CLIP).loss, logprob, dlogprob);
  });

  // Computed by hand from the definitions.
  test("statistics", () => {
    const { statistics } = sequenceRatioLoss(
      [sequenceOf(1, [4, 1], 0.5), sequenceOf(-1, [0.5], 0.5), sequenceOf(-2, [2, 0.5, 1], 0.5)],
      CLIP,
    );
    expect(statistics.loss).toBeCloseTo(0.5 * (-1.28 + 0.8 + 2), 12);
    expect(statistics.policyLoss).toBe(statistics.loss);
    expect(statistics.ratio).toBeCloseTo(2 * 2 + 0.5 + 3, 12);
    expect(statistics.policyKl).toBeCloseTo(-Math.log(2), 12);
    expect(statistics.mismatchK3).toBeCloseTo(4 + 1 + 0.5 + 2 + 0.5 + 1 - 6 - Math.log(2), 12);
    expect(statistics.ratioMinimum).toBeCloseTo(0.5, 12);
    expect(statistics.ratioMaximum).toBeCloseTo(2, 12);
    expect(statistics.mismatchMaximum).toBeCloseTo(Math.log(4), 12);
    const { tokens, entropy, clippedLow, clippedHigh, dualClipped, kl } = statistics;
    expect({ tokens, entropy, clippedLow, clippedHigh, dualClipped, kl }).toEqual({
      tokens: 6,
      entropy: 12,
      clippedLow: 1,
      clippedHigh: 2,
      dualClipped: 0,
      kl: 0,
    });
  });
});
