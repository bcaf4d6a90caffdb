import { describe, expect, test } from "vitest";
import { parseLog } from "../../src/io/report/data.ts";
import { PRESETS } from "../../src/train/presets.ts";
import { metricsCsv, metricsJsonl } from "../../web/charts/export-text.ts";
import type { FigureId } from "../../web/charts/figure.ts";
import { chartSvg } from "../../web/charts/picture.ts";
import { RunView } from "../../web/state/run-view.ts";
import { evalRecord, runOf, stepRecord, viewOf } from "./charts-support.ts";

const run = runOf(3);
run.add([
  evalRecord(0, 0.48, 56),
  evalRecord(2, 0.5, 40),
  { type: "marker", step: 2, changes: [{ path: "rl.learningRate", from: 1, to: 2 }] },
]);

/** Reads CSV as RFC 4180 has it. */
function parseCsv(text: string): string[][] {
  return text
    .split("\r\n")
    .filter((line) => line !== "")
    .map((line) =>
      [...line.matchAll(/(?:"((?:[^"]|"")*)"|([^",]*))(?:,|$)/g)]
        .slice(0, line.endsWith(",") ? undefined : -1)
        .map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? ""),
    );
}

describe("CSV", () => {
  const [head, ...rows] = parseCsv(metricsCsv(run));

  test("has a row for each step and evaluation, the evaluation before the step that follows it", () => {
    expect(rows.map((row) => `${row[0]} ${row[1]}`)).toEqual([
      "eval 0",
      "step 0",
      "step 1",
      "eval 2",
      "step 2",
    ]);
  });

  test("has as many cells in each row, under a head in a fixed order", () => {
    for (const row of rows) expect(row).toHaveLength(head!.length);
    expect(head!.slice(0, 7)).toEqual(["type", "step", "cap", "exact_cap", "phase", "cycle", "acc"]);
    expect(new Set(head).size).toBe(head!.length);
  });

  test("gives every number back, and quotes a name with a comma", () => {
    expect(metricsCsv(run)).toContain('"level/2, easy/acc"');
    const cell = (row: number, name: string) => rows[row]![head!.indexOf(name)];
    expect(cell(0, "level/2, easy/acc")).toBe("0.48");
    expect(cell(0, "eval/words/wait_wrong")).toBe("");
    expect(cell(1, "completions/mean_length")).toBe("50");
    expect(cell(1, "eval/acc")).toBe("");
  });

  test("hands a spreadsheet no formula", () => {
    const odd = runOf(1);
    odd.add([{ ...evalRecord(0, 0.5, 10), metrics: { "=HYPERLINK(1)": 1 } }]);
    expect(metricsCsv(odd)).toContain("'=HYPERLINK(1)");
  });
});

describe("JSONL", () => {
  test("is what the command line's reader takes", () => {
    const lines = metricsJsonl(run)
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const log = parseLog(lines);
    expect(log.steps.map(({ step, cap }) => [step, cap])).toEqual(
      run.steps.map(({ step, cap }) => [step, cap]),
    );
    expect(log.evals.map(({ step, accuracy }) => [step, accuracy])).toEqual([
      [0, 0.48],
      [2, 0.5],
    ]);
    expect(lines.find(({ type }) => type === "marker").changes).toHaveLength(1);
  });

  test("holds the lessons of a run that teaches", () => {
    const taught = new RunView("sft", "sft", "sft", PRESETS.default, 0);
    taught.add([{ type: "sft", step: 0, metrics: { loss: 2.5 } }]);
    expect(metricsJsonl(taught)).toBe('{"type":"sft","step":0,"loss":2.5}\n');
    expect(metricsCsv(taught)).toContain("sft,0,,,,,2.5");
  });
});

describe("SVG", () => {
  const ids: readonly FigureId[] = ["length", "accuracy", "trail", "entropy", "wait", "loss"];

  test.each(ids)("of %s is whole, with and without runs", (id) => {
    for (const view of [viewOf([]), viewOf([run], { smoothing: 0.8 }), viewOf([run], { overlay: true })]) {
      const svg = chartSvg(id, view);
      expect(svg).toMatch(/^<svg xmlns[\s\S]*<\/svg>\n$/);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      const opened = svg.match(/<g[ >]/g)?.length ?? 0;
      expect(svg.match(/<\/g>/g)?.length ?? 0).toBe(opened);
    }
  });

  test("tells in its caption what the settings differ in, and what was changed", () => {
    const odd = runOf(3, "mine & <yours>");
    odd.config.value = { ...PRESETS.default, seed: 7 };
    odd.add([{ type: "marker", step: 1, changes: [{ path: "rl.temperature", from: 1, to: 0.9 }] }]);
    const svg = chartSvg("length", viewOf([odd]));
    expect(svg).toContain("mine &amp; &lt;yours&gt;");
    expect(svg).toContain("seed 7");
    expect(svg).toContain("rl.temperature 1 → 0.9");
  });

  test("says so where points are left out", () => {
    const long = runOf(0);
    long.add(Array.from({ length: 4000 }, (_, step) => stepRecord(step)));
    expect(chartSvg("entropy", viewOf([long]))).toContain("every 6 points");
  });
});
