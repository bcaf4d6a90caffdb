import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addRollout,
  checkGroupFilter,
  countGroups,
  deadGroupProbability,
  type GroupFilter,
  passesFilter,
  type Refill,
  type ScoredGroup,
  startRefill,
} from "../../src/rl/groups.ts";

interface NamedGroup extends ScoredGroup {
  readonly name: string;
}

/** A group of 4 with k right answers; its name tells k and its place. */
function group(k: number, name = `${k} of 4`): NamedGroup {
  return { name, correct: [0, 1, 2, 3].map((i) => i < k) };
}

test("groups are counted as all correct, all wrong and mixed", () => {
  const groups = [4, 0, 1, 3, 0, 0, 2].map((k) => group(k));
  expect(countGroups(groups)).toEqual({ allCorrect: 1, allWrong: 3, mixed: 3 });
  expect(countGroups([])).toEqual({ allCorrect: 0, allWrong: 0, mixed: 0 });
});

describe("the probability of a dead group", () => {
  test.each([
    { p: 0.1, probabilities: [0.66, 0.43, 0.19, 0.03] },
    { p: 0.05, probabilities: [0.81, 0.66, 0.44, 0.19] },
    { p: 0, probabilities: [1, 1, 1, 1] },
    { p: 1, probabilities: [1, 1, 1, 1] },
  ])("for a success rate of $p and groups of 4, 8, 16, 32", ({ p, probabilities }) => {
    const found = [4, 8, 16, 32].map((size) => deadGroupProbability(p, size));
    expect(found).toEqual(probabilities.map((probability) => expect.closeTo(probability, 2)));
  });

  test("does not tell success from failure", () => {
    expect(deadGroupProbability(0.9, 8)).toBeCloseTo(deadGroupProbability(0.1, 8), 15);
  });
});

describe("the filter", () => {
  test.each<{ filter: GroupFilter; passing: number[] }>([
    { filter: "off", passing: [0, 1, 2, 3, 4] },
    { filter: "mixed", passing: [1, 2, 3] },
    { filter: { low: 0.25, high: 0.5 }, passing: [1, 2] },
    { filter: { low: 0, high: 0.75 }, passing: [0, 1, 2, 3] },
    { filter: { low: 0.5, high: 0.5 }, passing: [2] },
    { filter: { low: 0.3, high: 0.4 }, passing: [] },
  ])("$filter lets $passing of 4 pass", ({ filter, passing }) => {
    expect([0, 1, 2, 3, 4].filter((k) => passesFilter(filter, group(k)))).toEqual(passing);
  });

  test("the ends of a band are inside for any group size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 64 }), fc.nat(64), (size, k) => {
        fc.pre(k <= size);
        const correct = Array.from({ length: size }, (_, i) => i < k);
        expect(passesFilter({ low: k / size, high: k / size }, { correct })).toBe(true);
      }),
    );
  });

  test.each([
    { filter: "all", field: "filter" },
    { filter: { low: -0.1, high: 1 }, field: "filter.low" },
    { filter: { low: Number.NaN, high: 1 }, field: "filter.low" },
    { filter: { low: 0.6, high: 0.5 }, field: "filter.high" },
    { filter: { low: 0.5, high: 1.1 }, field: "filter.high" },
  ])("$filter is refused", ({ filter, field }) => {
    expect(() => checkGroupFilter(filter as GroupFilter)).toThrow(
      expect.objectContaining({ code: "config-invalid", field }),
    );
  });
});

describe("refilling a batch", () => {
  const fill = (refill: Refill<NamedGroup>, ...rollouts: NamedGroup[][]) =>
    rollouts.reduce(addRollout, refill);

  test("samples until enough groups passed, in order, and counts what was dropped and what was too much", () => {
    const start = startRefill<NamedGroup>("mixed", 3, 10);
    expect(start).toMatchObject({ state: "sampling", kept: [], rollouts: 0 });
    const once = fill(start, [group(0), group(1, "first"), group(4), group(0)]);
    expect(once).toMatchObject({
      state: "sampling",
      rollouts: 1,
      dropped: { allCorrect: 1, allWrong: 2, mixed: 0 },
      surplus: 0,
    });
    const twice = fill(once, [group(2, "second"), group(4), group(3, "third"), group(1, "fourth")]);
    expect(twice).toMatchObject({
      state: "full",
      rollouts: 2,
      dropped: { allCorrect: 2, allWrong: 2, mixed: 0 },
      surplus: 1,
    });
    expect(twice.kept.map(({ name }) => name)).toEqual(["first", "second", "third"]);
    expect(start.kept).toEqual([]); // nothing was changed in place
    expect(once.kept).toHaveLength(1);
  });

  test("a band drops mixed groups too", () => {
    const refill = fill(startRefill({ low: 0.5, high: 0.75 }, 2, 10), [group(1), group(2), group(4)]);
    expect(refill.dropped).toEqual({ allCorrect: 1, allWrong: 0, mixed: 1 });
  });

  test("at the limit it falls short instead of failing, with what it has", () => {
    const refill = fill(startRefill<NamedGroup>("mixed", 3, 2), [group(0), group(2, "only")], [group(4)]);
    expect(refill.state).toBe("short");
    expect(refill.kept.map(({ name }) => name)).toEqual(["only"]);
  });

  test("nothing passed: short and empty", () => {
    expect(fill(startRefill("mixed", 3, 1), [group(0), group(4)])).toMatchObject({
      state: "short",
      kept: [],
    });
  });

  test("the last rollout allowed may fill it", () => {
    expect(fill(startRefill("mixed", 1, 2), [group(0)], [group(1)]).state).toBe("full");
  });

  test("without a filter one rollout fills it", () => {
    expect(fill(startRefill("off", 2, 1), [group(0), group(4)])).toMatchObject({ state: "full", surplus: 0 });
  });

  test.each([
    { state: "full", limit: 1, groups: [group(1)] },
    { state: "short", limit: 1, groups: [group(0)] },
  ])("a rollout after $state is refused", ({ state, limit, groups }) => {
    const over = fill(startRefill("mixed", 1, limit), groups);
    expect(over.state).toBe(state);
    expect(() => addRollout(over, groups)).toThrow(
      expect.objectContaining({ code: "input-invalid", field: "refill.state" }),
    );
  });

  test.each([
    { wanted: 0, limit: 1, field: "wanted" },
    { wanted: 1.5, limit: 1, field: "wanted" },
    { wanted: 1, limit: 0, field: "maxRollouts" },
    { wanted: 1, limit: Number.POSITIVE_INFINITY, field: "maxRollouts" },
  ])("$wanted groups from $limit rollouts are refused", ({ wanted, limit, field }) => {
    expect(() => startRefill("mixed", wanted, limit)).toThrow(
      expect.objectContaining({ code: "config-invalid", field }),
    );
  });

  test("every sampled group is kept, dropped or surplus, whatever comes", () => {
    const rollouts = fc.array(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 8 }), {
      minLength: 1,
      maxLength: 8,
    });
    const filters = fc.constantFrom<GroupFilter>("off", "mixed", { low: 0.25, high: 0.5 });
    fc.assert(
      fc.property(rollouts, filters, fc.integer({ min: 1, max: 12 }), (drawn, filter, wanted) => {
        let refill = startRefill<NamedGroup>(filter, wanted, drawn.length);
        let sampled = 0;
        for (const ks of drawn) {
          if (refill.state !== "sampling") break;
          refill = addRollout(
            refill,
            ks.map((k) => group(k)),
          );
          sampled += ks.length;
        }
        const { kept, dropped, surplus, state } = refill;
        expect(kept.length + surplus + dropped.allCorrect + dropped.allWrong + dropped.mixed).toBe(sampled);
        expect(kept.every((own) => passesFilter(filter, own))).toBe(true);
        expect(state).toBe(kept.length === wanted ? "full" : "short");
      }),
    );
  });
});
