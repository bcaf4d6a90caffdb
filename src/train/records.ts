import type { Phase } from "../rl/length-schedule.ts";
import type { Difference } from "./config-diff.ts";

/** A number with a name that users of RL trainers know; null where it does not apply. */
export type Metrics = Readonly<Record<string, number | null>>;

/** One rollout, as it is logged. */
export interface SampleRecord {
  readonly step: number;
  readonly group: number;
  readonly sample: number;
  readonly level: number;
  readonly prompt: string;
  readonly response: string;
  /** Token ids of the response, end token included. */
  readonly tokens: readonly number[];
  /** Log-prob of each token under the sampling distribution, in nats. */
  readonly logprobs: readonly number[];
  /** Entropy of the distribution that each token was drawn from, in nats. */
  readonly entropies: readonly number[];
  readonly answer: string;
  readonly prediction: string | null;
  readonly correct: boolean;
  readonly reward: number | null;
  readonly advantage: number;
  readonly length: number;
  readonly truncated: boolean;
  readonly cap: number;
}

/** One step is done: a rollout under L(step), scored, and the updates that followed. */
export interface StepRecord {
  readonly type: "step";
  /** From 0. */
  readonly step: number;
  readonly cap: number;
  /** The cap before rounding. */
  readonly exactCap: number;
  readonly phase: Phase;
  readonly cycle: number;
  readonly metrics: Metrics;
  /** Every rollout of the step, where the step is one that is logged whole. */
  readonly samples: readonly SampleRecord[];
}

/** A response of the evaluation, to look at. */
export interface Example {
  readonly level: number;
  readonly prompt: string;
  readonly response: string;
  readonly answer: string;
  readonly correct: boolean;
  readonly length: number;
  readonly truncated: boolean;
}

/** How the policy does on one difficulty. */
export interface LevelResult {
  readonly name: string;
  readonly standsFor: string;
  readonly accuracy: number;
  /** Over problems. */
  readonly standardError: number | null;
  readonly meanLength: number;
  /** Share of responses that were cut off; null where it was not kept. */
  readonly truncated: number | null;
}

/** An evaluation at L_max of the policy that `step` updates have made. */
export interface EvalRecord {
  readonly type: "eval";
  readonly step: number;
  readonly metrics: Metrics;
  readonly levels: readonly LevelResult[];
  readonly examples: readonly Example[];
}

/** Something that the user should know, with no need to stop. */
export interface WarningRecord {
  readonly type: "warning";
  readonly step: number;
  readonly code: string;
  readonly message: string;
}

/** One update on a batch of teacher traces is done (src/train/sft.ts). */
export interface SftRecord {
  readonly type: "sft";
  /** From 0. */
  readonly step: number;
  readonly metrics: Metrics;
}

/** A setting that was changed while a run was under way. */
export interface MarkerRecord {
  readonly type: "marker";
  /** The first step under the new value. */
  readonly step: number;
  readonly changes: readonly Difference[];
}

/**
 * The changes of settings that a run's log no longer has once the run is back at an earlier step, as of that step: its config is
 * the newest one all the same, so they hold from there on.
 * @param before records of the log, or lines of it.
 * @param after likewise, once it was cut.
 */
export function markersLost<T extends { readonly type?: unknown }>(
  before: readonly T[],
  after: readonly T[],
  step: number,
): (T & { readonly step: number })[] {
  const markersIn = (records: readonly T[]) => records.filter(({ type }) => type === "marker");
  return markersIn(before)
    .slice(markersIn(after).length)
    .map((marker) => ({ ...marker, step }));
}

/** A part of a step is done: for those who watch a step happen. Between phases the state is not to be saved. */
export interface PhaseRecord {
  readonly type: "phase";
  readonly step: number;
  readonly cap: number;
  /** `rollout`: the responses are there, not yet judged by their readers; `score`: rewards and advantages too. */
  readonly done: "rollout" | "score";
  /** Every rollout of the step, scored already in both phases. */
  readonly samples: readonly SampleRecord[];
}

export type TrainerRecord = StepRecord | EvalRecord | WarningRecord;

/** Everything that the log of a run holds. */
export type RunRecord = TrainerRecord | SftRecord | MarkerRecord;

/** A line of `metrics.jsonl`: a record with its metrics at the top level and without its samples. */
export type LogLine = { readonly type: RunRecord["type"]; readonly step: number } & Readonly<
  Record<string, unknown>
>;

export function logLine(record: RunRecord): LogLine {
  switch (record.type) {
    case "step": {
      const { type, step, cap, exactCap, phase, cycle, metrics } = record;
      return { type, step, cap, exact_cap: exactCap, phase, cycle, ...metrics };
    }
    case "eval": {
      const { type, step, metrics, levels, examples } = record;
      return { type, step, ...metrics, levels, examples };
    }
    case "sft": {
      const { type, step, metrics } = record;
      return { type, step, ...metrics };
    }
    case "marker":
    case "warning":
      return { ...record };
  }
}
