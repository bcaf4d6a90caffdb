import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  distanceReward,
  harmonisingReward,
  kimiLengthReward,
  promptBudgetReward,
  tokenBudget,
  tokenBudgetReward,
} from "../../src/rl/length-reward.ts";
import type { PromptBudget, RewardContext, Sample } from "../../src/rl/reward.ts";
import { sampleOfLength } from "../support/rated-group.ts";

const CONTEXT: RewardContext = { step: 0, totalSteps: 480, cap: 64, phase: "hold" };

/** Lengths, those of right responses marked. */
function groupOf(...responses: readonly (readonly [length: number, verdict: "right" | "wrong"])[]): Sample[] {
  return responses.map(([length, verdict]) => sampleOfLength(length, verdict === "right"));
}

const anyGroup = fc.array(
  fc
    .record({ length: fc.integer({ min: 1, max: 64 }), correct: fc.boolean() })
    .map(({ length, correct }) => sampleOfLength(length, correct)),
  { minLength: 2, maxLength: 16 },
);

describe("Kimi's length reward", () => {
  const group = groupOf([10, "right"], [20, "wrong"], [30, "right"], [40, "wrong"]);

  test("lengths 10, 20, 30, 40, the first and the third right", () => {
    const third = expect.closeTo(-1 / 6, 12);
    expect(kimiLengthReward(0)(group, CONTEXT)).toEqual([0.5, 0, third, -0.5]);
  });

  test("is 0 where all lengths are equal", () => {
    expect(kimiLengthReward(0)(groupOf([9, "right"], [9, "wrong"]), CONTEXT)).toEqual([0, 0]);
  });

  test("does not apply before its first step", () => {
    const reward = kimiLengthReward(80);
    expect(reward(group, { ...CONTEXT, step: 79 })).toEqual([null, null, null, null]);
    expect(reward(group, { ...CONTEXT, step: 80 })).toEqual(kimiLengthReward(0)(group, CONTEXT));
  });

  test("never rewards a wrong response, nor a longer one more than a shorter one of the same verdict", () => {
    fc.assert(
      fc.property(anyGroup, (samples) => {
        const rewards = kimiLengthReward(0)(samples, CONTEXT) as number[];
        for (const [i, a] of samples.entries()) {
          expect(Math.abs(rewards[i]!)).toBeLessThanOrEqual(0.5);
          if (!a.correct) expect(rewards[i]).toBeLessThanOrEqual(0);
          for (const [j, b] of samples.entries()) {
            if (a.correct !== b.correct || a.response.length > b.response.length) continue;
            expect(rewards[i]).toBeGreaterThanOrEqual(rewards[j]!);
          }
        }
      }),
    );
  });
});

describe("L1's reward", () => {
  function rewards(group: Sample[], budget: PromptBudget, coefficient = 0.01) {
    return promptBudgetReward(coefficient)(group, { ...CONTEXT, budget });
  }

  const group = groupOf([30, "right"], [50, "right"], [60, "right"], [50, "wrong"], [60, "wrong"]);

  test("exactly n tokens: the distance is subtracted from right and wrong responses alike", () => {
    const expected = [0.8, 1, 0.9, 0, -0.1].map((reward) => expect.closeTo(reward, 12));
    expect(rewards(group, { kind: "exact", tokens: 50 })).toEqual(expected);
  });

  test("at most n tokens: on the budget 0.5, more for fewer tokens, and nothing for a wrong response", () => {
    const expected = [0.7, 0.5, 0.4, 0, 0].map((reward) => expect.closeTo(reward, 12));
    expect(rewards(group, { kind: "max", tokens: 50 })).toEqual(expected);
  });

  test("at most n tokens: clipped to [0, 1]", () => {
    expect(rewards(group, { kind: "max", tokens: 50 }, 0.1)).toEqual([1, 0.5, 0, 0, 0]);
  });

  test("the paper's coefficient: 0.0003 a token, so 1000 tokens off cost 0.3", () => {
    const long = [sampleOfLength(3000, true)];
    const budget = { kind: "exact", tokens: 4000 } as const;
    const [reward] = promptBudgetReward(0.0003)(long, { ...CONTEXT, cap: 4096, budget });
    expect(reward).toBeCloseTo(0.7, 12);
  });

  test("a cut response is wrong, whatever can be read from it", () => {
    const cut = { ...sampleOfLength(50, true), ended: false };
    expect(rewards([cut], { kind: "exact", tokens: 50 })).toEqual([0]);
    expect(rewards([cut], { kind: "max", tokens: 50 })).toEqual([0]);
  });

  test("a prompt without a budget is refused", () => {
    expect(() => promptBudgetReward(0.01)(group, CONTEXT)).toThrow(
      expect.objectContaining({ code: "input-invalid", field: "budget" }),
    );
  });
});

describe("O1-Pruner's reward", () => {
  test("mean length 30, accuracy 0.5, λ 2: 20 tokens and right 1.5, 60 tokens and wrong −1.5", () => {
    const group = groupOf([20, "right"], [60, "wrong"], [20, "right"], [20, "wrong"]);
    expect(harmonisingReward(2)(group, CONTEXT)).toEqual([1.5, -1.5, 1.5, -0.5]);
  });

  test("a group whose members are equal earns 0", () => {
    expect(harmonisingReward(2)(groupOf([20, "right"], [20, "right"]), CONTEXT)).toEqual([0, 0]);
  });

  test("its accuracy term sums to 0 over a group, and shorter is better at the same verdict", () => {
    fc.assert(
      fc.property(anyGroup, (samples) => {
        const withTerm = harmonisingReward(2)(samples, CONTEXT) as number[];
        const without = harmonisingReward(0)(samples, CONTEXT) as number[];
        const difference = withTerm.reduce((sum, reward, i) => sum + reward - without[i]!, 0);
        expect(difference).toBeCloseTo(0, 9);
        for (const [i, a] of samples.entries()) {
          for (const [j, b] of samples.entries()) {
            if (a.correct !== b.correct || a.response.length >= b.response.length) continue;
            expect(withTerm[i]).toBeGreaterThan(withTerm[j]!);
          }
        }
      }),
    );
  });
});

describe("DAST's reward", () => {
  const half = groupOf([20, "right"], [40, "right"], [20, "wrong"], [60, "wrong"]);

  test("the budget lies between the mean length of right responses and L_max", () => {
    expect(tokenBudget(half, 64)).toBe(47);
    expect(tokenBudget(groupOf([20, "right"], [40, "right"]), 64)).toBe(30);
    expect(tokenBudget(groupOf([20, "wrong"], [40, "wrong"]), 64)).toBe(64);
  });

  test.each([
    { length: 20, isRight: true, reward: 0.787 },
    { length: 20, isRight: false, reward: -0.617 },
    { length: 60, isRight: true, reward: 0.362 },
    { length: 60, isRight: false, reward: -0.1 },
  ])("budget 47, $length tokens, right: $isRight: $reward", ({ length, isRight, reward }) => {
    expect(distanceReward(length, isRight, 47)).toBeCloseTo(reward, 3);
  });

  test("rates a group under the cap of the step", () => {
    const expected = [0.787, 0.574, -0.617, -0.1].map((reward) => expect.closeTo(reward, 3));
    expect(tokenBudgetReward(half, CONTEXT)).toEqual(expected);
  });

  test("right responses earn from 0.1 to 1, wrong ones from −1 to −0.1", () => {
    fc.assert(
      fc.property(anyGroup, (samples) => {
        for (const [i, reward] of tokenBudgetReward(samples, CONTEXT).entries()) {
          const [least, most] = samples[i]!.correct ? [0.1, 1] : [-1, -0.1];
          expect(reward).toBeGreaterThanOrEqual(least!);
          expect(reward).toBeLessThanOrEqual(most!);
        }
      }),
    );
  });
});
