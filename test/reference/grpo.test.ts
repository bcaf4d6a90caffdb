import { describe, expect, test } from "vitest";
import type { GrpoLossSettings } from "../../src/kernels/grpo.ts";
import { expectGradient } from "../support/gradient-check.ts";
import { normals } from "../support/random.ts";
import { type GrpoToken, grpoLoss, klTerm, policyTerm } from "./grpo.ts";

const PLAIN: GrpoLossSettings = {
  clipLow: 0.2,
  clipHigh: 0.28,
  dualClip: 0,
  entropyCoefficient: 0,
  klCoefficient: 0,
  klKind: "none",
};

describe("grpo", () => {
  // Either side of each bound of the ratio, for both signs of the advantage; `moves`: does the token still pull?
  test.each([
    { advantage: 1.5, ratio: 0.79, dualClip: 0, moves: true },
    { advantage: 1.5, ratio: 0.81, dualClip: 0, moves: true },
    { advantage: 1.5, ratio: 1, dualClip: 0, moves: true },
    { advantage: 1.5, ratio: 1.27, dualClip: 0, moves: true },
    { advantage: 1.5, ratio: 1.29, dualClip: 0, moves: false },
    { advantage: -1.5, ratio: 0.79, dualClip: 0, moves: false },
    { advantage: -1.5, ratio: 0.81, dualClip: 0, moves: true },
    { advantage: -1.5, ratio: 1, dualClip: 0, moves: true },
    { advantage: -1.5, ratio: 1.27, dualClip: 0, moves: true },
    { advantage: -1.5, ratio: 1.29, dualClip: 0, moves: true },
    { advantage: -1.5, ratio: 2.99, dualClip: 3, moves: true },
    { advantage: -1.5, ratio: 3.01, dualClip: 3, moves: false },
    { advantage: -1.5, ratio: 0.79, dualClip: 3, moves: false },
    { advantage: 1.5, ratio: 0.81, dualClip: 3, moves: true },
    { advantage: 1.5, ratio: 3.01, dualClip: 3, moves: false },
    { advantage: 0, ratio: 1, dualClip: 3, moves: false },
  ])("advantage $advantage at ratio $ratio, dual clip $dualClip: moves $moves", (shape) => {
    const { advantage, ratio, dualClip, moves } = shape;
    const settings = { ...PLAIN, dualClip };
    const logRatio = Float64Array.of(Math.log(ratio));
    const { slope } = policyTerm(logRatio[0]!, advantage, settings);
    expect(slope !== 0).toBe(moves);
    const loss = () => policyTerm(logRatio[0]!, advantage, settings).value;
    expectGradient("slope", loss, logRatio, Float64Array.of(slope));
  });

  test("the clipped value is never better than the plain one, and dual clip never worse than its bound", () => {
    const ratios = Array.from({ length: 60 }, (_, i) => 0.1 * (i + 1));
    for (const advantage of [-2, 2]) {
      const values = ratios.map((ratio) => policyTerm(Math.log(ratio), advantage, PLAIN).value);
      expect(values.every((value, i) => value >= -advantage * ratios[i]! - 1e-12)).toBe(true);
    }
    const bounded = ratios.map((ratio) => policyTerm(Math.log(ratio), -2, { ...PLAIN, dualClip: 3 }).value);
    expect(Math.max(...bounded)).toBe(6);
  });

  test.each(
    (["k1", "k2", "k3"] as const).flatMap((kind) =>
      [-25, -1.5, -0.1, 0.1, 1.5, 2.4, 25].map((d) => ({ kind, d })),
    ),
  )("slope of $kind at d = $d", ({ kind, d }) => {
    const logprob = Float64Array.of(-d); // of a reference log-prob of 0
    const { slope } = klTerm(d, kind);
    expectGradient("slope", () => klTerm(-logprob[0]!, kind).value, logprob, Float64Array.of(slope));
  });

  test("k3 is limited to 10, and flat there", () => {
    expect(klTerm(2.7, "k3")).toEqual({ value: 10, slope: 0 });
  });

  test.each(["none", "k1", "k2", "k3"] as const)("gradients of the whole loss with KL %s", (klKind) => {
    const settings = { ...PLAIN, dualClip: 3, entropyCoefficient: 0.01, klCoefficient: 0.05, klKind };
    const count = 40;
    const logprob = Float64Array.from(normals(1, count), (x) => -Math.abs(x));
    const entropy = Float64Array.from(normals(2, count), Math.abs);
    const columns = [3, 4, 5, 6].map((seed) => normals(seed, count));
    const start = logprob.slice();
    const tokens = () =>
      Array.from({ length: count }, (_, r): GrpoToken | undefined =>
        r % 7 === 3
          ? undefined
          : {
              weight: Math.abs(columns[0]![r]!) / count,
              advantage: columns[1]![r]!,
              oldLogprob: start[r]! + 0.4 * columns[2]![r]!,
              refLogprob: start[r]! + columns[3]![r]!,
              logprob: logprob[r]!,
              entropy: entropy[r]!,
            },
      );
    const { dlogprob, dentropy } = grpoLoss(tokens(), settings);
    const loss = () => grpoLoss(tokens(), settings).loss;
    expectGradient("dlogprob", loss, logprob, dlogprob);
    expectGradient("dentropy", loss, entropy, dentropy);
  });

  // Computed by hand from the definitions.
  test("statistics", () => {
    const token = (advantage: number, logprob: number, oldLogprob: number): GrpoToken => ({
      weight: 0.5,
      advantage,
      logprob,
      oldLogprob,
      refLogprob: logprob + 1,
      entropy: 2,
    });
    const [up, down] = [Math.log(2), Math.log(0.5)];
    const { statistics } = grpoLoss(
      [token(1, -1 + up, -1), undefined, token(-1, -3 + down, -3), token(-1, -2 + 2 * up, -2)],
      { ...PLAIN, dualClip: 3, entropyCoefficient: 0.1, klCoefficient: 0.01, klKind: "k2" },
    );
    const policy = 0.5 * (-1.28 + 0.8 + 3);
    expect(statistics.policyLoss).toBeCloseTo(policy, 12);
    expect(statistics.loss).toBeCloseTo(policy + 0.5 * 3 * (0.01 * 0.5 - 0.1 * 2), 12);
    expect(statistics.surprisal).toBeCloseTo(6 - 2 * up, 12);
    expect(statistics.ratio).toBeCloseTo(2 + 0.5 + 4, 12);
    expect(statistics.kl).toBeCloseTo(1.5, 12);
    expect(statistics.policyKl).toBeCloseTo(-2 * up, 12);
    expect(statistics.mismatchK3).toBeCloseTo(6.5 - 3 - 2 * up, 12);
    expect(statistics.mismatchMaximum).toBeCloseTo(2 * up, 12);
    expect(statistics.ratioMinimum).toBeCloseTo(0.5, 12);
    expect(statistics.ratioMaximum).toBeCloseTo(4, 12);
    const { tokens, entropy, clippedLow, clippedHigh, dualClipped } = statistics;
    expect({ tokens, entropy, clippedLow, clippedHigh, dualClipped }).toEqual({
      tokens: 3,
      entropy: 6,
      clippedLow: 1,
      clippedHigh: 1,
      dualClipped: 1,
    });
  });
});
