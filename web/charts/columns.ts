import { capAt } from "../../src/rl/length-schedule.ts";
import type { Config } from "../../src/train/config.ts";
import type { EvalRecord, Metrics, SftRecord, StepRecord } from "../../src/train/records.ts";
import type { RunView } from "../state/run-view.ts";
import type { Column } from "./figure.ts";
import { smooth } from "./series.ts";

/** Numbers without end, in an array that doubles. */
class Growing {
  #buffer = new Float64Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Those that are there; a view that is good until the next push. */
  get values(): Float64Array {
    return this.#buffer.subarray(0, this.#length);
  }

  push(value: number): void {
    if (this.#length === this.#buffer.length) {
      const larger = new Float64Array(2 * this.#length);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    this.#buffer[this.#length++] = value;
  }
}

/**
 * A run's metrics as columns. They are read from its records once and grow with them, so that drawing a frame costs what is new
 * and what is visible, not what there is.
 */
export class RunColumns {
  readonly #run: RunView;
  readonly #columns = new Map<string, Growing>();
  readonly #smoothed = new Map<string, Float64Array>();
  #plan: { schedule: Config["schedule"]; caps: Float64Array } | null = null;

  constructor(run: RunView) {
    this.#run = run;
  }

  /** The budget of each training step. */
  get caps(): Column {
    return this.#over("step", this.#run.steps, "cap", (record) => record.cap);
  }

  /** A metric of training steps, e.g. `acc`. */
  training(name: string): Column {
    return this.#over("step", this.#run.steps, name, (record) => metric(record, name));
  }

  /** A metric of evaluations, e.g. `eval/acc`. */
  evaluation(name: string): Column {
    return this.#over("eval", this.#run.evals, name, (record) => metric(record, name));
  }

  /** Accuracy on one difficulty, and its standard error. */
  level(level: number): Column & { readonly errors: Float64Array } {
    const pick =
      (field: "accuracy" | "standardError") =>
      ({ levels }: EvalRecord) =>
        levels[level]?.[field] ?? Number.NaN;
    const accuracy = this.#over("eval", this.#run.evals, `level ${level}`, pick("accuracy"));
    const errors = this.#over("eval", this.#run.evals, `level ${level} error`, pick("standardError"));
    return { ...accuracy, errors: errors.values };
  }

  /** A metric of SFT updates. */
  lesson(name: string): Column {
    return this.#over("sft", this.#run.lessons, name, (record) => metric(record, name));
  }

  /** The exponential mean of a training metric or a lesson's; into an array that is used again. */
  smoothed({ values }: Column, key: string, factor: number): Float64Array {
    let out = this.#smoothed.get(key);
    if (out === undefined || out.length < values.length) {
      out = new Float64Array(2 * values.length);
      this.#smoothed.set(key, out);
    }
    const view = out.subarray(0, values.length);
    smooth(values, factor, view);
    return view;
  }

  /** The budget by the schedule as it is set now, for steps in [begin, end). */
  ahead(begin: number, end: number): Column {
    const { schedule } = this.#run.config.value;
    if (this.#plan?.schedule !== schedule || this.#plan.caps.length < end) {
      this.#plan = { schedule, caps: Float64Array.from({ length: end }, (_, step) => capAt(schedule, step)) };
    }
    const caps = this.#plan.caps.subarray(begin, end);
    return { steps: Float64Array.from(caps, (_, index) => begin + index), values: caps };
  }

  #over<R extends { readonly step: number }>(
    kind: string,
    records: readonly R[],
    name: string,
    pick: (record: R) => number,
  ): Column {
    const steps = this.#grown(`${kind} steps`, records, (record) => record.step);
    return { steps, values: this.#grown(`${kind}: ${name}`, records, pick) };
  }

  #grown<R>(key: string, records: readonly R[], pick: (record: R) => number): Float64Array {
    let column = this.#columns.get(key);
    if (column === undefined) {
      column = new Growing();
      this.#columns.set(key, column);
    }
    for (let index = column.length; index < records.length; index++) column.push(pick(records[index]!));
    return column.values;
  }
}

function metric({ metrics }: StepRecord | EvalRecord | SftRecord, name: string): number {
  return (metrics as Metrics)[name] ?? Number.NaN;
}

const columns = new WeakMap<RunView, RunColumns>();

/** The columns of a run; the same object each time. */
export function columnsOf(run: RunView): RunColumns {
  let found = columns.get(run);
  if (found === undefined) {
    found = new RunColumns(run);
    columns.set(run, found);
  }
  return found;
}
