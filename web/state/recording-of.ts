import { EVAL_METRICS, STEP_METRICS } from "../../src/compare/rows.ts";
import { exactCapAt, phaseAt } from "../../src/rl/length-schedule.ts";
import { createTask } from "../../src/tasks/registry.ts";
import type { Level } from "../../src/tasks/task.ts";
import type { EvalRecord, Metrics, StepRecord } from "../../src/train/records.ts";
import type { RecordedCurve } from "./curves-file.ts";
import type { Recording } from "./recording.ts";

/**
 * A run of a comparison as if the page had recorded it: its steps and evaluations in the order in which they were logged, with the
 * metrics that its curve has kept. Those that it has not are missing, and there are no responses to look at. The config's
 * `rl.steps` are the steps that it made: where a budget of tokens ends runs, it only bounds them.
 */
export function recordingOf(curve: RecordedCurve): Recording {
  const { config, steps, evals } = curve;
  const count = steps.cap.length;
  const task = createTask(config.task.name, config.task.settings);
  const evaluations = new Map(evals.step.map((step, index) => [step, evalAt(curve, index, task.levels)]));
  const records = steps.cap.flatMap((_, step) => [evaluations.get(step), stepAt(curve, step)]);
  return {
    config: { ...config, rl: { ...config.rl, steps: count } },
    records: [...records, evaluations.get(count)].filter((record) => record !== undefined),
    samples: [],
  };
}

function stepAt({ config: { schedule }, steps }: RecordedCurve, step: number): StepRecord {
  const { cap, ...metrics } = STEP_METRICS;
  const { phase, cycle } = phaseAt(schedule, step);
  return {
    type: "step",
    step,
    cap: steps.cap[step]!,
    exactCap: exactCapAt(schedule, step),
    phase,
    cycle,
    metrics: metricsAt(metrics, steps, step),
    samples: [],
  };
}

/** @param index of the evaluation, from 0. */
function evalAt({ evals, levels }: RecordedCurve, index: number, known: readonly Level[]): EvalRecord {
  const { step, ...metrics } = EVAL_METRICS;
  return {
    type: "eval",
    step: evals.step[index]!,
    metrics: { ...metricsAt(metrics, evals, index), "eval/words/wait": waitAt(evals, index) },
    levels: levels.map(({ acc, length }, level) => ({
      name: known[level]!.name,
      standsFor: known[level]!.standsFor,
      accuracy: acc[index]!,
      standardError: null,
      meanLength: length[index]!,
      truncated: null,
    })),
    examples: [],
  };
}

/** The row of a table, by the names that a run's log has for its columns. */
function metricsAt(
  metrics: Readonly<Record<string, string>>,
  table: Readonly<Record<string, readonly (number | null)[]>>,
  row: number,
): Metrics {
  return Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [metric, table[name]![row]!]));
}

/**
 * "wait" per response, over right and wrong ones: a curve keeps them apart. One of the two is null where no response was right,
 * or none wrong.
 */
function waitAt({ acc, wait_correct, wait_wrong }: RecordedCurve["evals"], index: number): number | null {
  const right = acc[index] ?? null;
  if (right === null) return null;
  const [ofRight, ofWrong] = [wait_correct[index] ?? null, wait_wrong[index] ?? null];
  if ((ofRight === null && right > 0) || (ofWrong === null && right < 1)) return null;
  return right * (ofRight ?? 0) + (1 - right) * (ofWrong ?? 0);
}
