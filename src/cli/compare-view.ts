import type { Cell } from "../compare/cells.ts";
import type { Progress, RunningCell } from "../compare/progress.ts";
import type { FailedCell } from "../compare/report/data.ts";
import type { Row } from "../compare/rows.ts";
import { print, programCall } from "../host/node-program.ts";
import type { JsonObject } from "../io/json.ts";
import type { CellEngine } from "./cell-engine.ts";
import { bar, bold, formatDuration, formatNumber, formatPercent, LiveLine, plural } from "./terminal.ts";

const BAR_COLUMNS = 16;

/** What `bellows compare` shows: a live line and what stays above it, or with `--json` one record a line. */
export class ComparisonView {
  readonly #json: boolean;
  readonly #progress: Progress;
  /** Where there is no terminal, the ends of cells are lines enough. */
  readonly #line = new LiveLine(Number.POSITIVE_INFINITY);
  readonly #begin = performance.now();

  constructor(progress: Progress, json: boolean) {
    this.#progress = progress;
    this.#json = json;
  }

  start(name: string, folder: string, { room: jobs, place }: CellEngine): void {
    const { cells, finished } = this.#progress;
    if (this.#json) {
      print(JSON.stringify({ type: "comparison", name, folder, cells, finished, jobs }));
      return;
    }
    const done = finished > 0 ? `, ${finished} done before` : "";
    print(`${bold(name)}: ${plural(cells, "cell")}${done}, ${place}, in ${folder}; Ctrl-C saves and stops`);
  }

  /** A record that a cell printed: of its training, or a row of its benchmark. */
  record(cell: Cell, record: JsonObject): void {
    this.#progress.record(cell.name, record);
    if (this.#json) print(JSON.stringify({ cell: cell.name, ...record }));
    else if (record.type === "step") this.#line.update(this.#text());
    else if (record.type === "row") this.#line.print(rowLine(record as unknown as Row));
  }

  /** A cell crashed and is tried again. */
  retry(cell: Cell, attempt: number, error: string): void {
    if (this.#json) print(JSON.stringify({ type: "retry", cell: cell.name, attempt, error }));
    else this.#line.print(`${cell.name} crashed (${error}); it goes on from what is saved`);
  }

  /** A cell is done, or given up with this error. */
  ended(cell: Cell, error: string | null): void {
    this.#progress.finish(cell.name);
    const { finished, cells } = this.#progress;
    if (this.#json) {
      print(JSON.stringify({ type: "cell", cell: cell.name, finished, cells, error }));
      return;
    }
    const outcome = error === null ? "done" : `${bold("failed")}: ${error}`;
    this.#line.print(`${cell.name} ${outcome}  ${this.#text()}`);
  }

  interrupted(): void {
    if (!this.#json) this.#line.print("stopping: what runs saves its step; Ctrl-C again stops at once");
  }

  /** @param again arguments that go on. */
  stopped(folder: string, again: string): void {
    this.#line.clear();
    if (this.#json) this.#end(folder, true, []);
    else print(`go on:      ${programCall()} ${again}`);
  }

  finish(folder: string, failed: readonly FailedCell[], again: string): void {
    this.#line.clear();
    if (this.#json) {
      this.#end(folder, false, failed);
      return;
    }
    for (const { cell, error } of failed) print(`${bold("failed:")} ${cell}: ${error}`);
    print(`report:     ${folder}/report.html`);
    if (failed.length > 0) print(`try again:  ${programCall()} ${again}`);
  }

  #end(folder: string, stopped: boolean, failed: readonly FailedCell[]): void {
    print(JSON.stringify({ type: "end", folder, stopped, failed, seconds: this.#seconds }));
  }

  get #seconds(): number {
    return (performance.now() - this.#begin) / 1000;
  }

  #text(): string {
    const { fraction, finished, cells, tokens, running } = this.#progress;
    const left = this.#progress.secondsLeft(this.#seconds);
    return [
      `${bar(fraction, BAR_COLUMNS)} ${finished}/${cells} cells`,
      `${formatNumber(tokens / this.#seconds, 0)} tokens/s`,
      `${left === null ? "?" : formatDuration(left)} left`,
      ...running.map(runningText),
    ].join("  ");
  }
}

function runningText({ name, step, accuracy, length }: RunningCell): string {
  return `${name}: step ${step}, right ${formatPercent(accuracy)}, length ${formatNumber(length, 1)}`;
}

function rowLine({ cell, checkpoint, step, metrics }: Row): string {
  const accuracy = formatNumber(metrics["eval/acc"], 3);
  const length = formatNumber(metrics["eval/mean_length"], 1);
  return `${cell} ${checkpoint} (step ${step}): right ${accuracy}, length ${length}`;
}
