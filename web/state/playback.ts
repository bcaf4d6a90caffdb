/** Plays recorded runs; fetched with the first of them. */
import { BellowsError } from "../../src/errors.ts";
import type { TrainerEvent, Until } from "../../src/worker/protocol.ts";
import type { Recording } from "./recording.ts";

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

/**
 * Reads one of the recorded runs that come with the page.
 * @throws BellowsError `network-failed`.
 */
export async function fetchRecording(path: string): Promise<Recording> {
  return JSON.parse(await fetchText(path)) as Recording;
}

/**
 * Reads a file that comes with the page.
 * @throws BellowsError `network-failed`.
 */
export async function fetchText(path: string): Promise<string> {
  try {
    const response = await fetch(new URL(path, document.baseURI));
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return await response.text();
  } catch (cause) {
    throw new BellowsError("network-failed", `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}
