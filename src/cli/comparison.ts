import type { Cell } from "../compare/cells.ts";
import { gather, readTimes, writeTimes } from "../compare/folder.ts";
import type { Matrix } from "../compare/matrix.ts";
import { ATTEMPTS, type Attempt, runPool } from "../compare/pool.ts";
import { Progress, parseRecord } from "../compare/progress.ts";
import type { FailedCell, Times } from "../compare/report/data.ts";
import { writeComparisonReport } from "../compare/report/report.ts";
import {
  type Child,
  exit,
  INTERRUPTED_STATUS,
  onInterrupt,
  type Place,
  programCall,
} from "../host/node-program.ts";
import type { CellEngine } from "./cell-engine.ts";
import { ComparisonView } from "./compare-view.ts";

/** What is to be compared, and where. */
export interface ComparisonPlan {
  readonly matrix: Matrix;
  readonly folder: Place;
  /** The file of the matrix, as it was named. */
  readonly file: string;
  readonly cells: readonly Cell[];
}

/** A comparison at work: has an engine run cells, and gathers their results. */
export class Comparison {
  readonly #plan: ComparisonPlan;
  /** Cells that are not done yet. */
  readonly #todo: readonly Cell[];
  readonly #engine: CellEngine;
  readonly #view: ComparisonView;
  readonly #children = new Set<Child>();
  /** Of cells that were given up, by name. */
  readonly #errors = new Map<string, string>();
  /** Cells end at any time; their results are gathered one after the other. */
  #gathered: Promise<unknown> = Promise.resolve();
  #isStopped = false;
  /** When the seconds of this comparison were put down last. */
  #counted = performance.now();

  /**
   * @param finished names of the cells that are done already.
   * @param json prints records in place of text.
   */
  constructor(plan: ComparisonPlan, engine: CellEngine, finished: ReadonlySet<string>, json: boolean) {
    this.#plan = plan;
    this.#engine = engine;
    this.#todo = plan.cells.filter(({ name }) => !finished.has(name));
    this.#view = new ComparisonView(new Progress(plan.cells, finished, plan.matrix.budget), json);
  }

  /**
   * Returns the exit status: 1 where a cell failed.
   * @throws BellowsError where the engine is gone, after a report on what was done by then.
   */
  async run(): Promise<number> {
    const { matrix, folder } = this.#plan;
    this.#view.start(matrix.name, folder.shown, this.#engine);
    const stopListening = onInterrupt(() => this.#stop());
    try {
      await runPool(this.#todo, {
        jobs: Math.min(this.#engine.jobs, this.#todo.length),
        isStopped: () => this.#isStopped,
        run: (cell, attempt) => this.#attempt(cell, attempt),
        ended: (cell, attempt) => this.#ended(cell, attempt),
      });
    } finally {
      stopListening();
      await this.#gathered;
      await this.#report();
    }
    const again = ["compare", "--resume", folder.shown, ...this.#engine.flags].join(" ");
    if (this.#isStopped) {
      this.#view.stopped(folder.shown, again);
      return INTERRUPTED_STATUS;
    }
    const failed = this.#failed();
    this.#view.finish(folder.shown, failed, again);
    return failed.length > 0 ? 1 : 0;
  }

  #failed(): FailedCell[] {
    return this.#plan.cells.flatMap(({ name: cell }) => {
      const error = this.#errors.get(cell);
      return error === undefined ? [] : [{ cell, error }];
    });
  }

  #stop(): void {
    if (this.#isStopped) exit(INTERRUPTED_STATUS); // the second time in earnest; the children notice
    this.#isStopped = true;
    this.#view.interrupted();
    for (const child of this.#children) child.stop();
  }

  async #attempt(cell: Cell, attempt: number): Promise<Attempt> {
    const child = this.#engine.start(cell.name, (line) => {
      const record = parseRecord(line);
      if (record !== null) this.#view.record(cell, record);
    });
    this.#children.add(child);
    const { status, complaint } = await child.ended;
    this.#children.delete(child);
    if (status === 0) return { end: "done" };
    if (this.#isStopped) return { end: "stopped" };
    const error = complaint || `it ended with status ${status}`;
    if (attempt < ATTEMPTS) this.#view.retry(cell, attempt, error);
    return { end: "crashed", error };
  }

  async #ended(cell: Cell, attempt: Attempt): Promise<void> {
    const error = attempt.end === "crashed" ? attempt.error : null;
    if (error !== null) this.#errors.set(cell.name, error);
    this.#gathered = this.#gathered.then(() => this.#report());
    await this.#gathered;
    this.#view.ended(cell, error);
  }

  /** Reports on what there is by now: a stop at any time leaves a report. */
  async #report(): Promise<void> {
    const { folder, matrix, cells } = this.#plan;
    const data = await this.#gather();
    const failed = this.#failed();
    const unfinished = cells
      .filter(({ name }) => !Object.hasOwn(data.times.cells, name) && !this.#errors.has(name))
      .map(({ name: cell, entry }) => ({ cell, entry }));
    await writeComparisonReport(folder.storage, folder.path, { matrix, ...data, failed, unfinished });
  }

  /** Puts together what there is by now. */
  async #gather() {
    const { folder, file } = this.#plan;
    const { storage, path } = folder;
    const { rows, curves, times: cells } = await gather(storage, path, this.#plan.cells);
    const known = await readTimes(storage, path);
    const distinct = (name: "device" | "commit") =>
      [...new Set(Object.values(cells).map((cell) => cell[name]))].join(", ");
    const now = performance.now();
    const times = {
      command: [programCall(), "compare", file, "--out", folder.shown, ...this.#engine.flags].join(" "),
      jobs: this.#engine.room,
      seconds: Number(known.seconds ?? 0) + (now - this.#counted) / 1000,
      // A call that finds all done takes no time, and does not say how it was done.
      ...(this.#todo.length === 0 ? (known as Partial<Times>) : {}),
      device: distinct("device"),
      commit: distinct("commit"),
      cells,
    };
    this.#counted = now;
    await writeTimes(storage, path, times);
    return { rows, curves, times };
  }
}
