import { readFileSync } from "node:fs";
import type { Fields, ReportData } from "../../src/io/report/data.ts";
import { capAt, type LengthSchedule, phaseAt } from "../../src/rl/length-schedule.ts";

/** The log of a real run: 160 steps, nine evaluations (test/fixtures/report/make_metrics.py). */
export const REAL_LINES: readonly Fields[] = readFileSync(
  new URL("../fixtures/report/metrics.jsonl", import.meta.url),
  "utf8",
)
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));

export const REAL_CONFIG: Fields = {
  seed: 0,
  schedule: { kind: "stair-cosine", lmax: 80, lmin: 40, cycle: 160, stages: [] },
  rl: { steps: 160, groupSize: 8 },
};

export function dataOf(lines: readonly Fields[], config: Fields = REAL_CONFIG): ReportData {
  return { name: "a-run", task: "Sums.", config, lines, environment: { adapter: { vendor: "mesa" } } };
}

export const COSINE: LengthSchedule = {
  kind: "cosine",
  lmax: 80,
  lmin: 40,
  cycle: 80,
  compression: 0.5,
  alignment: "half",
  stages: [],
};

export function stepLine(step: number, metrics: Fields = {}, schedule = COSINE): Fields {
  const { phase, cycle } = phaseAt(schedule, step);
  return { type: "step", step, cap: capAt(schedule, step), phase, cycle, ...metrics };
}

export function evalLine(
  step: number,
  accuracy: number | null,
  length: number | null,
  more: Fields = {},
): Fields {
  return {
    type: "eval",
    step,
    "eval/acc": accuracy,
    "eval/mean_length": length,
    "eval/acc_se": 0.01,
    ...more,
  };
}

/** Lines of a run whose length is half of what the cap was `lag` steps before, evaluated every 10 steps. */
export function breathingLines(steps: number, lag: number, schedule = COSINE): Fields[] {
  const lengthAt = (step: number) => capAt(schedule, Math.max(0, step - lag)) / 2;
  const lines: Fields[] = [];
  for (let step = 0; step <= steps; step++) {
    if (step % 10 === 0) lines.push(evalLine(step, 0.4 + step / 1000, lengthAt(step)));
    if (step < steps) lines.push(stepLine(step, { "completions/mean_length": lengthAt(step) }, schedule));
  }
  return lines;
}
