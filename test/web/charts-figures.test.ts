import { describe, expect, test } from "vitest";
import { textWidth } from "../../src/io/report/style.ts";
import { capAt } from "../../src/rl/length-schedule.ts";
import { createTask, TASKS } from "../../src/tasks/registry.ts";
import { PRESETS } from "../../src/train/presets.ts";
import { stepForKey } from "../../web/charts/behaviour.ts";
import { columnsOf } from "../../web/charts/columns.ts";
import { indexAt, type PlotId, SOURCES } from "../../web/charts/figure.ts";
import { makeFigure } from "../../web/charts/figures.ts";
import { frameOf, markerPlaces, SvgPen, traceLine, traceSteps } from "../../web/charts/paths.ts";
import { phaseLabels } from "../../web/charts/phases.ts";
import { readingAt, tableOf } from "../../web/charts/reading.ts";
import { RUN_STYLES } from "../../web/charts/styles.ts";
import { drawTrails, stopsOf, trailsOf } from "../../web/charts/trail.ts";
import { RunView } from "../../web/state/run-view.ts";
import { chartsDe } from "../../web/text/charts.de.ts";
import { chartsEn } from "../../web/text/charts.en.ts";
import { evalRecord, runOf, stepRecord, viewOf } from "./charts-support.ts";

describe("columns", () => {
  test("grow with their run and hold what a fresh reading would", () => {
    const run = runOf(10);
    expect(columnsOf(run).training("acc").values).toHaveLength(10);
    run.add(Array.from({ length: 600 }, (_, i) => stepRecord(10 + i, { acc: i / 600 })));
    const { steps, values } = columnsOf(run).training("acc");
    expect([...steps]).toEqual(run.steps.map(({ step }) => step));
    expect([...values]).toEqual(run.steps.map(({ metrics }) => metrics.acc));
  });

  test("have a NaN where nothing was measured", () => {
    const run = runOf(1);
    expect([...columnsOf(run).training("nothing").values]).toEqual([Number.NaN]);
  });
});

describe("the length chart", () => {
  test("shows the budget of the log, and the schedule's ahead of it", () => {
    const figure = makeFigure("length", viewOf([runOf(100)]));
    const [budget, ahead] = ["budget", "ahead"].map((id) => figure.curves.find((curve) => curve.id === id)!);
    expect(budget!.values.at(-1)).toBe(stepRecord(99).cap);
    expect(ahead!.steps[0]).toBe(100);
    expect([...ahead!.values]).toEqual(
      Array.from({ length: 220 }, (_, i) => capAt(PRESETS.default.schedule, 100 + i)),
    );
    expect(figure.steps).toEqual([0, 320]);
  });

  test("follows a schedule that is changed in mid-run", () => {
    const run = runOf(100);
    makeFigure("length", viewOf([run]));
    run.config.value = {
      ...PRESETS.default,
      schedule: { ...PRESETS.default.schedule, kind: "constant", lmax: 70 },
    };
    const ahead = makeFigure("length", viewOf([run])).curves.find(({ id }) => id === "ahead")!;
    expect(new Set(ahead.values)).toEqual(new Set([70]));
  });

  test("does not plan a million steps ahead", () => {
    const run = runOf(10);
    run.config.value = { ...PRESETS.default, rl: { ...PRESETS.default.rl, steps: 1_000_000 } };
    expect(makeFigure("length", viewOf([run])).steps).toEqual([0, 640]);
  });

  test("joins phases of the log with those of the schedule, without overlap or gap", () => {
    const { spans } = makeFigure("length", viewOf([runOf(100)]));
    expect(spans[0]!.begin).toBe(0);
    expect(spans.at(-1)!.end).toBe(320);
    for (const [i, span] of spans.slice(1).entries()) expect(span.begin).toBe(spans[i]!.end);
  });

  test("names what was changed, and when", () => {
    const run = runOf(10);
    run.add([{ type: "marker", step: 4, changes: [{ path: "rl.learningRate", from: 0.0005, to: 0.001 }] }]);
    const figure = makeFigure("length", viewOf([run]));
    expect(figure.marks).toEqual([{ step: 4, text: "rl.learningRate 0.0005 → 0.001" }]);
    expect(readingAt(figure, 4, chartsEn)).toContain("rl.learningRate");
  });
});

test("a run that was imported from its middle begins there", () => {
  const run = new RunView("late", "rl", "late", PRESETS.default, 0);
  run.add([stepRecord(200), stepRecord(201)]);
  expect(makeFigure("entropy", viewOf([run])).steps[0]).toBe(200);
});

test("a run that has not begun shows what is planned, from its first step", () => {
  const figure = makeFigure("length", viewOf([runOf(0)]));
  expect(figure.steps).toEqual([0, 320]);
  expect(figure.spans.map(({ phase }) => phase)).toContain("compress");
});

test("without runs there are axes and no curves", () => {
  for (const id of ["length", "accuracy", "entropy", "wait", "loss"] as const satisfies readonly PlotId[]) {
    const figure = makeFigure(id, viewOf([]));
    expect(figure.curves).toEqual([]);
    expect(figure.steps).toEqual([0, 1]);
    expect(figure.domain[1]).toBeGreaterThan(figure.domain[0]);
  }
});

test("overlaid runs are told apart without colour, and each has its name", () => {
  const runs = [runOf(5, "a", 0), runOf(5, "b", 1)];
  const { curves } = makeFigure("entropy", viewOf(runs, { overlay: true }));
  expect(curves.map(({ name }) => name)).toEqual(["a", "b"]);
  const looks = RUN_STYLES.map(({ dash, marker }) => `${dash} ${marker}`);
  expect(new Set(looks).size).toBe(RUN_STYLES.length);
  expect(new Set(RUN_STYLES.map(({ dash }) => dash)).size).toBe(RUN_STYLES.length);
});

test("a smoothed curve keeps its measurements", () => {
  const run = runOf(3);
  run.add([stepRecord(3, { entropy: 1 })]);
  const [entropy] = makeFigure("entropy", viewOf([run], { smoothing: 0.5 })).curves;
  expect(entropy!.values.at(-1)).toBe(1);
  expect(entropy!.smoothed!.at(-1)).toBeLessThan(1);
});

describe("names of phases", () => {
  const { spans } = makeFigure("length", viewOf([runOf(320)]));
  const at = (wide: number) =>
    phaseLabels(
      spans,
      (step) => (wide * step) / 320,
      chartsEn.phases,
      (text) => 7 * text.length,
      1,
    );

  test("are written where each has room", () => {
    expect(at(800).map(({ text }) => text)).toEqual(["compress", "expand", "compress", "expand"]);
    expect(at(800)[0]!.x).toBe(100);
  });

  test("are arrows where they have not, and nothing where there is no room at all", () => {
    expect(at(200).map(({ text }) => text)).toEqual(["▼", "▲", "▼", "▲"]);
    expect(at(20)).toEqual([]);
  });
});

describe("in words and numbers", () => {
  const run = runOf(30);
  run.add([evalRecord(0, 0.48, 56), evalRecord(20, 0.6, 30)]);
  const figure = makeFigure("accuracy", viewOf([run]));

  test("a reading tells the values of its step, and from when older ones are", () => {
    expect(readingAt(figure, 20, chartsEn)).toBe(
      "Step 20 · in training 50.0% · 2, easy 60.0% ± 3.0% · pass@1 60.0% ± 2.0%",
    );
    expect(readingAt(figure, 25, chartsEn)).toContain("pass@1 60.0% ± 2.0% (step 20)");
    const inGerman = makeFigure("accuracy", viewOf([run], { words: chartsDe }));
    expect(readingAt(inGerman, 0, chartsDe)).toMatch(
      /^Schritt 0 · im Training 50,0\s%.*pass@1 48,0\s% ± 2,0\s%$/,
    );
  });

  test("the table has every step, and a cell only where something was measured", () => {
    const { columns, rows, note } = tableOf(figure, chartsEn);
    expect(columns).toEqual(["step", "in training", "2, easy", "pass@1"]);
    expect(rows).toHaveLength(30);
    expect(rows[20]).toEqual(["20", "50.0%", "60.0% ± 3.0%", "60.0% ± 2.0%"]);
    expect(rows[21]!.slice(2)).toEqual(["", ""]);
    expect(note).toBe("");
  });

  test("a long table is thinned and says so", () => {
    const { rows, note } = tableOf(makeFigure("entropy", viewOf([runOf(1000)])), chartsEn);
    expect(rows.length).toBeLessThanOrEqual(241);
    expect(rows.at(-1)![0]).toBe("999");
    expect(note).toContain("of 1000 rows");
  });

  test("a table that is thinned keeps every evaluation", () => {
    const long = runOf(1000);
    long.add([evalRecord(1, 0.5, 40), evalRecord(7, 0.6, 40)]);
    const { rows } = tableOf(makeFigure("accuracy", viewOf([long])), chartsEn);
    expect(rows.filter((row) => row.at(-1) !== "").map(([step]) => step)).toEqual(["1", "7"]);
  });
});

describe("paths", () => {
  const frame = frameOf([0, 10], [0, 10], { left: 0, right: 100, top: 0, bottom: 100 });

  test("a line breaks where nothing was measured", () => {
    const pen = new SvgPen();
    const values = Float64Array.of(0, 5, Number.NaN, 5, 10);
    traceLine(pen, { steps: Float64Array.from(values.keys()), values }, frame);
    expect(String(pen)).toBe("M0 100L10 50M30 50L40 0");
  });

  test("a step line holds each value until the next, and the last for a step", () => {
    const pen = new SvgPen();
    traceSteps(pen, { steps: Float64Array.of(0, 1, 2), values: Float64Array.of(4, 4, 8) }, frame);
    expect(String(pen)).toBe("M0 60L20 60L20 20L30 20");
  });

  test("a lone point is marked, and a crowd is not", () => {
    const lone = { steps: Float64Array.of(1), values: Float64Array.of(1) };
    expect(markerPlaces(lone, frame, 1)).toHaveLength(1);
    const crowd = Float64Array.from({ length: 50 }, (_, i) => i / 5);
    expect(markerPlaces({ steps: crowd, values: crowd }, frame, 1)).toHaveLength(0);
  });
});

describe("the trail", () => {
  const run = runOf(320);
  run.add([
    evalRecord(0, 0.48, 56),
    evalRecord(80, 0.5, 28),
    evalRecord(160, 0.7, 44),
    evalRecord(240, 0.65, 27),
    evalRecord(300, 0.8, 40),
    evalRecord(320, 0.82, 38),
  ]);

  test("names its ends and the turns of each cycle", () => {
    expect(stopsOf(run).map(({ role, cycle }) => [role, cycle])).toEqual([
      ["start", 1],
      ["shortest", 1],
      ["longest", 1],
      ["shortest", 2],
      ["longest", 2],
      ["end", 2],
    ]);
  });

  test("has no cycles where the budget has none", () => {
    const fixed = runOf(0);
    fixed.config.value = {
      ...PRESETS.default,
      schedule: { ...PRESETS.default.schedule, kind: "constant" },
    };
    fixed.add([evalRecord(0, 0.4, 50), evalRecord(20, 0.5, 40), evalRecord(40, 0.6, 45)]);
    expect(stopsOf(fixed).map(({ role }) => role)).toEqual(["start", null, "end"]);
  });

  test("is drawn with finite numbers, and names no run as markup", () => {
    const other = runOf(0, "<b>&", 1);
    other.add([evalRecord(0, 0.4, 50)]);
    const trails = trailsOf(viewOf([run, other], { overlay: true }));
    const { text } = drawTrails(trails, 400, chartsEn).content;
    expect(text).not.toMatch(/NaN|Infinity|undefined|<b>/);
    expect(drawTrails([], 400, chartsEn).content.text).toContain(chartsEn.empty);
  });

  test("has names apart from each other, beside the way where there is room", () => {
    const flat = runOf(20);
    // As wide as a telephone: the end and the longest lie at the height of the line between them.
    flat.add([evalRecord(0, 0.38, 33.7), evalRecord(4, 0.25, 36.7), evalRecord(8, 0.25, 34)]);
    const { text } = drawTrails(trailsOf(viewOf([flat], { words: chartsDe })), 300, chartsDe).content;
    const names = [...text.matchAll(/class="end"[^>]* x="([\d.]+)" y="([\d.]+)">([^<]+)/g)].map(
      ([, x, y, name]) => ({ left: Number(x), y: Number(y), right: Number(x) + textWidth(name!) }),
    );
    expect(names).toHaveLength(3);
    for (const [i, one] of names.entries()) {
      for (const other of names.slice(i + 1)) {
        expect(one.left > other.right || other.left > one.right || Math.abs(one.y - other.y) > 12).toBe(true);
      }
    }
    const stops = [...text.matchAll(/translate\(([\d.]+) ([\d.]+)\) scale/g)];
    const [longest, end] = stops.slice(1).map(([, x, y]) => ({ x: Number(x), y: Number(y) }));
    for (const { left, right, y } of names) {
      const isBeside = right < end!.x || left > longest!.x;
      expect(isBeside || Math.abs(y - 4 - end!.y) > 7).toBe(true);
    }
  });
});

test("every difficulty of every task has a German name", () => {
  for (const [name, { settings }] of TASKS) {
    const usual = Object.fromEntries(Object.entries(settings).map(([key, one]) => [key, one.default]));
    for (const level of createTask(name, usual).levels) {
      expect(chartsDe.level(level.name)).not.toMatch(/operations|numbers|products|up to/);
      expect(chartsEn.level(level.name)).toBe(level.name);
    }
  }
});

test("keys move the cursor over points, and stop at the ends", () => {
  const steps = Float64Array.of(0, 20, 40, 60);
  const column = { steps, values: steps };
  expect(stepForKey("ArrowRight", column, 20)).toBe(40);
  expect(stepForKey("ArrowLeft", column, 20)).toBe(0);
  expect(stepForKey("ArrowLeft", column, 0)).toBe(0);
  expect(stepForKey("PageDown", column, 60)).toBe(0);
  expect(stepForKey("Home", column, 40)).toBe(0);
  expect(stepForKey("End", column, null)).toBe(60);
  expect(stepForKey("ArrowLeft", column, null)).toBe(60);
  expect(stepForKey("a", column, 20)).toBeNull();
  expect(stepForKey("End", { steps: new Float64Array(0), values: new Float64Array(0) }, null)).toBeNull();
});

test("the last point at or before a step is found", () => {
  const steps = Float64Array.of(5, 6, 9);
  expect([4, 5, 8, 9, 100].map((step) => indexAt({ steps, values: steps }, step))).toEqual([-1, 0, 1, 2, 2]);
});

test("each curve's source is a file of the repository", async () => {
  const { existsSync } = await import("node:fs");
  for (const path of Object.values(SOURCES)) expect(existsSync(path), path).toBe(true);
});
