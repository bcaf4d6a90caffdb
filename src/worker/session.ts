import { BellowsError, invalid } from "../errors.ts";
import { ParameterTable } from "../model/parameters.ts";
import { defaultVariants } from "../model/variants.ts";
import { createTask } from "../tasks/registry.ts";
import { type Config, modelConfigOf, parseConfig } from "../train/config.ts";
import { plannedBytes } from "../train/planned-bytes.ts";
import { PRESETS } from "../train/presets.ts";
import type { PhaseRecord, SampleRecord } from "../train/records.ts";
import { DeviceKeeper, sleep } from "./device-keeper.ts";
import { EventSender } from "./event-stream.ts";
import type { LiveRun } from "./live-run.ts";
import type {
  DeviceInfo,
  Estimate,
  MarkerRecord,
  OpenedRun,
  Result,
  RunKind,
  RunList,
  RunRecord,
  RunState,
  RunSummary,
  ThinkRequest,
  Thought,
  TrainerCommands,
  TrainerEvent,
  Until,
} from "./protocol.ts";
import { attempt, errorData } from "./results.ts";
import { RunLibrary } from "./run-library.ts";
import { type Opening, RunOpener } from "./run-opener.ts";
import type { SessionHost } from "./session-host.ts";

/** A press of Play; another takes its place. */
interface Playing {
  readonly until: Until;
}

/** The longest rest after a phase, in milliseconds. */
const MAX_REST = 60_000;

/**
 * The trainer behind a page: one open run, and the stored ones. It knows no worker, no page and no browser.
 *
 * All that touches the run or its folder takes turns ({@link Session.#inTurn}): commands one after another, and in between
 * the run, record by record. So a command waits for a part of a step at most, and finds the run at rest.
 */
export class Session implements TrainerCommands {
  readonly #host: SessionHost;
  readonly #devices: DeviceKeeper;
  readonly #library: RunLibrary;
  readonly #opener: RunOpener;
  #events: EventSender | null = null;
  #run: LiveRun | null = null;
  #unlock: () => void = () => {};
  #state: RunState = "none";
  #playing: Playing | null = null;
  #rest = 0;
  /** Ends the trial rollout of the run that is being made. */
  #trial: AbortController | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(host: SessionHost) {
    this.#host = host;
    this.#library = new RunLibrary(host.runs);
    this.#devices = new DeviceKeeper(
      host,
      (event) => this.#emit(event),
      (gpu) => {
        this.#inTurn(() => this.#devices.replace(gpu)).catch((error: unknown) => this.#fail(error));
      },
    );
    this.#opener = new RunOpener(host, this.#library, {
      devices: this.#devices,
      runs: host.runs,
      compiling: (done, total, label) => this.#emit({ type: "compiling", done, total, label }),
    });
  }

  connect(port: MessagePort): Promise<Result<DeviceInfo>> {
    this.#events?.close();
    this.#events = new EventSender(port);
    return this.#command(async () => {
      const gpu = await this.#devices.open();
      this.#measureAhead();
      const { maxStorageBufferBindingSize: maxBinding } = gpu.device.limits;
      const features = [...gpu.device.features].sort();
      return { adapter: gpu.adapter, maxBinding, features, keepsRuns: this.#host.keepsRuns };
    });
  }

  estimate(config: Config): Promise<Result<Estimate>> {
    return this.#command(async () => {
      const parsed = parseConfig(config);
      const gpu = await this.#devices.open();
      const gpuBytes = await plannedBytes(gpu, parsed, defaultVariants(gpu));
      const shape = modelConfigOf(parsed, createTask(parsed.task.name, parsed.task.settings));
      return { parameters: new ParameterTable(shape).count, gpuBytes };
    });
  }

  create(config: Config, kind: RunKind): Promise<Result<OpenedRun>> {
    return this.#command(() => this.#enter(() => this.#create(parseConfig(config), kind)));
  }

  /** Takes no turn: it is for the command in hand. */
  skipTrial(): Promise<Result<null>> {
    return attempt(async () => {
      this.#trial?.abort();
      return null;
    });
  }

  open(id: string): Promise<Result<OpenedRun>> {
    return this.#command(() => this.#enter(() => this.#opener.open(id)));
  }

  play(until: Until): Promise<Result<null>> {
    return this.#command(async () => {
      const run = this.#opened();
      if (run.isFinished) return null;
      const playing = { until };
      this.#playing = playing;
      this.#setState("running");
      void this.#drive(run, playing);
      return null;
    });
  }

  pause(): Promise<Result<{ readonly step: number }>> {
    return this.#command(async () => {
      const run = this.#opened();
      await this.#comeToRest(run);
      return { step: run.step };
    });
  }

  setRest(milliseconds: number): Promise<Result<null>> {
    return attempt(async () => {
      if (!(milliseconds >= 0 && milliseconds <= MAX_REST)) {
        throw invalid(
          "input-invalid",
          "rest",
          milliseconds,
          `a number of milliseconds from 0 to ${MAX_REST}`,
        );
      }
      this.#rest = milliseconds;
      return null;
    });
  }

  configure(config: Config): Promise<Result<MarkerRecord>> {
    return this.#command(async () => {
      const run = this.#opened();
      const parsed = parseConfig(config);
      await this.#finishStep(run);
      const marker = await run.configure(parsed, () => this.#opener.reference(run));
      if (marker.changes.length === 0) return marker;
      await this.#library.note(run.id);
      this.#emit({ type: "record", record: marker, run: run.id });
      this.#tellSaved(run);
      if (this.#state === "finished") this.#setState("paused");
      return marker;
    });
  }

  think(request: ThinkRequest): Promise<Result<readonly Thought[]>> {
    return this.#command(() => this.#opened().think(request));
  }

  listRuns(): Promise<Result<RunList>> {
    return this.#command(() => this.#library.list());
  }

  readRun(id: string): Promise<Result<OpenedRun>> {
    return this.#command(() => this.#library.read(id));
  }

  readSamples(id: string, step?: number): Promise<Result<readonly SampleRecord[]>> {
    return this.#command(() => this.#library.samples(id, step));
  }

  renameRun(id: string, title: string): Promise<Result<null>> {
    return this.#command(async () => {
      await this.#whileLocked(id, () => this.#library.note(id, { title: title.trim() }));
      return null;
    });
  }

  removeRun(id: string): Promise<Result<null>> {
    return this.#command(async () => {
      await this.#whileLocked(id, () => this.#library.remove(id));
      if (this.#run?.id === id) this.#leave(); // only now: a lock that is given back is not free at once
      return null;
    });
  }

  exportRun(id: string): Promise<Result<Uint8Array<ArrayBuffer>>> {
    return this.#command(() => this.#library.export(id));
  }

  importRun(name: string, zip: Uint8Array<ArrayBuffer>): Promise<Result<RunSummary>> {
    return this.#command(() => this.#library.import(name, zip));
  }

  /** Brings the run to rest and lets go of the device. */
  async close(): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#run !== null) await this.#comeToRest(this.#run);
      this.#leave();
      this.#devices.close();
      this.#events?.close();
    });
  }

  async #create(config: Config, kind: RunKind): Promise<Opening> {
    this.#trial = new AbortController();
    const { signal } = this.#trial;
    const progress = (done: number, total: number) => this.#emit({ type: "trial", done, total });
    try {
      return await this.#opener.create(config, kind, { progress, signal });
    } finally {
      this.#trial = null;
    }
  }

  /** Measures kernels for the usual model while the page is looked at, so that a run need not wait for it. */
  #measureAhead(): void {
    const config = PRESETS.default;
    const shape = modelConfigOf(config, createTask(config.task.name, config.task.settings));
    this.#devices.variantsFor(shape).catch(() => {}); // it will be told when a run is made
  }

  /** Opens a run in place of the one that is open, which is brought to rest first. */
  async #enter(open: () => Promise<Opening>): Promise<OpenedRun> {
    if (this.#run !== null) await this.#comeToRest(this.#run);
    this.#leave();
    this.#setState("preparing");
    try {
      const { run, unlock, opened } = await open();
      this.#run = run;
      this.#unlock = unlock;
      this.#setState(run.isFinished ? "finished" : "paused");
      return opened;
    } catch (error) {
      this.#setState("none");
      throw error;
    }
  }

  #leave(): void {
    this.#playing = null;
    this.#run = null;
    this.#unlock();
    this.#unlock = () => {};
    if (this.#state !== "none") this.#setState("none");
  }

  /** Goes on record by record until it is told to stop. Never rejects. */
  async #drive(run: LiveRun, playing: Playing): Promise<void> {
    const isCurrent = () => this.#playing === playing;
    while (isCurrent()) {
      const record = await this.#inTurn(async () => (isCurrent() ? this.#advance(run, playing.until) : null));
      if (isCurrent() && this.#rest > 0 && endsPhase(record)) await sleep(this.#rest);
    }
  }

  /** Goes on to the next record, and stops where that is as far as Play was to go, the end, or an error. */
  async #advance(run: LiveRun, until: Until): Promise<RunRecord | PhaseRecord | null> {
    try {
      const record = await run.advance();
      if (record === null) {
        this.#stop("finished");
        return null;
      }
      this.#tell(run, record);
      const isOver = (until === "phase" && endsPhase(record)) || (until === "step" && endsStep(record));
      if (endsStep(record) && (await run.settle(isOver))) await this.#noteSaved(run);
      if (isOver) this.#stop("paused");
      return record;
    } catch (error) {
      await this.#stopFor(run, error);
      return null;
    }
  }

  /** Ends the step in hand, without saving. */
  async #finishStep(run: LiveRun): Promise<void> {
    while (!run.isBetweenSteps && !run.isFinished && !run.isBroken) {
      const record = await run.advance();
      if (record === null) this.#stop("finished");
      else this.#tell(run, record);
    }
  }

  /** Ends the step in hand, saves, and stops. */
  async #comeToRest(run: LiveRun): Promise<void> {
    this.#playing = null;
    try {
      await this.#finishStep(run);
      if (run.journal.saved !== run.step && !run.isBroken) {
        await run.save();
        await this.#noteSaved(run);
      }
    } catch (error) {
      await this.#stopFor(run, error);
      throw error;
    }
    if (this.#state === "running") this.#stop("paused");
  }

  /** After an error: saves what can be saved, says why, and stops. */
  async #stopFor(run: LiveRun, error: unknown): Promise<void> {
    // Weights that have diverged are not worth keeping; those of the checkpoint before may be.
    const hasDiverged = error instanceof BellowsError && error.code === "numerics-failed";
    const saved = hasDiverged ? false : await run.salvage().catch(() => false); // what failed once may fail again
    if (saved) this.#tellSaved(run);
    this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#emit({ type: "failed", error: errorData(error) });
    if (this.#state === "running") this.#stop("paused");
  }

  #stop(state: "paused" | "finished"): void {
    this.#playing = null;
    this.#setState(state);
  }

  #setState(state: RunState): void {
    this.#state = state;
    this.#emit({ type: "state", state, step: this.#run?.step ?? 0, run: this.#run?.id ?? null });
  }

  #tell(run: LiveRun, record: RunRecord | PhaseRecord): void {
    if (record.type === "phase") this.#emit({ type: "phase", record, run: run.id });
    else this.#emit({ type: "record", record: slim(record), run: run.id });
  }

  async #noteSaved(run: LiveRun): Promise<void> {
    await this.#library.note(run.id);
    this.#tellSaved(run);
  }

  #tellSaved(run: LiveRun): void {
    this.#emit({ type: "saved", step: run.journal.saved, run: run.id });
  }

  #emit(event: TrainerEvent): void {
    this.#events?.send(event);
  }

  #opened(): LiveRun {
    if (this.#run !== null) return this.#run;
    throw new BellowsError("input-invalid", "no run is open");
  }

  /** Does something to a stored run that no other session has open. */
  async #whileLocked(id: string, body: () => Promise<void>): Promise<void> {
    if (this.#run?.id === id) return body();
    const unlock = await this.#host.lockRun(id);
    try {
      await body();
    } finally {
      unlock();
    }
  }

  #command<T>(body: () => Promise<T>): Promise<Result<T>> {
    return attempt(() => this.#inTurn(body));
  }

  /** Runs `body` when everything that was asked for before is done. */
  #inTurn<T>(body: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(body);
    this.#turn = result.catch(() => {});
    return result;
  }
}

/** A record as the page keeps it, for as long as it is open: without its rollouts, which the phase before has shown. */
function slim(record: RunRecord): RunRecord {
  return record.type === "step" ? { ...record, samples: [] } : record;
}

function endsStep(record: RunRecord | PhaseRecord | null): boolean {
  return record?.type === "step" || record?.type === "sft";
}

function endsPhase(record: RunRecord | PhaseRecord | null): boolean {
  return record?.type === "phase" || endsStep(record);
}
