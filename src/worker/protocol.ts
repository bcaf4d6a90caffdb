/**
 * What the page and its training worker say to each other. Commands are calls (through Comlink) that resolve with a
 * {@link Result}; events come the other way over a MessagePort of their own, as {@link EventBatch}es that the page
 * acknowledges (event-stream.ts). Everything here is plain data: it is cloned on its way.
 */
import type { ErrorData } from "../errors.ts";
import type { AdapterDescription } from "../gpu/device.ts";
import type { RunKind } from "../io/about.ts";
import type { Variants } from "../model/variants.ts";
import type { Config } from "../train/config.ts";
import type { Preflight } from "../train/preflight.ts";
import type { MarkerRecord, PhaseRecord, RunRecord, SampleRecord } from "../train/records.ts";

export type { RunKind } from "../io/about.ts";
export type { MarkerRecord, RunRecord } from "../train/records.ts";

/** Errors are values here: an exception that crosses a worker loses its class. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: ErrorData };

export interface DeviceInfo {
  readonly adapter: AdapterDescription;
  /** Bytes of the largest buffer that can be bound: what limits a model's size. */
  readonly maxBinding: number;
  readonly features: readonly string[];
  /** False where the browser stores no files: what is to be kept must then be exported. */
  readonly keepsRuns: boolean;
}

/** What a config takes, told before anything is built. */
export interface Estimate {
  readonly parameters: number;
  readonly gpuBytes: number;
}

/** A stored run, as the list of runs shows it. */
export interface RunSummary {
  /** Name of its folder, and its identity. */
  readonly id: string;
  /** What its owner calls it; the id at first. */
  readonly title: string;
  readonly kind: RunKind;
  readonly config: Config;
  /** Steps that its latest checkpoint holds; 0 where nothing is saved yet. */
  readonly step: number;
  /** Checkpoints by name, in the order of their steps; named ones last. */
  readonly checkpoints: readonly string[];
  /** When it was last written to, in milliseconds since 1970; 0 where that is not known. */
  readonly modified: number;
}

/** A stored run that cannot be read; it can be exported as it is, and removed. */
export interface DamagedRun {
  readonly id: string;
  readonly error: ErrorData;
}

export interface RunList {
  readonly runs: readonly RunSummary[];
  readonly damaged: readonly DamagedRun[];
}

/** A run in the worker's hands. */
export interface OpenedRun {
  readonly summary: RunSummary;
  /** Steps that are done. */
  readonly step: number;
  /** What was logged up to here, in order. Rollouts are left out, since there are many: `readSamples` gives them. */
  readonly records: readonly RunRecord[];
  /** The trial rollout's findings; null for a run that goes on, for SFT, and where it was skipped. */
  readonly preflight: Preflight | null;
  /** What is wrong with its latest checkpoint, where it goes on from an earlier one instead. */
  readonly damage?: ErrorData;
}

/** How far `play` goes: to the end of the run, of this step, or of this phase (rollout, score, update). */
export type Until = "end" | "step" | "phase";

export type RunState = "none" | "preparing" | "paused" | "running" | "finished";

/** A question to the policy, at any checkpoint of a stored run or as it is now. */
export interface ThinkRequest {
  /** Words of the task's vocabulary, as `bellows sample --prompt` takes them; or a problem drawn from a level. */
  readonly problem: { readonly prompt: string } | { readonly level: number; readonly seed: number };
  readonly samples: number;
  readonly temperature: number;
  /** The same seed gives the same thoughts at the same checkpoint; the run's own if left out. */
  readonly seed?: number;
  /** A checkpoint of the open run by name; null: the policy as it is now. */
  readonly checkpoint: string | null;
}

export interface Thought {
  readonly prompt: string;
  /** The words of the response, end token included. */
  readonly words: readonly string[];
  readonly logprobs: readonly number[];
  readonly entropies: readonly number[];
  readonly truncated: boolean;
  /** The right answer; null for a prompt that the task did not make. */
  readonly answer: string | null;
  /** The answer that the response gives; null where it gives none, and for a prompt that the task did not make. */
  readonly prediction: string | null;
  readonly correct: boolean | null;
}

/** Commands. One at a time is enough; the worker queues what comes meanwhile. */
export interface TrainerCommands {
  /** Opens the device; events go to `port` from now on. Kernel variants are measured afterwards. */
  connect(port: MessagePort): Promise<Result<DeviceInfo>>;
  estimate(config: Config): Promise<Result<Estimate>>;
  /** Makes a new run and everything for it ready; it is paused at step 0. */
  create(config: Config, kind: RunKind): Promise<Result<OpenedRun>>;
  /** Ends the trial rollout of the run that is being made, which then has no findings. Does nothing where there is none. */
  skipTrial(): Promise<Result<null>>;
  /** Opens a stored run at its latest checkpoint, to go on with it. */
  open(id: string): Promise<Result<OpenedRun>>;
  /** Starts and resolves at once; events tell what happens. */
  play(until: Until): Promise<Result<null>>;
  /** Resolves when the step in hand is done and saved. */
  pause(): Promise<Result<{ readonly step: number }>>;
  /** Milliseconds to rest after each phase, for those who want to watch. */
  setRest(milliseconds: number): Promise<Result<null>>;
  /** Goes on under another config from the next step on; shape, task and seed must stay. Leaves a marker. */
  configure(config: Config): Promise<Result<MarkerRecord>>;
  think(request: ThinkRequest): Promise<Result<readonly Thought[]>>;
  listRuns(): Promise<Result<RunList>>;
  /** Reads a stored run to draw it, without opening it. */
  readRun(id: string): Promise<Result<OpenedRun>>;
  /** The rollouts of a stored run that were logged whole, of all steps if none is named. */
  readSamples(id: string, step?: number): Promise<Result<readonly SampleRecord[]>>;
  renameRun(id: string, title: string): Promise<Result<null>>;
  removeRun(id: string): Promise<Result<null>>;
  /** The run's folder as a zip file, as the command line keeps it. */
  exportRun(id: string): Promise<Result<Uint8Array<ArrayBuffer>>>;
  /** Takes in a zipped run or checkpoint folder. A checkpoint becomes a run of its own to start from. */
  importRun(name: string, zip: Uint8Array<ArrayBuffer>): Promise<Result<RunSummary>>;
}

/**
 * What happens in the worker. Events and results of commands come by different ways, so that those of a run may arrive after
 * another was opened: `run` is the id of the run that they are about.
 */
export type TrainerEvent =
  | {
      readonly type: "state";
      readonly state: RunState;
      readonly step: number;
      readonly run: string | null;
    }
  | { readonly type: "compiling"; readonly done: number; readonly total: number; readonly label: string }
  /** What was measured to be fastest here; a run that is made waits for it. */
  | { readonly type: "variants"; readonly variants: Variants }
  /** Parts of the trial rollout of a new run. */
  | { readonly type: "trial"; readonly done: number; readonly total: number }
  /** Without rollouts, as in {@link OpenedRun}. */
  | { readonly type: "record"; readonly record: RunRecord; readonly run: string }
  /** Only the newest matters: a page that falls behind does not get them all. */
  | { readonly type: "phase"; readonly record: PhaseRecord; readonly run: string }
  | { readonly type: "saved"; readonly step: number; readonly run: string }
  /** `lost`: the device is gone and is being asked for anew; `regained`: the run goes on from where it was. */
  | { readonly type: "device"; readonly status: "lost" | "regained" }
  /** Told by the page's own end: the worker is gone and another is started; the run goes on from its last saved step. */
  | { readonly type: "worker"; readonly status: "died" | "restarted" }
  /** The run has stopped; what was saved is saved. */
  | { readonly type: "failed"; readonly error: ErrorData };

/** What goes over the port to the page; it answers each with {@link Acknowledgement}. */
export interface EventBatch {
  readonly number: number;
  readonly events: readonly TrainerEvent[];
}

export interface Acknowledgement {
  readonly number: number;
}
