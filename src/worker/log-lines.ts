import type { JsonObject } from "../io/json.ts";
import type { EvalRecord, Metrics, RunRecord, SampleRecord, StepRecord } from "../train/records.ts";

/** The record that a line was made of (`logLine` of src/train/records.ts), without samples; null for a line of a kind that this version does not know. */
export function recordOf(line: JsonObject): RunRecord | null {
  // The lines are bellows' own: what a hand has changed in them shows in the charts, and does no harm.
  switch (line.type) {
    case "step": {
      const { type, step, cap, exact_cap: exactCap, phase, cycle, ...metrics } = line;
      return {
        type,
        step,
        cap,
        exactCap,
        phase,
        cycle,
        metrics: numbers(metrics),
        samples: [],
      } as StepRecord;
    }
    case "eval": {
      const { type, step, levels = [], examples = [], ...metrics } = line;
      return { type, step, levels, examples, metrics: numbers(metrics) } as unknown as EvalRecord;
    }
    case "sft": {
      const { type, step, ...metrics } = line;
      return { type, step: Number(step), metrics: numbers(metrics) };
    }
    case "marker":
    case "warning":
      return line as unknown as RunRecord;
    default:
      return null;
  }
}

/** The lines of `metrics.jsonl` as records, in order. */
export function recordsOf(lines: readonly JsonObject[]): RunRecord[] {
  return lines.map(recordOf).filter((record) => record !== null);
}

/** The lines of `samples.jsonl`; runs of earlier versions logged no entropies. */
export function samplesOf(lines: readonly JsonObject[]): SampleRecord[] {
  return lines.map((line) => ({ entropies: [], ...line }) as unknown as SampleRecord);
}

function numbers(metrics: JsonObject): Metrics {
  return Object.fromEntries(
    Object.entries(metrics).filter(
      (entry): entry is [string, number | null] => entry[1] === null || typeof entry[1] === "number",
    ),
  );
}
