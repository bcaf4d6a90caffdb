import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random, STREAM } from "../../src/random.ts";
import { modeAdvantages, pruningAdvantages } from "../../src/rl/reference-advantage.ts";
import { ratedGroup, rewardOf, sampleOfLength } from "../support/rated-group.ts";

function groupWithRewards(rewards: readonly number[]) {
  const samples = rewards.map((_, i) => sampleOfLength(2 + i, false));
  return ratedGroup({ samples, rewards: rewards.map(rewardOf) });
}

function prune(rewards: readonly (readonly number[])[], seed = 0) {
  return pruningAdvantages(rewards.map(groupWithRewards), new Random(seed, STREAM.pairs));
}

describe("O1-Pruner's weights", () => {
  test("are clipped to [−2, 4], then z-normalised over the step", () => {
    // −2, 4, 1, 1 after clipping: mean 1, squares 9 + 9 over 4 responses.
    const deviation = Math.sqrt(18 / 4);
    const [first, second] = prune([
      [-7, 30],
      [1, 1],
    ]);
    expect(first).toEqual([expect.closeTo(-3 / deviation, 12), expect.closeTo(3 / deviation, 12)]);
    expect(second).toEqual([0, 0]);
  });

  test("what is better than the reference is pushed down where the others are better still", () => {
    const [[worse, better]] = prune([[0.5, 1.5]]) as [[number, number]];
    expect(worse).toBe(-1);
    expect(better).toBe(1);
  });

  test("equal weights teach nothing", () => {
    const equal = [9, 4]; // both are 4 after clipping
    expect(prune([equal, equal])).toEqual(equal.map(() => [0, 0]));
  });

  test("two random responses of each problem are kept; together they have mean 0 and deviation 1", () => {
    const reward = fc.integer({ min: -40, max: 80 }).map((tenths) => tenths / 10);
    const rewards = fc.array(fc.array(reward, { minLength: 8, maxLength: 8 }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(rewards, fc.nat(1000), (values, seed) => {
        const weights = prune(values, seed);
        expect(prune(values, seed)).toEqual(weights);
        const kept = weights.map((row) => row.filter((weight) => weight !== null));
        expect(kept.map((row) => row.length)).toEqual(values.map(() => 2));
        const all = kept.flat();
        expect(all.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(0, 9);
        const square = all.reduce((sum, weight) => sum + weight ** 2, 0) / all.length;
        expect(Math.min(Math.abs(square - 1), square)).toBeLessThan(1e-9); // 0 where all are equal
      }),
    );
  });

  test("every response has the same chance to be kept", () => {
    const counts = new Array<number>(8).fill(0);
    const random = new Random(3, STREAM.pairs);
    const group = groupWithRewards([1, 2, 3, 4, 5, 6, 7, 8]);
    for (let round = 0; round < 4000; round++) {
      for (const [i, weight] of pruningAdvantages([group], random)[0]!.entries()) {
        if (weight !== null) counts[i]! += 1;
      }
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150); // deviation 27
  });
});

describe("AdaptThink's advantage", () => {
  const reference = [true, true, true, false].map((correct) => sampleOfLength(9, correct));
  const samples = [true, false, true, false].map((correct) => sampleOfLength(5, correct));

  test("δ for not thinking, plus the reward's distance from the reference's accuracy", () => {
    const group = ratedGroup({ samples, reference, openings: [0, 0, 1, 1] });
    const expected = [0.3, -0.7, 0.25, -0.75].map((advantage) => expect.closeTo(advantage, 12));
    expect(modeAdvantages([group], 0, 0.05)).toEqual([expected]);
  });

  test("not thinking is favoured where it loses less than δ of accuracy", () => {
    // Thinking is always right, and not thinking nearly so: 19 of 20.
    const modes = [...new Array<number>(20).fill(0), ...new Array<number>(20).fill(1)];
    const group = ratedGroup({
      samples: modes.map((_, i) => sampleOfLength(5, i !== 0)),
      reference: [sampleOfLength(9, true)],
      openings: modes,
    });
    const meanOf = (mode: number, bonus: number) => {
      const [advantages] = modeAdvantages([group], 0, bonus) as [number[]];
      return advantages.reduce((sum, value, i) => sum + (modes[i] === mode ? value : 0), 0) / 20;
    };
    expect(meanOf(0, 0.06)).toBeGreaterThan(meanOf(1, 0.06));
    expect(meanOf(0, 0.04)).toBeLessThan(meanOf(1, 0.04));
  });

  test("a group whose members are equal teaches too", () => {
    const right = [sampleOfLength(5, true), sampleOfLength(5, true)];
    const group = ratedGroup({ samples: right, reference, openings: [1, 1] });
    expect(modeAdvantages([group], 0, 0.05)).toEqual([[0.25, 0.25]]);
  });
});
