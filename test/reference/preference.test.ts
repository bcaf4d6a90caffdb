import { describe, expect, test } from "vitest";
import type { PreferenceLossSettings } from "../../src/kernels/preference.ts";
import { expectGradient } from "../support/gradient-check.ts";
import { normals } from "../support/random.ts";
import { type PairToken, pairLoss, preferenceLoss, sigmoid, softplus, type TokenPair } from "./preference.ts";

const SIMPO: PreferenceLossSettings = { loss: "simpo", beta: 2, margin: 0.25, nllCoefficient: 0 };
const DPO: PreferenceLossSettings = { loss: "dpo", beta: 0.1, margin: 0.25, nllCoefficient: 0 };

const tokens = (logprobs: readonly number[], reference = 0): PairToken[] =>
  logprobs.map((logprob) => ({ logprob, refLogprob: reference, entropy: 1 }));

describe("preference", () => {
  // Computed by hand from the definitions.
  test("SimPO takes means, so a response does not lose by its length", () => {
    const pair = { weight: 1, chosen: tokens([-1, -2, -3]), rejected: tokens([-2.5]) };
    const { preference, chosenReward, rejectedReward } = pairLoss(pair, SIMPO);
    expect([chosenReward, rejectedReward]).toEqual([-4, -5]);
    expect(preference).toBeCloseTo(Math.log(1 + Math.exp(-(2 * 0.5 - 0.5))), 12);
  });

  test("DPO takes sums of log-ratios to the reference, and no margin", () => {
    const pair = { weight: 1, chosen: tokens([-1, -2], -2), rejected: tokens([-3, -3], -1) };
    const { preference, chosenReward, rejectedReward } = pairLoss(pair, DPO);
    expect(chosenReward).toBeCloseTo(0.1, 12);
    expect(rejectedReward).toBeCloseTo(-0.4, 12);
    expect(preference).toBeCloseTo(Math.log(1 + Math.exp(-0.5)), 12);
  });

  test("a policy that is its own reference has a loss of log 2", () => {
    const same = tokens([-1.5, -1.5], -1.5);
    expect(pairLoss({ weight: 1, chosen: same, rejected: same.slice(1) }, DPO).preference).toBe(Math.log(2));
  });

  test("−log σ and σ are finite for any margin", () => {
    expect(softplus(-1e4)).toBe(0);
    expect(softplus(1e4)).toBe(1e4);
    expect([sigmoid(-1e4), sigmoid(0), sigmoid(1e4)]).toEqual([0, 0.5, 1]);
  });

  test.each<PreferenceLossSettings>([
    SIMPO,
    { ...SIMPO, margin: 0, nllCoefficient: 0.7 },
    DPO,
    { ...DPO, nllCoefficient: 1 },
  ])("gradient of the whole loss, $loss with NLL $nllCoefficient", (settings) => {
    const lengths = [
      [3, 5],
      [1, 1],
      [7, 2],
    ] as const;
    const logprob = Float64Array.from(normals(1, 19), (x) => -Math.abs(x));
    const reference = normals(2, 19);
    const pairs = () => {
      let next = 0;
      const take = (count: number) =>
        Array.from({ length: count }, (): PairToken => {
          const i = next++;
          return { logprob: logprob[i]!, refLogprob: reference[i]!, entropy: 1 };
        });
      return lengths.map(
        ([chosen, rejected], p): TokenPair => ({
          weight: 0.2 * (p + 1),
          chosen: take(chosen),
          rejected: take(rejected),
        }),
      );
    };
    const { dlogprob } = preferenceLoss(pairs(), settings);
    expectGradient("dlogprob", () => preferenceLoss(pairs(), settings).loss, logprob, dlogprob);
  });

  test("statistics", () => {
    const right = { weight: 0.5, chosen: tokens([-1]), rejected: tokens([-2, -2]) };
    const wrong = { weight: 0.5, chosen: tokens([-3, -5]), rejected: tokens([-2]) };
    const { statistics, preference } = preferenceLoss([right, wrong], { ...SIMPO, nllCoefficient: 0.1 });
    const expected = 0.5 * (softplus(-1.5) + softplus(4.5));
    expect(statistics.policyLoss).toBeCloseTo(expected, 12);
    expect(statistics.loss).toBeCloseTo(expected + 0.5 * 0.1 * (1 + 4), 12);
    expect(statistics).toMatchObject({ surprisal: 15, entropy: 6, tokens: 6 });
    expect(preference).toEqual({ pairs: 2, nll: 5, preferred: 1, chosenReward: -10, rejectedReward: -8 });
  });
});
