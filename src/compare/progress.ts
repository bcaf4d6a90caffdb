import { isJsonObject, type JsonObject } from "../io/json.ts";
import type { Cell } from "./cells.ts";
import type { Budget } from "./matrix.ts";

/** A record that a cell printed; null for what is none, e.g. the half of a line that a cell leaves when it is killed. */
export function parseRecord(line: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** What a cell at work said last. */
export interface RunningCell {
  readonly name: string;
  /** Steps done. */
  readonly step: number;
  readonly accuracy: number | null;
  /** Tokens. */
  readonly length: number | null;
}

/** Where a cell stands, in fractions of its budget. */
interface Standing {
  done: number;
  /** What was done before this call of the program. */
  before: number | null;
  running: RunningCell | null;
}

/** How far a comparison is: counts what cells spend of their budgets, which are equal. Benchmarks count nothing. */
export class Progress {
  readonly #budget: Budget;
  readonly #standings = new Map<string, Standing>();
  readonly #trained: number;
  readonly #cells: number;
  #finished: number;
  #tokens = 0;

  /** @param finished names of the cells that are done already. */
  constructor(cells: readonly Cell[], finished: ReadonlySet<string>, budget: Budget) {
    this.#budget = budget;
    this.#cells = cells.length;
    this.#finished = finished.size;
    const training = cells.filter((cell) => cell.trains);
    this.#trained = training.length;
    for (const { name } of training) {
      const done = finished.has(name) ? 1 : 0;
      this.#standings.set(name, { done, before: done === 1 ? 1 : null, running: null });
    }
  }

  get cells(): number {
    return this.#cells;
  }

  /** Cells that are done or given up. */
  get finished(): number {
    return this.#finished;
  }

  /** Tokens that this call of the program has generated in training. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Done of all there is to do, from 0 to 1. */
  get fraction(): number {
    return this.#mean(({ done }) => done, this.#finished / this.#cells);
  }

  get running(): RunningCell[] {
    return [...this.#standings.values()].flatMap(({ running }) => running ?? []);
  }

  /** A record of a cell's training: a line of its log. */
  record(cell: string, line: JsonObject): void {
    const standing = this.#standings.get(cell);
    if (line.type !== "step" || standing === undefined) return;
    const number = (name: string) => (typeof line[name] === "number" ? (line[name] as number) : null);
    const generated = number("tokens/generated") ?? 0;
    const step = (number("step") ?? 0) + 1;
    const seconds = (number("time/gen") ?? 0) + (number("time/update") ?? 0);
    const { tokens, steps } = this.#budget;
    if (tokens !== undefined)
      this.#spend(standing, (number("tokens/generated_total") ?? 0) / tokens, generated / tokens);
    else if (steps !== undefined) this.#spend(standing, step / steps, 1 / steps);
    else
      this.#spend(standing, standing.done + seconds / this.#budget.seconds!, seconds / this.#budget.seconds!);
    this.#tokens += generated;
    standing.running = {
      name: cell,
      step,
      accuracy: number("acc"),
      length: number("completions/mean_length"),
    };
  }

  /** A cell is done or given up. */
  finish(cell: string): void {
    this.#finished += 1;
    const standing = this.#standings.get(cell);
    if (standing === undefined) return;
    standing.before = (standing.before ?? standing.done) + 1 - standing.done; // what was not spent was no work
    standing.done = 1;
    standing.running = null;
  }

  /** Seconds to go, by the pace since the start of this call; null before there is one. */
  secondsLeft(elapsed: number): number | null {
    const now = this.#mean(({ done, before }) => done - (before ?? done), 0);
    return now > 0 ? ((1 - this.fraction) / now) * elapsed : null;
  }

  #spend(standing: Standing, done: number, byThisStep: number): void {
    standing.done = Math.min(1, done);
    standing.before ??= Math.max(0, done - byThisStep);
  }

  #mean(pick: (standing: Standing) => number, ofNone: number): number {
    if (this.#trained === 0) return ofNone;
    return [...this.#standings.values()].reduce((sum, standing) => sum + pick(standing), 0) / this.#trained;
  }
}
