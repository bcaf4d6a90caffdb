import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { extraWork } from "../../src/compare/report/extra-work.ts";
import { drawPareto, type ParetoPoint, paretoFront } from "../../src/compare/report/pareto.ts";
import {
  changes,
  lagOf,
  phaseEnds,
  sharedSteps,
  valueAt,
  wholeCycles,
} from "../../src/compare/report/phases.ts";
import {
  difference,
  entryOf,
  estimate,
  nameOf,
  quotient,
  scoreOf,
  standingsOf,
} from "../../src/compare/report/seeds.ts";
import { cellsOf } from "../../src/compare/report/sources.ts";
import {
  costTable,
  cyclicEntries,
  lagTable,
  mainTable,
  phaseTable,
} from "../../src/compare/report/tables.ts";
import { markup } from "../../src/io/report/markup.ts";
import type { Cell } from "../../src/io/report/table.ts";
import { lowAndHigh } from "../../src/rl/recipes/siri.ts";
import { BASE, comparison, curve, curves, row, rows, wholeComparison } from "./report-support.ts";

const text = (cell: Cell) => (typeof cell === "string" ? cell : cell.best);

describe("estimate", () => {
  test("is the mean with its standard error, of the seeds that were measured", () => {
    expect(estimate([1, null, 2, 3])).toEqual({ mean: 2, error: 1 / Math.sqrt(3), freedom: 2, seeds: 3 });
    expect(estimate([4])).toEqual({ mean: 4, error: null, freedom: 0, seeds: 1 });
    expect(estimate([null])).toBeNull();
  });

  const of = (mean: number, error: number | null, seeds: number) => ({
    mean,
    error,
    freedom: error === null ? 0 : seeds - 1,
    seeds,
  });

  test("a difference of two has both errors, and degrees of freedom between the smaller and the sum of both", () => {
    const [a, b] = [of(5, 3, 5), of(1, 4, 3)];
    // Welch and Satterthwaite: 25² / (9² / 4 + 16² / 2).
    expect(difference(a, b)).toEqual({
      mean: 4,
      error: 5,
      freedom: expect.closeTo(625 / (81 / 4 + 128), 12),
      seeds: 3,
    });
    expect(difference(of(1, 1, 5), of(1, 1, 5))!.freedom).toBeCloseTo(8, 12);
    expect(difference(of(1, 0, 5), of(1, 0, 3))).toMatchObject({ error: 0, freedom: 2 });
    expect(difference(a, of(1, null, 1))).toEqual({ mean: 4, error: null, freedom: 0, seeds: 1 });
    expect(difference(a, null)).toBeNull();
  });

  test("a ratio of two has both relative errors", () => {
    const ratio = quotient(of(6, 0.3, 5), of(3, 0.2, 5))!;
    expect(ratio.mean).toBe(2);
    expect(ratio.error).toBeCloseTo(2 * Math.hypot(0.3 / 6, 0.2 / 3), 12);
    expect(ratio.freedom).toBeGreaterThan(4);
    expect(ratio.freedom).toBeLessThanOrEqual(8);
    expect(quotient(of(6, 1, 3), of(0, 1, 3))).toBeNull();
    expect(quotient(null, of(1, 1, 3))).toBeNull();
  });
});

describe("phases", () => {
  test("end at half cycles and cycles", () => {
    const ends = phaseEnds([curve("a", 0, { steps: 330 })]);
    expect(ends.map(({ step }) => step)).toEqual([0, 80, 160, 240, 320]);
    expect(ends.slice(0, 3).map(({ phase }) => phase)).toEqual(["start", "compressed", "expanded"]);
    expect(phaseEnds([])).toEqual([]);
  });

  test("end where the compression of the run does, as its low checkpoints", () => {
    const run = curve("siri-long-expansion", 0);
    const schedule = { ...run.config.schedule, compression: 0.3 };
    const ends = phaseEnds([{ ...run, config: { ...run.config, schedule } }]);
    expect(ends.map(({ step }) => step)).toEqual([0, 48, 160, 208, 320, 368, 480]);
    const { lmax, lmin, cycle } = schedule;
    const [low] = lowAndHigh({ lmax, lmin, cycle, compression: 0.3 }, 480);
    expect(ends.at(-2)!.step).toBe(low!.step);
  });

  test("count only cycles that all seeds finished", () => {
    expect(wholeCycles([curve("a", 0, { steps: 480 }), curve("a", 1, { steps: 479 })])).toBe(2);
    expect(wholeCycles([])).toBe(0);
  });

  test("changes are between the evaluations at their ends", () => {
    const run = curve("a", 0);
    const gain = (begin: number, end: number) => end - begin;
    expect(changes(run, "acc", "expanded", gain)).toEqual(
      [
        [80, 160],
        [240, 320],
        [400, 480],
      ].map(([from, to]) => valueAt(run, "acc", to!)! - valueAt(run, "acc", from!)!),
    );
    expect(changes(run, "acc", "compressed", gain, 3)).toHaveLength(1);
    expect(changes(run, "acc", "compressed", (begin) => begin)[0]).toBe(valueAt(run, "acc", 0));
  });

  test("shared steps are those that every seed was evaluated at", () => {
    const runs = [curve("a", 0, { steps: 50 }), curve("a", 1, { steps: 45 })];
    expect(sharedSteps(runs)).toEqual([0, 20, 40]);
    expect(sharedSteps([])).toEqual([]);
  });

  test.each([10, 20, 40])("find a lag of %i steps", (lag) => {
    const { training, evaluation } = lagOf(curve("a", 0, { lag, noise: 0 }));
    // The cap cuts the lengths in training, which makes them follow a little sooner.
    expect(training!.lag).toBeGreaterThan(0.7 * lag);
    expect(training!.lag).toBeLessThanOrEqual(lag + 2);
    expect(Math.abs(evaluation!.lag - lag)).toBeLessThanOrEqual(20);
  });

  test("a budget that never moves has no lag, and no phases", () => {
    const fixed = curve("grpo", 0, { kind: "constant" });
    expect(lagOf(fixed)).toEqual({ training: null, evaluation: null });
    expect(cyclicEntries([fixed, ...curves("two", { kind: "staged" }), curve("siri-cosine", 0)])).toEqual([
      "siri-cosine",
    ]);
  });
});

describe("the front", () => {
  const point = (length: number, accuracy: number): ParetoPoint => ({
    name: `${length} ${accuracy}`,
    length: { mean: length, error: null, freedom: 0, seeds: 1 },
    accuracy: { mean: accuracy, error: null, freedom: 0, seeds: 1 },
    style: { colour: "ink", dash: "", marker: "circle" },
  });

  test("has what nothing beats", () => {
    const points = [point(30, 0.6), point(40, 0.5), point(45, 0.9), point(45, 0.8), point(50, 0.9)];
    expect(paretoFront(points).map(({ name }) => name)).toEqual(["30 0.6", "45 0.9"]);
  });

  test("is drawn once more, larger, of what is close to the best", () => {
    const crowd = [point(43, 0.88), point(45, 0.885), point(47, 0.8801), point(52, 0.9)];
    const namesOf = (points: readonly ParetoPoint[]) => {
      const { content, height } = drawPareto(points, 800);
      const names = [...markup`${content}`.text.matchAll(/<title>([^:]*):/g)].map(([, name]) => name);
      return { names, height };
    };
    const all = [point(25, 0.07), ...crowd];
    expect(namesOf(all).names).toEqual([...all, ...crowd].map(({ name }) => name));
    expect(namesOf(all).height).toBeGreaterThan(2 * namesOf(crowd).height);
    expect(namesOf(crowd).names, "once, where all are close").toEqual(crowd.map(({ name }) => name));
    expect(namesOf([point(25, 0.07), point(50, 0.9)]).names, "once, where few are close").toHaveLength(2);
  });

  test("rises with length, and all else lies beneath it", () => {
    const some = fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 20 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(some, (pairs) => {
        const points = pairs.map(([length, accuracy]) => point(length, accuracy));
        const front = paretoFront(points);
        for (const { length, accuracy } of points) {
          const as = front.some(
            (best) => best.length.mean <= length.mean && best.accuracy.mean >= accuracy.mean,
          );
          expect(as).toBe(true);
        }
        for (const [index, { accuracy }] of front.slice(1).entries()) {
          expect(accuracy.mean).toBeGreaterThanOrEqual(front[index]!.accuracy.mean);
        }
      }),
    );
  });
});

describe("table 1", () => {
  const data = { rows: [BASE, row("grpo", 0, "final", [0.8, 50]), row("grpo", 1, "final", [0.6, 54])] };
  const { columns, rows: lines } = mainTable(data);

  test("has starting policies first, then a line for each checkpoint", () => {
    expect(lines.map((cells) => cells.slice(0, 3))).toEqual([
      ["base-pre-rl", "1", "0.0"],
      ["grpo", "2", "2.4"],
    ]);
    expect(columns.slice(3, 9)).toEqual([
      "mean: %",
      "tokens",
      "ACR",
      "AES",
      "2 operations (MATH500) %",
      "tokens",
    ]);
    expect(standingsOf([...data.rows].reverse())[0]!.checkpoint).toBe("base");
  });

  test("names a checkpoint where it is not the only one", () => {
    const names = ["base", "low", "final", "budget-40"].map((checkpoint) =>
      nameOf({ entry: "x", checkpoint }),
    );
    expect(names).toEqual(["x", "x low", "x", "x budget-40"]);
  });

  test("has means and standard errors over seeds", () => {
    const cells = lines[1]!.map(text);
    // Levels are 15, 5, −5 and −15 points from the mean of 80 and 60; (95 + 75) / 2 = 85.
    expect(cells.slice(7, 11)).toEqual(["85.0±10.0", "40.0±2.0", "75.0±10.0", "48.0±2.0"]);
    expect(cells.slice(3, 5)).toEqual(["70.0±10.0", "52.0±2.0"]);
    expect(lines[0]!.slice(7, 9)).toEqual(["65.0", "46.0"]);
  });

  test("has the ratio and the score against the starting policy, level by level", () => {
    const score = scoreOf(data.rows, data.rows[1]!);
    const levels = [
      [0.95, 0.65, 38, 46],
      [0.85, 0.55, 46, 54],
      [0.75, 0.45, 54, 62],
      [0.65, 0.35, 62, 70],
    ] as const;
    const acr = levels.map(([acc, base, length, before]) => (acc / base - 1) / (length / before));
    const aes = levels.map(([acc, base, length, before]) => 1 - length / before + 3 * (acc / base - 1));
    expect(score.acr).toBeCloseTo(acr.reduce((a, b) => a + b) / 4, 12);
    expect(score.aes).toBeCloseTo(aes.reduce((a, b) => a + b) / 4, 12);
    expect(scoreOf([BASE], BASE)).toMatchObject({ acr: 0, aes: 0 });
  });

  test("a row whose starting policy is missing has neither", () => {
    expect(scoreOf(data.rows.slice(1), data.rows[1]!)).toMatchObject({ acr: null, aes: null });
  });

  test("marks the best of each column, the starting policy aside", () => {
    const table = mainTable({
      rows: [
        row("base-pre-rl", 0, "base", [0.7, 20], "base"),
        ...rows("a", "final", [0.6, 40], 1),
        ...rows("b", "final", [0.5, 30], 1),
      ],
    });
    const marked = table.rows.map((cells) => cells.map((cell) => typeof cell !== "string"));
    expect(marked[0]!.some(Boolean)).toBe(false);
    expect(marked[1]!.slice(3, 5)).toEqual([true, false]);
    expect(marked[2]!.slice(3, 5)).toEqual([false, true]);
  });
});

test("an entry stands for its recipe by name, else by its seeds", () => {
  const named = [...curves("siri-cosine-T80", {}, 5, "siri-cosine"), ...curves("siri-cosine", {}, 2)];
  expect(entryOf({ rows: [], curves: named }, "siri-cosine")).toBe("siri-cosine");
  const others = [...curves("a", {}, 2, "siri-cosine"), ...curves("b", {}, 3, "siri-cosine")];
  expect(entryOf({ rows: [], curves: others }, "siri-cosine")).toBe("b");
  expect(entryOf({ rows: [BASE], curves: [] }, "grpo")).toBeNull();
});

test("sources name cells, those of one entry in short", () => {
  const [a, b] = [curves("a", {}, 3), curves("b", {}, 2)];
  expect(cellsOf([...a, ...b])).toBe("a-s0, s1, s2; b-s0, s1");
  expect(cellsOf([a[0]!, b[0]!, a[1]!, b[1]!, a[0]!])).toBe("a-s0, s1; b-s0, s1");
});

describe("tables of curves", () => {
  const { curves: runs, times } = wholeComparison();

  test("phases have a line for each end of each cyclic entry", () => {
    const lines = phaseTable(runs).rows.filter(([entry]) => entry === "siri-cosine");
    expect(lines.map(([, cycle]) => cycle)).toEqual([
      "start",
      ...[1, 2, 3].flatMap((cycle) => [`${cycle}, compressed`, `${cycle}, expanded`]),
    ]);
    expect(new Set(phaseTable(runs).rows.map(([entry]) => entry))).not.toContain("grpo");
  });

  test("one seed has neither error nor range", () => {
    const [start] = phaseTable(curves("siri-cosine", {}, 1)).rows;
    expect(start!.slice(1, 4)).toEqual(["start", "0", "1"]);
    expect(start![4]).toMatch(/^\d+\.\d$/);
    expect([start![5], start![7]]).toEqual(["–", "–"]);
  });

  test("lags have a line for each cyclic entry, in steps and in cycles", () => {
    const line = lagTable(runs).rows.find(([entry]) => entry === "siri-cosine-T80")!;
    expect(line.slice(0, 2)).toEqual(["siri-cosine-T80", "80"]);
    expect(Number(text(line[3]!))).toBeCloseTo(0.25, 1);
  });

  test("costs are per step, and beside GRPO's", () => {
    const grpo = costTable({ curves: runs, times }).rows.find(([entry]) => entry === "grpo")!;
    expect(grpo.slice(2, 6)).toEqual(["0.200", "0.100", "0.300", "1.00"]);
    const [run] = runs.filter(({ entry }) => entry === "grpo");
    const untimed = costTable({ curves: [run!], times: { ...times, cells: {} } }).rows[0]!;
    expect(untimed.slice(2, 6)).toEqual(["–", "–", "–", "–"]);
    expect(untimed[6]).toBe(Math.round(run!.steps.tokens.at(-1)! / 480).toLocaleString("en-GB"));
  });

  test("what a recipe does beside GRPO's work is read from it", () => {
    expect(extraWork(curve("grpo", 0))).toBe("");
    expect(extraWork(curve("nobody-knows", 0))).toBe("");
    expect(extraWork(curve("dapo", 0))).toContain("until all groups are mixed");
    expect(extraWork(curve("deepscaler", 0))).toContain("2 updates a step");
    expect(extraWork(curve("dast", 0))).toContain("pairs");
  });
});

test("failed cells leave the numbers to the seeds that are there", () => {
  const data = comparison(
    [BASE, ...rows("grpo", "final", [0.8, 50], 2)],
    curves("grpo", { kind: "constant" }, 2),
  );
  expect(mainTable(data).rows[1]!.slice(0, 2)).toEqual(["grpo", "2"]);
});
