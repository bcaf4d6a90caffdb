import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random, STREAM } from "../../src/random.ts";
import { tokenBudgetReward } from "../../src/rl/length-reward.ts";
import type { PreferencePair, RatedGroup } from "../../src/rl/method.ts";
import { budgetPairs, overthinkingPairs, rightWrongPairs, teacherPairs } from "../../src/rl/pairs.ts";
import { type Chosen, chosenTraces } from "../../src/rl/selection.ts";
import { END, ratedGroup, rewardOf, SOLUTION, sampleOf, sampleOfLength } from "../support/rated-group.ts";

const CHOSEN: readonly Chosen[] = ["shortest", "first-solution", "reflection", "all"];

/** Three solutions, two, one, and a wrong response that is the longest of all. */
const THREE = [2, SOLUTION, 3, SOLUTION, 4, SOLUTION, 2, END];
const TWO = [3, SOLUTION, 2, SOLUTION, END];
const ONE = [4, SOLUTION, END];
const WRONG = [2, 2, 2, 2, 2, 2, 2, 2, 2, END];

const THINKING = ratedGroup({
  samples: [sampleOf(TWO, true), sampleOf(WRONG, false), sampleOf(THREE, true), sampleOf(ONE, true)],
});

describe("OverThink's pairs", () => {
  test.each([
    { chosen: "shortest", responses: [ONE] },
    { chosen: "first-solution", responses: [[2, SOLUTION, END]] },
    { chosen: "reflection", responses: [[2, SOLUTION, 3, SOLUTION, END]] },
    { chosen: "all", responses: [ONE, TWO] },
  ] as const)("$chosen, over the longest right response", ({ chosen, responses }) => {
    const pairs = responses.map((response) => ({ prompt: [5, 6], chosen: response, rejected: THREE }));
    expect(overthinkingPairs([THINKING], chosen)).toEqual(pairs);
  });

  test("nothing right, one right response, or nothing to cut: no pair", () => {
    const nothing = ratedGroup({ samples: [sampleOf(WRONG, false), sampleOf(ONE, false)] });
    const single = ratedGroup({ samples: [sampleOf(ONE, true), sampleOf(WRONG, false)] });
    for (const chosen of CHOSEN) expect(overthinkingPairs([nothing, single], chosen)).toEqual([]);
  });
});

describe("DAST's pairs", () => {
  const right = (length: number) => sampleOfLength(length, true);
  const wrong = (length: number) => sampleOfLength(length, false);

  function rated(...samples: ReturnType<typeof sampleOfLength>[]): RatedGroup {
    const context = { step: 0, totalSteps: 1, cap: 64, phase: "hold" } as const;
    const rewards = tokenBudgetReward(samples, context).map((total) => rewardOf(total!));
    return ratedGroup({ samples, rewards });
  }

  const lengths = (pairs: readonly PreferencePair[]) =>
    pairs.map(({ chosen, rejected }) => [chosen.length, rejected.length]);

  test("of the right responses the shortest wins, of the wrong ones that nearest to the budget", () => {
    const group = rated(right(30), wrong(10), right(20), wrong(40), right(40), wrong(25));
    expect(lengths(budgetPairs([group], 0))).toEqual([
      [20, 40],
      [40, 10],
    ]);
  });

  test("the budget of 47 of the test vectors: right 20 over 40, wrong 60 over 20", () => {
    expect(lengths(budgetPairs([rated(right(20), right(40), wrong(20), wrong(60))], 0))).toEqual([
      [20, 40],
      [60, 20],
    ]);
  });

  test("a response that did not end is in no pair", () => {
    const cut = { ...wrong(64), ended: false };
    expect(lengths(budgetPairs([rated(wrong(10), wrong(40), cut)], 0))).toEqual([[40, 10]]);
    expect(budgetPairs([rated(wrong(10), cut)], 0)).toEqual([]);
  });

  test("equal rewards make no pair, so wrong responses beyond the budget make none", () => {
    expect(budgetPairs([rated(right(20), right(20), wrong(60), wrong(64))], 0)).toEqual([]);
  });

  test("the pairs of the smallest margin are dropped, over all groups", () => {
    const groups = [rated(right(10), right(11)), rated(right(10), right(30)), rated(right(10), right(20))];
    expect(lengths(budgetPairs(groups, 0.34))).toEqual([
      [10, 30],
      [10, 20],
    ]);
    expect(lengths(budgetPairs(groups, 0.67))).toEqual([[10, 30]]);
    expect(budgetPairs(groups, 0.33)).toHaveLength(3); // 0.99 of a pair
  });
});

describe("pairs of right and wrong", () => {
  const random = () => new Random(0, STREAM.pairs);

  test("as many as the fewer of both, each response once", () => {
    const samples = [10, 11, 12, 13, 14].map((length, i) => sampleOfLength(length, i < 2));
    const pairs = rightWrongPairs([ratedGroup({ samples })], random());
    expect(pairs.map(({ chosen }) => chosen.length).sort()).toEqual([10, 11]);
    expect(new Set(pairs.map(({ rejected }) => rejected.length)).size).toBe(2);
  });

  test("the match is the generator's", () => {
    const samples = [10, 11, 12, 13, 14, 15, 16, 17].map((length, i) => sampleOfLength(length, i < 4));
    const group = ratedGroup({ samples });
    const matched = (seed: number) =>
      JSON.stringify(rightWrongPairs([group], new Random(seed, STREAM.pairs)));
    expect(matched(1)).toBe(matched(1));
    expect(new Set([1, 2, 3, 4, 5, 6].map(matched)).size).toBeGreaterThan(1);
  });

  test("a group of one kind makes none", () => {
    const allRight = ratedGroup({ samples: [sampleOfLength(4, true), sampleOfLength(5, true)] });
    const allWrong = ratedGroup({ samples: [sampleOfLength(4, false), sampleOfLength(5, false)] });
    expect(rightWrongPairs([allRight, allWrong], random())).toEqual([]);
  });
});

describe("pairs of teacher and policy", () => {
  test("one response of the teacher against each of the group, but not against itself", () => {
    let written = 0;
    const teacher = () => {
      written += 1;
      return ONE;
    };
    const group = { ...THINKING, teacher };
    const pairs = teacherPairs([group]);
    expect(written).toBe(1);
    expect(pairs).toEqual([TWO, WRONG, THREE].map((rejected) => ({ prompt: [5, 6], chosen: ONE, rejected })));
  });
});

describe("rejection sampling", () => {
  test.each([
    { chosen: "shortest", responses: [ONE] },
    { chosen: "all", responses: [ONE, TWO, THREE] },
    { chosen: "first-solution", responses: [ONE, [3, SOLUTION, END], [2, SOLUTION, END]] },
    { chosen: "reflection", responses: [ONE, TWO, [2, SOLUTION, 3, SOLUTION, END]] },
  ] as const)("keeps $chosen of the right responses", ({ chosen, responses }) => {
    const traces = responses.map((response) => ({ prompt: [5, 6], response }));
    expect(chosenTraces([THINKING], chosen)).toEqual(traces);
  });

  test("equal responses to a prompt are kept once, equal ones to two prompts twice", () => {
    const twice = (prompt: number[]) =>
      ratedGroup({ samples: [sampleOf(ONE, true, prompt), sampleOf(ONE, true, prompt)] });
    expect(chosenTraces([twice([5]), twice([6])], "all")).toEqual([
      { prompt: [5], response: ONE },
      { prompt: [6], response: ONE },
    ]);
  });

  test("keeps nothing of a group without a right response", () => {
    const group = ratedGroup({ samples: [sampleOf(WRONG, false)] });
    for (const chosen of CHOSEN) expect(chosenTraces([group], chosen)).toEqual([]);
  });
});

describe("of any groups", () => {
  const response = fc.array(fc.constantFrom(2, 3, SOLUTION), { minLength: 1, maxLength: 8 });
  const groups = fc.array(
    fc
      .tuple(
        fc.nat(99),
        fc.array(fc.tuple(response, fc.boolean(), fc.integer({ min: -3, max: 3 })), {
          minLength: 2,
          maxLength: 8,
        }),
      )
      .map(([first, members]) =>
        ratedGroup({
          samples: members.map(([tokens, correct]) => sampleOf([...tokens, END], correct, [first])),
          rewards: members.map(([, , total]) => rewardOf(total)),
        }),
      ),
    { maxLength: 5 },
  );
  const isRight = ({ samples }: RatedGroup, tokens: readonly number[]) =>
    samples.filter(({ response }) => response === tokens).map(({ correct }) => correct)[0];

  test.each(CHOSEN)("OverThink's %s is shorter, and only right responses are rejected", (chosen) => {
    fc.assert(
      fc.property(groups, (given) => {
        for (const group of given) {
          for (const pair of overthinkingPairs([group], chosen)) {
            expect(pair.prompt).toBe(group.prompt);
            expect(pair.chosen.length).toBeLessThan(pair.rejected.length);
            expect(isRight(group, pair.rejected)).toBe(true);
          }
        }
      }),
    );
  });

  test("DAST's pairs are of one verdict and one prompt, at most two of a group", () => {
    fc.assert(
      fc.property(groups, (given) => {
        for (const group of given) {
          const pairs = budgetPairs([group], 0);
          expect(pairs.length).toBeLessThanOrEqual(2);
          for (const pair of pairs) {
            expect(pair.prompt).toBe(group.prompt);
            expect(isRight(group, pair.chosen)).toBe(isRight(group, pair.rejected));
          }
        }
        const kept = budgetPairs(given, 0.15);
        const all = budgetPairs(given, 0);
        expect(all).toEqual(expect.arrayContaining(kept));
        expect(kept).toHaveLength(all.length - Math.floor(0.15 * all.length));
      }),
    );
  });

  test("iterative DPO chooses right responses and rejects wrong ones to the same prompt", () => {
    fc.assert(
      fc.property(groups, fc.nat(99), (given, seed) => {
        for (const group of given) {
          const pairs = rightWrongPairs([group], new Random(seed, STREAM.pairs));
          const right = group.samples.filter(({ correct }) => correct).length;
          expect(pairs).toHaveLength(Math.min(right, group.samples.length - right));
          for (const pair of pairs) {
            expect(pair.prompt).toBe(group.prompt);
            expect(isRight(group, pair.chosen)).toBe(true);
            expect(isRight(group, pair.rejected)).toBe(false);
          }
        }
      }),
    );
  });
});
