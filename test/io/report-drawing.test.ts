import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Chart, drawChart } from "../../src/io/report/chart.ts";
import { type Fields, parseLog } from "../../src/io/report/data.ts";
import { roundDomain, scale, ticks } from "../../src/io/report/scale.ts";
import { decimate, type Point, smooth, smoothingWindow, unbroken } from "../../src/io/report/series.ts";
import { summarise } from "../../src/io/report/summary.ts";
import { drawTrail } from "../../src/io/report/trail.ts";
import { breathingLines, evalLine, REAL_LINES } from "./report-support.ts";

function pointsOf(values: readonly (number | null)[]): Point[] {
  return values.map((y, x) => ({ x, y }));
}

const VALUES = fc.array(fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true })), { maxLength: 400 });

describe("scale", () => {
  test("ticks are round and within the domain", () => {
    expect(ticks([0, 160], 8)).toEqual([0, 20, 40, 60, 80, 100, 120, 140, 160]);
    expect(ticks([0, 0.15], 5)).toEqual([0, 0.05, 0.1, 0.15]);
    expect(ticks([0, 1], 2)).toEqual([0, 0.5, 1]);
    expect(ticks([-3, 4], 4)).toEqual([-2, 0, 2, 4]);
  });

  test("a round domain holds its values and no more than a tick beyond them", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e5, max: 1e5, noNaN: true }), { minLength: 2 }), (values) => {
        const [least, most] = [Math.min(...values), Math.max(...values)];
        fc.pre(most - least > 1e-6);
        const [low, high] = roundDomain(values);
        const step = (most - least) / 4;
        expect(low).toBeLessThanOrEqual(least + 1e-8 * step);
        expect(high).toBeGreaterThanOrEqual(most - 1e-8 * step);
        expect(high - low).toBeLessThanOrEqual(most - least + 2 * 2.5 * step * (1 + 1e-8));
      }),
    );
  });

  test("a domain of one value, or of none, is no point", () => {
    expect(roundDomain([])).toEqual([0, 1]);
    expect(roundDomain([0])).toEqual([0, 1]);
    const [low, high] = roundDomain([7, 7]);
    expect(low).toBeLessThan(7);
    expect(high).toBeGreaterThan(7);
  });

  test("maps ends onto ends", () => {
    const y = scale([0, 80], [200, 0]);
    expect([y(0), y(20), y(80)]).toEqual([200, 150, 0]);
  });
});

describe("smooth", () => {
  test("is the mean over the window, and over what there is of it at the ends", () => {
    expect(smooth(pointsOf([0, 3, 6, 30]), 3).map(({ y }) => y)).toEqual([1.5, 3, 13, 18]);
  });

  test("keeps gaps and does not let them count", () => {
    expect(smooth(pointsOf([2, null, 4]), 3).map(({ y }) => y)).toEqual([2, null, 4]);
  });

  test("shifts no symmetric peak", () => {
    const smoothed = smooth(pointsOf([0, 0, 1, 2, 9, 2, 1, 0, 0]), 5).map(({ y }) => y!);
    expect(smoothed.indexOf(Math.max(...smoothed))).toBe(4);
  });

  test("uses an odd window that stays small beside a cycle", () => {
    expect(smoothingWindow(16, 8)).toBe(1);
    expect(smoothingWindow(160, 160)).toBe(9);
    expect(smoothingWindow(480, 160)).toBe(21);
    expect(smoothingWindow(5000, 16)).toBe(3);
  });
});

describe("decimate", () => {
  test("keeps lowest and highest, order, and every gap as wide as a bucket", () => {
    fc.assert(
      fc.property(VALUES, fc.integer({ min: 1, max: 50 }), (values, buckets) => {
        const points = pointsOf(values);
        const kept = decimate(points, buckets);
        expect(kept.length).toBeLessThanOrEqual(Math.max(2 * buckets, 0) || points.length);
        const there = values.filter((value) => value !== null);
        const left = kept.map(({ y }) => y).filter((y) => y !== null);
        if (there.length > 0) {
          expect(Math.min(...left)).toBe(Math.min(...there));
          expect(Math.max(...left)).toBe(Math.max(...there));
        }
        for (const [index, { x }] of kept.entries())
          if (index > 0) expect(x).toBeGreaterThan(kept[index - 1]!.x);
      }),
    );
    expect(unbroken(decimate(pointsOf([1, 2, 3, 4, null, null, null, null, 5, 6, 7, 8]), 3))).toHaveLength(2);
  });

  test("leaves a short series alone", () => {
    const points = pointsOf([3, 1, 2]);
    expect(decimate(points, 2)).toBe(points);
  });
});

describe("drawChart", () => {
  const chartOf = (points: readonly Point[], more: Partial<Chart["panels"][0]["series"][0]> = {}): Chart => ({
    steps: [0, 10],
    spans: [],
    changes: [],
    panels: [
      {
        title: "tokens",
        height: 100,
        domain: [0, 100],
        tickText: String,
        series: [
          {
            name: "length",
            shape: "line",
            points,
            style: { colour: "blue", dash: "", marker: null },
            ...more,
          },
        ],
      },
    ],
    readings: [],
  });
  // The plot is 100 pixels wide, from x = 40, and as high, from y = 24.
  const draw = (chart: Chart) => drawChart(chart, 154).content.text;

  test("joins points and leaves a gap at null", () => {
    const drawn = draw(chartOf(pointsOf([0, 50, null, 100, 25])));
    expect(drawn).toContain('d="M40 124 50 74M70 24 80 99"');
  });

  test("holds a step's value until the next", () => {
    const drawn = draw(chartOf(pointsOf([80, 80, 40]), { shape: "steps" }));
    expect(drawn).toContain('d="M40 44H60V84H70"');
  });

  test("draws standard errors, but not of points without", () => {
    const drawn = draw(
      chartOf([
        { x: 0, y: 50, error: 10 },
        { x: 5, y: 50, error: null },
      ]),
    );
    expect(drawn).toContain('class="error" d="M40 84V64"');
  });

  test("marks a point that stands alone", () => {
    expect(draw(chartOf(pointsOf([50])))).toContain('class="mark"');
    expect(draw(chartOf(pointsOf([50, 60])))).not.toContain('class="mark"');
  });

  test("keeps the raw curve faint behind a smoothed one", () => {
    expect(draw(chartOf(pointsOf([0, 60, 0]), { window: 3 }))).toMatch(
      /class="raw" d="M40 124 50 64 60 124".*class="line" d="M40 94 50 104 60 94"/,
    );
  });

  test("says so where it leaves points out", () => {
    const many = Array.from({ length: 1000 }, (_, i): Point => ({ x: i / 100, y: i === 637 ? 100 : 10 }));
    const drawn = draw(chartOf(many));
    expect(drawn).toContain("Drawn: lowest and highest of every 10 points.");
    expect(drawn).toMatch(/ 24 /); // the one that stands out
    expect(draw(chartOf(many.slice(0, 200)))).not.toContain("Drawn");
  });

  test("says so where nothing was measured", () => {
    expect(draw(chartOf(pointsOf([null, null])))).toContain("nothing was measured");
    expect(draw(chartOf([]))).toContain("nothing was measured");
  });

  test("marks where settings were changed", () => {
    const marks = (chart: Chart) => draw(chart).match(/<path class="change"/g)?.length ?? 0;
    const chart = chartOf(pointsOf([1, 2]));
    expect([marks(chart), marks({ ...chart, changes: [3, 7] })]).toEqual([0, 2]);
  });

  test("names phases where there is room", () => {
    const chart: Chart = {
      ...chartOf(pointsOf([1, 2])),
      spans: [
        { phase: "compress", cycle: 0, begin: 0, end: 8 },
        { phase: "expand", cycle: 0, begin: 8, end: 10 },
      ],
    };
    const drawn = draw(chart);
    expect(drawn).toContain(">compress<");
    expect(drawn).not.toContain(">expand<");
    expect(drawn).toContain('<rect class="expand" x="120"');
  });
});

describe("drawTrail", () => {
  const draw = (lines: readonly Fields[]) => {
    const log = parseLog(lines);
    return drawTrail(log.evals, summarise(log, {}).cycles, 470).content.text;
  };
  const namesOf = (drawn: string) =>
    [...drawn.matchAll(/class="end"[^>]*>([^<]*)/g)].map((match) => match[1]);

  test("names its ends, and the extremes of each cycle", () => {
    expect(namesOf(draw(REAL_LINES))).toEqual(["start", "end, longest", "shortest"]);
    const names = namesOf(draw(breathingLines(160, 10)));
    expect(names.slice(0, 2)).toEqual(["start", "end, longest 2"]);
    expect(names).toContain("shortest 1");
  });

  test("has an evaluation's numbers at its stop, in order", () => {
    const stops = [...draw(REAL_LINES).matchAll(/<title>(step [^<]*)/g)].map((match) => match[1]);
    expect(stops).toHaveLength(9);
    expect(stops[0]).toBe("step 0: 48.8% right with 59.1 tokens");
    expect(stops[8]).toBe("step 160: 79.1% right with 42.7 tokens");
  });

  test("points from each stop to the next", () => {
    // From (20, 0.2) to (40, 0.2): to the right; from there to (40, 0.8): upwards.
    const drawn = draw([evalLine(0, 0.2, 20), evalLine(1, 0.2, 40), evalLine(2, 0.8, 40)]);
    const turns = [...drawn.matchAll(/rotate\((-?\d+)\)/g)].map((match) => Number(match[1]));
    expect(turns).toEqual([0, -90]);
  });

  test("leaves out evaluations that were not measured, and says so where none was", () => {
    expect(
      draw([evalLine(0, 0.5, 20), evalLine(1, null, 20), evalLine(2, 0.5, null)]).match(/<title>/g),
    ).toHaveLength(1);
    expect(draw([evalLine(0, null, 20)])).toContain("nothing was measured");
  });
});
