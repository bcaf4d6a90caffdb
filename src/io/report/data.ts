import { BellowsError } from "../../errors.ts";
import { shown } from "../json.ts";

/** All that a report is made of. */
export interface ReportData {
  /** Name of the run. */
  readonly name: string;
  /** What the problems are, in a sentence or two; "" if that is not known. */
  readonly task: string;
  readonly config: Fields;
  /** The lines of `metrics.jsonl`, parsed. */
  readonly lines: readonly Fields[];
  /** What the run ran on: adapter, versions; shown as it is. */
  readonly environment: Fields;
}

/** Plain data that may have any fields. */
export type Fields = Readonly<Record<string, unknown>>;

export type Phase = "compress" | "hold" | "expand";

/** A training step. Lengths in tokens, shares as fractions, times in seconds; null where it was not measured. */
export interface StepPoint {
  /** From 0: this step's rollout is of the policy that so many updates have made. */
  readonly step: number;
  readonly cap: number;
  readonly phase: Phase;
  /** From 0. */
  readonly cycle: number;
  readonly length: number | null;
  /** Share of responses that were cut off. */
  readonly truncated: number | null;
  /** Share of right responses under the cap. */
  readonly accuracy: number | null;
  /** Share of groups in which no response is better than another. */
  readonly dead: number | null;
  /** Nats per token. */
  readonly entropy: number | null;
  /** Updates that were left out because their gradient was not finite. */
  readonly skipped: number | null;
  /** Tokens sampled in this step. */
  readonly tokens: number | null;
  readonly seconds: number | null;
}

/** An evaluation at L_max of the policy that `step` updates have made. */
export interface EvalPoint {
  readonly step: number;
  readonly accuracy: number | null;
  /** Standard error of the accuracy, over problems. */
  readonly error: number | null;
  readonly length: number | null;
  readonly truncated: number | null;
  /** Times `wait` per response; of the right ones; of the wrong ones. */
  readonly wait: number | null;
  readonly waitRight: number | null;
  readonly waitWrong: number | null;
  readonly seconds: number | null;
  readonly levels: readonly LevelPoint[];
  readonly examples: readonly ExampleText[];
}

export interface LevelPoint {
  readonly name: string;
  readonly standsFor: string;
  readonly accuracy: number | null;
  readonly error: number | null;
  readonly length: number | null;
  readonly truncated: number | null;
}

/** A response of an evaluation. */
export interface ExampleText {
  /** Index into the levels. */
  readonly level: number;
  readonly prompt: string;
  readonly response: string;
  readonly answer: string;
  readonly correct: boolean;
  readonly length: number;
  readonly truncated: boolean;
}

export interface WarningText {
  readonly step: number;
  readonly message: string;
}

/** Settings that were changed in mid-run. */
export interface ChangeText {
  /** The first step under the new values. */
  readonly step: number;
  readonly settings: readonly { readonly path: string; readonly from: string; readonly to: string }[];
}

/** The log of a run, sorted by step. */
export interface RunLog {
  readonly steps: readonly StepPoint[];
  readonly evals: readonly EvalPoint[];
  readonly warnings: readonly WarningText[];
  readonly changes: readonly ChangeText[];
}

/**
 * Reads the lines of `metrics.jsonl`. Metrics may be missing or null; of two lines for one step the later counts.
 * @throws BellowsError `input-invalid` for a line whose step, or a step whose cap, is not a number.
 */
export function parseLog(lines: readonly Fields[]): RunLog {
  const steps = new Map<number, StepPoint>();
  const evals = new Map<number, EvalPoint>();
  const warnings: WarningText[] = [];
  const changes: ChangeText[] = [];
  for (const [index, line] of lines.entries()) {
    const { type } = line;
    if (type !== "step" && type !== "eval" && type !== "warning" && type !== "marker") continue;
    const step = wanted(line, "step", index);
    if (type === "step") steps.set(step, readStep(line, step, index));
    else if (type === "eval") evals.set(step, readEval(line, step));
    else if (type === "marker") changes.push(readChange(line, step));
    else warnings.push({ step, message: text(line.message) });
  }
  return { steps: inOrder(steps), evals: inOrder(evals), warnings, changes };
}

/** A number somewhere in the config, e.g. `rl.steps`; null where there is none. */
export function numberIn(config: Fields, path: string): number | null {
  let value: unknown = config;
  for (const name of path.split(".")) value = isFields(value) ? value[name] : undefined;
  return number(value);
}

function readStep(line: Fields, step: number, index: number): StepPoint {
  const { phase } = line;
  return {
    step,
    cap: wanted(line, "cap", index),
    phase: phase === "compress" || phase === "expand" ? phase : "hold",
    cycle: number(line.cycle) ?? 0,
    length: number(line["completions/mean_length"]),
    truncated: number(line["completions/clipped_ratio"]),
    accuracy: number(line.acc),
    dead: number(line.frac_reward_zero_std),
    entropy: number(line.entropy),
    skipped: number(line.grad_skipped),
    tokens: number(line["tokens/generated"]),
    seconds: sum([number(line["time/gen"]), number(line["time/update"])]),
  };
}

function readEval(line: Fields, step: number): EvalPoint {
  return {
    step,
    accuracy: number(line["eval/acc"]),
    error: number(line["eval/acc_se"]),
    length: number(line["eval/mean_length"]),
    truncated: number(line["eval/clipped_ratio"]),
    wait: number(line["eval/words/wait"]),
    waitRight: number(line["eval/words/wait_correct"]),
    waitWrong: number(line["eval/words/wait_wrong"]),
    seconds: number(line["time/eval"]),
    levels: list(line.levels).map((level) => ({
      name: text(level.name),
      standsFor: text(level.standsFor),
      accuracy: number(level.accuracy),
      error: number(level.standardError),
      length: number(level.meanLength),
      truncated: number(level.truncated),
    })),
    examples: list(line.examples).map((example) => ({
      level: number(example.level) ?? 0,
      prompt: text(example.prompt),
      response: text(example.response),
      answer: text(example.answer),
      correct: example.correct === true,
      length: number(example.length) ?? 0,
      truncated: example.truncated === true,
    })),
  };
}

function readChange(line: Fields, step: number): ChangeText {
  const settings = list(line.changes).map(({ path, from, to }) => ({
    path: text(path),
    from: shown(from),
    to: shown(to),
  }));
  return { step, settings };
}

/** The sum of those that are there; null where none is. */
export function sum(values: readonly (number | null)[]): number | null {
  const there = values.filter((value) => value !== null);
  return there.length === 0 ? null : there.reduce((total, value) => total + value, 0);
}

function inOrder<P extends { readonly step: number }>(points: ReadonlyMap<number, P>): P[] {
  return [...points.values()].sort((a, b) => a.step - b.step);
}

function wanted(line: Fields, field: string, index: number): number {
  const value = line[field];
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw new BellowsError(
    "input-invalid",
    `line ${index + 1} of the metrics: ${field} is ${shown(value)}; it must be a number from 0`,
    { field },
  );
}

function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
