import type { Gpu } from "../gpu/device.ts";
import { print, programCall } from "../host/node-program.ts";
import type { Variants } from "../model/variants.ts";
import type { Config } from "../train/config.ts";
import type { Preflight } from "../train/preflight.ts";
import { type EvalRecord, logLine, type StepRecord, type TrainerRecord } from "../train/records.ts";
import type { RunView } from "./run.ts";
import {
  bar,
  bold,
  dim,
  formatBytes,
  formatDuration,
  formatNumber,
  formatPercent,
  INTERRUPTED_TEXT,
  LiveLine,
  plural,
} from "./terminal.ts";

const BAR_COLUMNS = 16;
/** About how many plain lines a run prints where there is no terminal. */
const PLAIN_LINES = 60;
/** Steps over which the rate for the estimated time is taken. */
const RATE_STEPS = 20;

/** Bytes of all GPU buffers, and of the process; a software adapter has its buffers in the process. */
export interface Memory {
  readonly gpuBytes: number;
  readonly residentBytes: number;
}

/** What `bellows train` shows: a live line and what stays above it, or with `--json` one record a line. */
export class TrainingView implements RunView<TrainerRecord> {
  readonly #config: Config;
  readonly #json: boolean;
  readonly #line: LiveLine;
  /** When each of the last steps ended, in milliseconds. */
  readonly #ends: number[] = [];
  #first: EvalRecord | undefined;
  #last: EvalRecord | undefined;
  #predicted: Memory | undefined;
  #begin = performance.now();

  constructor(config: Config, json: boolean) {
    this.#config = config;
    this.#json = json;
    this.#line = new LiveLine(Math.max(1, Math.round(config.rl.steps / PLAIN_LINES)));
  }

  device({ adapter }: Gpu, variants: Variants): void {
    if (this.#json) return;
    const kind = adapter.software ? "software adapter" : "GPU";
    const chosen = Object.entries(variants).map(([name, value]) => `${name}=${value}`);
    print(`${kind}: ${adapter.device || adapter.description}  ${dim(`kernels: ${chosen.join(", ")}`)}`);
  }

  readonly compiling = (done: number, total: number, label: string): void => {
    if (this.#json) return;
    const line = this.#compileLine;
    if (done < total)
      line.update(`compiling kernels ${bar(done / total, BAR_COLUMNS)} ${done}/${total}  ${label}`);
    else line.clear();
  };

  readonly #compileLine = new LiveLine(Number.POSITIVE_INFINITY);

  preflight(found: Preflight & Memory): void {
    this.#predicted = found;
    if (this.#json) {
      print(JSON.stringify({ type: "preflight", ...found }));
      return;
    }
    const { lmin, lmax } = found;
    print(
      `the starting policy: ${formatPercent(found.accuracyAtLmax)} right within ${lmax} tokens, ` +
        `mean length ${found.meanLength.toFixed(1)}`,
    );
    print(
      `predicted: at L = ${lmax} ${formatPercent(found.truncatedAtLmax)} cut and ${formatPercent(found.deadGroupsAtLmax)} of groups ` +
        `dead; at L = ${lmin} ${formatPercent(found.truncatedAtLmin)} cut and ${formatPercent(found.deadGroupsAtLmin)} dead; ` +
        `${memoryLine(found)}; about ${formatDuration(found.seconds)}`,
    );
    for (const { message } of found.warnings) print(`${bold("warning:")} ${message}`);
  }

  start(run: string, step: number): void {
    this.#begin = performance.now();
    if (this.#json) return;
    const { schedule, rl } = this.#config;
    const from = step > 0 ? ` from step ${step}` : "";
    print(
      `${bold(run)}: ${plural(rl.steps, "step")}${from}, ${schedule.kind} budget, Ctrl-C saves and stops`,
    );
    print();
  }

  show(record: TrainerRecord): void {
    if (this.#json) {
      print(JSON.stringify(logLine(record)));
      return;
    }
    switch (record.type) {
      case "step":
        this.#showStep(record);
        break;
      case "eval":
        this.#first ??= record;
        this.#last = record;
        this.#line.print(evalLine(record));
        break;
      case "warning":
        this.#line.print(`${bold("warning:")} ${record.message}`);
    }
  }

  interrupted(): void {
    if (!this.#json) this.#line.print(INTERRUPTED_TEXT);
  }

  /** Takes the live line off the terminal. */
  clear(): void {
    this.#line.clear();
  }

  /** What came of it, and where it lies. */
  finish(run: string, memory: Memory): void {
    const seconds = (performance.now() - this.#begin) / 1000;
    if (this.#json) {
      print(JSON.stringify({ type: "end", run, seconds, ...memory }));
      return;
    }
    print();
    const [before, after] = [this.#first, this.#last];
    if (before !== undefined && after !== undefined && before !== after) {
      const accuracy = (record: EvalRecord) => formatPercent(record.metrics["eval/acc"]);
      const length = (record: EvalRecord) => formatNumber(record.metrics["eval/mean_length"], 1);
      print(
        bold(
          `${accuracy(before)} right with ${length(before)} tokens before, ` +
            `${accuracy(after)} with ${length(after)} tokens after ${plural(after.step, "step")}`,
        ),
      );
    }
    const predicted = this.#predicted === undefined ? "" : ` (predicted: ${memoryLine(this.#predicted)})`;
    print(dim(`${formatDuration(seconds)}; ${memoryLine(memory)}${predicted}`));
    print(`report:     ${run}/report.html`);
    print(`look:       ${programCall()} sample ${run}`);
    print(`go on:      ${programCall()} train --resume ${run} --steps ${this.#config.rl.steps * 2}`);
  }

  /** Steps that the run will have made: fewer than it may, where its tokens are spent before. */
  #expectedSteps({ step, metrics }: StepRecord): number {
    const { steps, tokenBudget } = this.#config.rl;
    const generated = metrics["tokens/generated_total"] ?? 0;
    if (tokenBudget === 0 || generated === 0) return steps;
    return Math.min(steps, Math.ceil(((step + 1) * tokenBudget) / generated));
  }

  #showStep(record: StepRecord): void {
    const done = record.step + 1;
    const steps = this.#expectedSteps(record);
    this.#ends.push(performance.now());
    if (this.#ends.length > RATE_STEPS) this.#ends.shift();
    const span = this.#ends.at(-1)! - this.#ends[0]!;
    const perStep = this.#ends.length > 1 ? span / (this.#ends.length - 1) / 1000 : Number.NaN;
    const m = record.metrics;
    this.#line.update(
      [
        `${String(done).padStart(String(steps).length)}/${steps} ${bar(done / steps, BAR_COLUMNS)}`,
        `${record.phase.padEnd(8)} L ${record.cap}`,
        `length ${formatNumber(m["completions/mean_length"], 1)}`,
        `right ${formatPercent(m.acc)}`,
        `entropy ${formatNumber(m.entropy, 3)}`,
        `${formatNumber(m.tokens_per_s, 0)} tokens/s`,
        `${formatDuration((steps - done) * perStep)} left`,
      ].join("  "),
      done === steps,
    );
  }
}

function memoryLine({ gpuBytes, residentBytes }: Memory): string {
  return `${formatBytes(gpuBytes)} in GPU buffers, ${formatBytes(residentBytes)} in the process`;
}

function evalLine(record: EvalRecord): string {
  const m = record.metrics;
  const levels = record.levels.map(({ accuracy }) => accuracy.toFixed(2)).join(" ");
  const words = `wait ${formatNumber(m["eval/words/wait_correct"], 2)} right, ${formatNumber(m["eval/words/wait_wrong"], 2)} wrong`;
  return (
    `step ${String(record.step).padStart(4)}  ${bold(`right ${formatNumber(m["eval/acc"], 3)}`)} ± ` +
    `${formatNumber(m["eval/acc_se"], 3)} [${levels}]  length ${formatNumber(m["eval/mean_length"], 1)}  ` +
    `cut ${formatPercent(m["eval/clipped_ratio"])}  ${words}`
  );
}
