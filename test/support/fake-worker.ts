/** Training workers for tests of the page's state. */
import type { ErrorCode } from "../../src/errors.ts";
import type { Config } from "../../src/train/config.ts";
import type { StepRecord } from "../../src/train/records.ts";
import type {
  DeviceInfo,
  OpenedRun,
  RunKind,
  RunList,
  RunSummary,
  TrainerEvent,
} from "../../src/worker/protocol.ts";

/** Runs as a worker would keep them; both workers of a comparison see the same. */
export const stored = new Map<string, RunSummary>();
/** Every worker that was started, in order. */
export const workers: FakeWorker[] = [];

/** What a call throws. */
interface Fault {
  readonly name: string;
  readonly error: readonly [code: ErrorCode, message: string];
}

let failing: Fault | null = null;

/** Has the next call of this name throw; null: none. */
export function failNext(fault: Fault | null): void {
  failing = fault;
}

/** A training worker that trains nothing: it remembers its commands and tells what the test has it tell. */
export class FakeWorker {
  readonly calls: string[] = [];
  readonly tell: (events: readonly TrainerEvent[]) => void;
  isClosed = false;
  #step = 0;
  #run: string | null = null;

  constructor(handle: (events: readonly TrainerEvent[]) => void) {
    this.tell = handle;
  }

  async connect(): Promise<DeviceInfo> {
    await this.#take("connect");
    return { adapter: { software: false } } as DeviceInfo;
  }

  async create(config: Config, kind: RunKind): Promise<OpenedRun> {
    await this.#take("create");
    const id = `run-${stored.size + 1}`;
    const summary = { id, title: id, kind, config, step: 0, checkpoints: [], modified: stored.size };
    stored.set(id, summary);
    this.#run = id;
    this.#step = 0;
    return { summary, step: 0, records: [], preflight: null };
  }

  async open(id: string): Promise<OpenedRun> {
    await this.#take(`open ${id}`);
    const summary = stored.get(id)!;
    this.#run = id;
    this.#step = summary.step;
    return { summary, step: summary.step, records: [], preflight: null };
  }

  async play(until: string): Promise<void> {
    await this.#take(`play ${until}`);
    this.tell([{ type: "state", state: "running", step: this.#step, run: this.#run }]);
  }

  async pause(): Promise<{ step: number }> {
    await this.#take("pause");
    this.tell([{ type: "state", state: "paused", step: this.#step, run: this.#run }]);
    return { step: this.#step };
  }

  async configure(): Promise<void> {
    await this.#take("configure");
  }

  async setRest(): Promise<void> {}

  async skipTrial(): Promise<void> {
    await this.#take("skipTrial");
  }

  async exportRun(id: string): Promise<string> {
    return id;
  }

  /** @param zip what {@link exportRun} gave. */
  async importRun(_: string, zip: string): Promise<RunSummary> {
    const id = `run-${stored.size + 1}`;
    const summary = { ...stored.get(zip)!, id };
    stored.set(id, summary);
    return summary;
  }

  async renameRun(id: string, title: string): Promise<void> {
    stored.set(id, { ...stored.get(id)!, title });
  }

  async estimate(): Promise<object> {
    return { parameters: 1, gpuBytes: 1 };
  }

  async listRuns(): Promise<RunList> {
    return { runs: [...stored.values()], damaged: [] };
  }

  async removeRun(id: string): Promise<void> {
    await this.#take(`remove ${id}`);
    stored.delete(id);
  }

  close(): void {
    this.isClosed = true;
  }

  /** Does a step and saves it. */
  step(): void {
    const record: StepRecord = {
      type: "step",
      step: this.#step++,
      cap: 80,
      exactCap: 80,
      phase: "hold",
      cycle: 0,
      metrics: {},
      samples: [],
    };
    this.tell([{ type: "record", record, run: this.#run! }]);
    stored.set(this.#run!, { ...stored.get(this.#run!)!, step: this.#step });
  }

  async #take(call: string): Promise<void> {
    this.calls.push(call);
    if (failing === null || !call.startsWith(failing.name)) return;
    const { error } = failing;
    failing = null;
    // Of the page that was loaded last: each has its modules for itself.
    const { BellowsError } = await import("../../src/errors.ts");
    throw new BellowsError(...error);
  }
}
