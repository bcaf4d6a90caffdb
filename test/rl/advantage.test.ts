import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AdvantageSettings,
  batchAdvantages,
  groupAdvantages,
  isConstant,
} from "../../src/rl/advantage.ts";

const SAMPLE: AdvantageSettings = { std: "sample", eps: 1e-6 };
const STDS = ["sample", "population", "none"] as const;

/** k right answers among G. */
function binary(k: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Number(i < k));
}

describe("advantages of one group", () => {
  test.each([
    { std: "sample", k: 1, right: 2.475, wrong: -0.354 },
    { std: "sample", k: 4, right: 0.935, wrong: -0.935 },
    { std: "sample", k: 7, right: 0.354, wrong: -2.475 },
    { std: "population", k: 1, right: 2.646, wrong: -0.378 },
    { std: "population", k: 4, right: 1, wrong: -1 },
    { std: "none", k: 1, right: 0.875, wrong: -0.125 },
    { std: "none", k: 4, right: 0.5, wrong: -0.5 },
  ] as const)("$std, $k right of 8: $right and $wrong", ({ std, k, right, wrong }) => {
    const advantages = [...groupAdvantages(binary(k, 8), { std, eps: 1e-6 })];
    expect(advantages).toEqual(binary(k, 8).map((reward) => expect.closeTo(reward === 1 ? right : wrong, 3)));
  });

  test("eps is added to the deviation", () => {
    expect(groupAdvantages([0, 1], { std: "population", eps: 0.5 })).toEqual(Float64Array.of(-0.5, 0.5));
    expect(groupAdvantages([0, 1], { std: "none", eps: 0.5 })).toEqual(Float64Array.of(-0.5, 0.5));
  });

  test("12 rewards of 1.1 have advantage 0, though their floating-point mean is not 1.1", () => {
    const rewards = new Array<number>(12).fill(1.1);
    expect(rewards.reduce((sum, reward) => sum + reward, 0) / 12).not.toBe(1.1);
    for (const std of STDS) {
      expect(groupAdvantages(rewards, { std, eps: 0 })).toEqual(new Float64Array(12));
    }
  });

  test("any constant group has advantage exactly 0", () => {
    const reward = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(reward, fc.integer({ min: 2, max: 64 }), fc.constantFrom(...STDS), (value, size, std) => {
        const advantages = groupAdvantages(new Array<number>(size).fill(value), { std, eps: 1e-8 });
        expect(advantages).toEqual(new Float64Array(size));
      }),
    );
  });

  test("advantages sum to 0, keep the order of the rewards, and do not see their scale or offset", () => {
    const rewards = fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 2, maxLength: 32 });
    fc.assert(
      fc.property(rewards, fc.constantFrom("sample" as const, "population" as const), (values, std) => {
        const advantages = groupAdvantages(values, { std, eps: 0 });
        expect(advantages.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 10);
        const moved = groupAdvantages(
          values.map((value) => 5 * value - 3),
          { std, eps: 0 },
        );
        for (const [i, value] of values.entries()) {
          expect(moved[i]).toBeCloseTo(advantages[i]!, 10);
          for (const [j, other] of values.entries()) {
            if (value < other) expect(advantages[i]).toBeLessThan(advantages[j]!);
            if (value === other) expect(advantages[i]).toBe(advantages[j]);
          }
        }
      }),
    );
  });

  test("a null reward has advantage 0 and no part in the baseline", () => {
    const advantages = groupAdvantages([1, null, 0, 0, null, 1], SAMPLE);
    const without = groupAdvantages([1, 0, 0, 1], SAMPLE);
    expect([...advantages]).toEqual([without[0], 0, without[1], without[2], 0, without[3]]);
  });

  test.each([
    { name: "all null", rewards: [null, null] },
    { name: "one that applies", rewards: [null, 1, null] },
    { name: "equal ones that apply", rewards: [1.1, null, 1.1, 1.1] },
  ])("$name: 0 for all", ({ rewards }) => {
    expect(isConstant(rewards)).toBe(true);
    expect(groupAdvantages(rewards, SAMPLE)).toEqual(new Float64Array(rewards.length));
  });

  test.each([[[]], [[1]], [[null]]])("a group of %o is refused", (rewards) => {
    expect(() => groupAdvantages(rewards, SAMPLE)).toThrow(
      expect.objectContaining({
        code: "input-invalid",
        field: "groupSize",
        message: expect.stringContaining("a whole number from 2"),
      }),
    );
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("a reward of %d is refused", (reward) => {
    expect(() => groupAdvantages([1, reward], SAMPLE)).toThrow(
      expect.objectContaining({ code: "input-invalid", field: "reward" }),
    );
  });
});

describe("advantages of a batch", () => {
  test("each group has its own baseline", () => {
    const advantages = batchAdvantages([1, 0, 0, 0, 1, 1, 1, 1], 4, SAMPLE);
    expect(advantages.subarray(0, 4)).toEqual(groupAdvantages([1, 0, 0, 0], SAMPLE));
    expect(advantages.subarray(4)).toEqual(new Float64Array(4));
  });

  test("a prompt that was drawn twice has two groups: solved once, failed once, neither teaches", () => {
    expect(batchAdvantages([1, 1, 1, 1, 0, 0, 0, 0], 4, SAMPLE)).toEqual(new Float64Array(8));
  });

  test.each([
    { groupSize: 1, field: "groupSize" },
    { groupSize: 2.5, field: "groupSize" },
    { groupSize: 3, field: "number of rewards" },
  ])("8 rewards in groups of $groupSize are refused", ({ groupSize, field }) => {
    expect(() => batchAdvantages(binary(4, 8), groupSize, SAMPLE)).toThrow(
      expect.objectContaining({ code: "input-invalid", field }),
    );
  });
});
