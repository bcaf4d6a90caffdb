import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { curveOf } from "../../src/compare/curve.ts";
import { EVAL_METRICS, STEP_METRICS } from "../../src/compare/rows.ts";
import { BellowsError } from "../../src/errors.ts";
import type { JsonObject } from "../../src/io/json.ts";
import { capAt, exactCapAt, phaseAt } from "../../src/rl/length-schedule.ts";
import { createTask } from "../../src/tasks/registry.ts";
import { parseConfig } from "../../src/train/config.ts";
import { PRESETS } from "../../src/train/presets.ts";
import type { EvalRecord, RunRecord, StepRecord } from "../../src/train/records.ts";
import { logLine } from "../../src/train/records.ts";
import { composeConfig } from "../../src/train/settings.ts";
import { metricsCsv } from "../../web/charts/export-text.ts";
import { makeFigure } from "../../web/charts/figures.ts";
import { readingAt, tableOf } from "../../web/charts/reading.ts";
import { MOST_RUNS, readCurves } from "../../web/state/curves-file.ts";
import { diagnose } from "../../web/state/diagnose.ts";
import { recordingOf } from "../../web/state/recording-of.ts";
import { RunView } from "../../web/state/run-view.ts";
import { chartsEn } from "../../web/text/charts.en.ts";
import { curve } from "../compare/report-support.ts";
import { viewOf } from "./charts-support.ts";

/** Curves of a real comparison, each cut off after 45 steps. */
const REAL = readFileSync(new URL("../fixtures/web/curves.jsonl", import.meta.url), "utf8");

const stepsOf = (records: readonly RunRecord[]) => records.filter((record) => record.type === "step");
const evalsOf = (records: readonly RunRecord[]) => records.filter((record) => record.type === "eval");

/** The run in the page, once its recording has been played. */
function viewed(text: string): RunView {
  const { config, records } = recordingOf(readCurves(text, "curves.jsonl")[0]!);
  const view = new RunView("recording:one", "rl", "one", config, 0);
  view.add(records);
  return view;
}

function refusal(text: string): BellowsError {
  try {
    readCurves(text, "curves.jsonl");
  } catch (error) {
    if (error instanceof BellowsError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("the recording of a curve", () => {
  const config = { ...PRESETS["paper-toy"], seed: 3 };
  const { levels } = createTask(config.task.name, config.task.settings);
  const words = { wait: 0.25 * 1.5 + 0.75 * 2, wait_correct: 1.5, wait_wrong: 2 };
  const evaluation = (step: number): EvalRecord => ({
    type: "eval",
    step,
    metrics: {
      "tokens/generated_total": 1000 * step,
      "eval/acc": 0.25,
      "eval/mean_length": 50.5,
      "eval/entropy": 0.125,
      ...Object.fromEntries(Object.entries(words).map(([name, value]) => [`eval/words/${name}`, value])),
      ...Object.fromEntries(
        ["alt_correct", "alt_wrong", "so_correct", "so_wrong"].map((name) => [`eval/words/${name}`, 0.5]),
      ),
    },
    levels: levels.map(({ name, standsFor }, level) => ({
      name,
      standsFor,
      accuracy: level / 8,
      standardError: null,
      meanLength: 40 + level,
      truncated: null,
    })),
    examples: [],
  });
  const step = (step: number): StepRecord => ({
    type: "step",
    step,
    cap: capAt(config.schedule, step),
    exactCap: exactCapAt(config.schedule, step),
    phase: phaseAt(config.schedule, step).phase,
    cycle: phaseAt(config.schedule, step).cycle,
    metrics: {
      "completions/mean_length": 50 - step / 4,
      entropy: 0.25,
      acc: 0.5,
      reward: step % 2 === 0 ? null : 0.5,
      "completions/clipped_ratio": 0.125,
      "tokens/generated_total": 1000 * (step + 1),
    },
    samples: [],
  });
  const records = [
    evaluation(0),
    ...Array.from({ length: 20 }, (_, at) => step(at)),
    evaluation(20),
    step(20),
    evaluation(21),
  ];
  const cell = { name: "a-s3", entry: "a", recipe: "siri-cosine", seed: 3, config, base: "b", trains: true };
  const text = JSON.stringify(curveOf(cell, records.map(logLine) as unknown as JsonObject[]));

  test("is the run as it was logged, with what its curve has kept", () => {
    const [read] = readCurves(text, "curves.jsonl");
    expect(recordingOf(read!).records).toEqual(records);
  });

  test("has the run's config, whose steps are those that it made", () => {
    const recording = recordingOf(readCurves(text, "curves.jsonl")[0]!);
    expect(recording.config).toEqual({ ...config, rl: { ...config.rl, steps: 21 } });
    expect(recording.samples).toEqual([]);
  });

  test("of a made-up comparison has every step and evaluation in order", () => {
    for (const kind of ["cosine", "stair", "constant", "staged"] as const) {
      const { steps, evals, ...rest } = curve(kind, 1, { kind });
      const recording = recordingOf({ steps, evals, ...rest });
      expect(stepsOf(recording.records).map(({ cap }) => cap)).toEqual(steps.cap);
      expect(evalsOf(recording.records).map((record) => record.step)).toEqual(evals.step);
      const order = recording.records.map((record) => record.step + (record.type === "step" ? 0.5 : 0));
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
  });

  test.each(readCurves(REAL, "curves.jsonl"))("of $cell, which is real, goes by its schedule", (real) => {
    const { config, records } = recordingOf(real);
    expect(parseConfig(config)).toEqual(config);
    const steps = stepsOf(records);
    expect(steps).toHaveLength(45);
    for (const { cap, exactCap } of steps) expect(cap).toBe(Math.round(exactCap));
    const [first] = evalsOf(records);
    expect(first?.levels.map(({ standsFor }) => standsFor)).toEqual(["MATH500", "AMC", "AIME24", "AIME25"]);
    expect(Object.keys(steps[0]!.metrics)).toHaveLength(Object.keys(STEP_METRICS).length - 1);
    // "wait" over right and wrong responses comes to the columns.
    expect(Object.keys(first!.metrics)).toHaveLength(Object.keys(EVAL_METRICS).length);
  });

  test("leaves gaps where a metric is missing, in charts, tables, readings and exports", () => {
    const full = curve("siri-cosine", 0);
    const nothing = <T extends object>(columns: T) =>
      Object.fromEntries(
        Object.entries(columns).map(([name, values]) => [
          name,
          name === "cap" || name === "step" ? values : values.map(() => null),
        ]),
      );
    const text = JSON.stringify({ ...full, steps: nothing(full.steps), evals: nothing(full.evals) });
    const run = viewed(text);
    for (const overlay of [false, true]) {
      for (const id of ["length", "accuracy", "entropy", "wait", "loss"] as const) {
        const figure = makeFigure(id, viewOf([run], { overlay }));
        expect(figure.domain.every(Number.isFinite), id).toBe(true);
        expect(tableOf(figure, chartsEn).rows.flat().join(), id).not.toMatch(/undefined|null/);
        expect(readingAt(figure, 40, chartsEn), id).not.toMatch(/NaN|undefined|null/);
      }
    }
    expect(diagnose({ steps: run.steps, config: run.config.value }, null)).toEqual([]);
    expect(metricsCsv(run)).not.toMatch(/NaN|undefined|null/);
  });
});

describe("a file of curves", () => {
  const [line = ""] = REAL.split("\n");
  const read = JSON.parse(line);
  const changed = (changes: object) => JSON.stringify({ ...read, ...changes });

  test("is read line by line, in its order", () => {
    const curves = readCurves(REAL, "curves.jsonl");
    expect(curves.map(({ cell }) => cell)).toEqual(["siri-cosine-T80-s0", "grpo-s0", "thinkprune-s0"]);
    expect(readCurves(REAL.replaceAll("\n", "\r\n"), "curves.jsonl")).toEqual(curves);
  });

  test("may lack settings that a later version has added, and have fields that this one does not know", () => {
    const { method: _, ...config } = read.config;
    const [curve] = readCurves(changed({ config, later: 1 }), "curves.jsonl");
    expect(curve!.config).toEqual(composeConfig({ file: read.config }));
    expect(curve).not.toHaveProperty("later");
  });

  const short = read.steps.acc.slice(1);
  test.each([
    ["", "curves.jsonl, line 1 is not JSON; it must be an object that tells of a run"],
    [`${line}\n{"type":"step"`, "curves.jsonl, line 2 is not JSON; it must be an object that tells of a run"],
    ["[]", "curves.jsonl, line 1: cell is missing; it must be there"],
    ["null", "curves.jsonl, line 1 is null; it must be an object that tells of a run"],
    [changed({ cell: "" }), 'curves.jsonl, line 1: cell is ""; it must be a name of up to 120 characters'],
    [changed({ seed: -1 }), /^curves\.jsonl, line 1: seed is -1; it must be a whole number from 0/],
    [
      changed({ steps: { ...read.steps, acc: ["0.5"] } }),
      'curves.jsonl, line 1: steps.acc is ["0.5"]; it must be a list of numbers and nulls',
    ],
    [
      changed({ steps: { ...read.steps, acc: short } }),
      "curves.jsonl, line 1: steps.acc is a list of 44; it must be a list of 45",
    ],
    [
      changed({ evals: { ...read.evals, step: [40, 0] } }),
      "curves.jsonl, line 1: evals.step is [40, 0]; it must be a list of whole numbers from 0 to 45 that rise",
    ],
    [
      changed({ levels: read.levels.slice(1) }),
      "curves.jsonl, line 1: levels is a list of 3; it must be a list of 4",
    ],
    [
      changed({ config: { ...read.config, init: 3 } }),
      /^curves\.jsonl, line 1: in its config, init is 3; it must be/,
    ],
    [line.replace('"cap":[80', '"cap":[1e999'), /^curves\.jsonl, line 1: steps\.cap is a list of 45/],
    [`${line}\n${line}`, 'curves.jsonl: cell is "siri-cosine-T80-s0"; it must be in one line alone'],
    ["{}\n".repeat(MOST_RUNS + 2), /^curves\.jsonl is a file of more than 1000 lines/],
  ])("is refused with the place at fault: %.40s", (text, message) => {
    const error = refusal(text);
    expect(error.code).toBe("input-invalid");
    if (typeof message === "string") expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
  });

  test("whatever it holds gives runs that can be drawn, or an error as data", () => {
    const outcome = (text: string) => {
      try {
        return readCurves(text, "hostile").map((curve) => recordingOf(curve).records.length > 0);
      } catch (error) {
        return error instanceof BellowsError ? error.code : error;
      }
    };
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(outcome(text)).toBe("input-invalid");
      }),
      { numRuns: 100 },
    );
    const paths = pathsOf(read).filter(([first]) => first !== "recipe" && first !== "trained");
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        const text = JSON.stringify(withValue(read, path, value));
        expect([[true], "input-invalid"]).toContainEqual(outcome(text));
      }),
      { numRuns: 300 },
    );
  });
});

type Path = readonly [string, ...string[]];

/** The places of all fields of plain data; of lists, their first item. */
function pathsOf(value: unknown): Path[] {
  if (typeof value !== "object" || value === null) return [];
  const keys = Array.isArray(value) ? Object.keys(value).slice(0, 1) : Object.keys(value);
  return keys.flatMap((key): Path[] => [
    [key],
    ...pathsOf((value as Record<string, unknown>)[key]).map((rest): Path => [key, ...rest]),
  ]);
}

function withValue(data: object, [key, ...rest]: readonly string[], value: unknown): object {
  const copy: Record<string, unknown> = Array.isArray(data) ? ([...data] as never) : { ...data };
  copy[key!] = rest.length === 0 ? value : withValue(copy[key!] as object, rest, value);
  return copy;
}
