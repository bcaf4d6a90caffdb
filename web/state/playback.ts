import type { Config } from "../../src/train/config.ts";
import type { PhaseRecord } from "../../src/train/records.ts";
import type { RunRecord, TrainerEvent, Until } from "../../src/worker/protocol.ts";

/** The recorded runs of web/public/recordings, by the names of their files. */
export const RECORDINGS = ["siri", "fixed"] as const;
export type RecordingName = (typeof RECORDINGS)[number];

/** A run as it was recorded, for browsers that cannot train. */
export interface Recording {
  readonly config: Config;
  readonly records: readonly RunRecord[];
  /** Rollouts of some steps. */
  readonly samples: readonly PhaseRecord[];
}

/** What drives a run: a training worker, or a recording. */
export interface Player {
  play(until: Until): Promise<unknown>;
  pause(): Promise<unknown>;
  /** Milliseconds to rest after each phase. */
  setRest(milliseconds: number): Promise<unknown>;
}

/** Milliseconds between two steps of a replay at full speed: about what a laptop's GPU takes. */
const STEP_TIME = 60;

/** Plays a recording as a worker would train it: the same events in the same order. */
export class Playback implements Player {
  readonly #recording: Recording;
  readonly #run: string;
  readonly #handle: (events: readonly TrainerEvent[]) => void;
  #next = 0;
  #rest: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param run id of the run that it is played as.
   * @param rest milliseconds to rest after each step.
   */
  constructor(
    recording: Recording,
    run: string,
    handle: (events: readonly TrainerEvent[]) => void,
    rest = 0,
  ) {
    this.#run = run;
    this.#recording = recording;
    this.#handle = handle;
    this.#rest = rest;
  }

  /** A phase is played as a step: recordings hold whole steps. */
  async play(until: Until): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#next >= this.#recording.records.length) return;
    if (until === "end") {
      this.#tell("running");
      this.#goOn();
    } else this.#step("paused");
  }

  async pause(): Promise<void> {
    this.stop();
    this.#tell("paused");
  }

  /** Ends a replay without a word. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  async setRest(milliseconds: number): Promise<void> {
    this.#rest = milliseconds;
  }

  #goOn(): void {
    this.#timer = setTimeout(() => {
      this.#step("running");
      if (this.#next < this.#recording.records.length) this.#goOn();
    }, STEP_TIME + this.#rest);
  }

  /** Hands out the next step with the evaluation before it; the last one with the evaluation after it too. */
  #step(state: "running" | "paused"): void {
    const { records, samples } = this.#recording;
    const run = this.#run;
    const end = records.findIndex(({ type }, i) => type === "step" && i >= this.#next) + 1;
    const isLast = !records.slice(end).some(({ type }) => type === "step");
    const taken = records.slice(this.#next, isLast ? records.length : end);
    this.#next += taken.length;
    const phase = samples.find(({ step }) => step === records[end - 1]?.step);
    this.#handle([
      ...(phase === undefined ? [] : [{ type: "phase", record: phase, run } as const]),
      ...taken.map((record) => ({ type: "record", record, run }) as const),
    ]);
    this.#tell(isLast ? "finished" : state);
  }

  #tell(state: "running" | "paused" | "finished"): void {
    const done = this.#recording.records.slice(0, this.#next).findLast(({ type }) => type === "step");
    const step = done === undefined ? 0 : done.step + 1;
    this.#handle([{ type: "state", state, step, run: this.#run }]);
  }
}
