import { BellowsError } from "../errors.ts";
import type { CompileProgress } from "../gpu/pipelines.ts";
import { MERGED } from "../io/checkpoint.ts";
import { checkpointPath } from "../io/run-folder.ts";
import type { Storage } from "../io/storage.ts";
import { createTask } from "../tasks/registry.ts";
import type { Task } from "../tasks/task.ts";
import { type Config, modelConfigOf } from "../train/config.ts";
import { differences } from "../train/config-diff.ts";
import type { PhaseRecord } from "../train/records.ts";
import { needsReference } from "../train/reference.ts";
import { checkpointOf, mergedCheckpointOf, type Snapshot, trainedIn } from "../train/snapshot.ts";
import { loadFitting } from "../train/weights.ts";
import { checkChanges } from "./config-change.ts";
import { type Beginning, buildCourse, type Course } from "./course.ts";
import type { DeviceKeeper } from "./device-keeper.ts";
import type { MarkerRecord, RunKind, RunRecord, ThinkRequest, Thought } from "./protocol.ts";
import type { RunJournal } from "./run-journal.ts";

/** Milliseconds of training that a lost device may cost at most, beside the step in hand. */
const SNAPSHOT_EVERY = 2000;

/** What a run is made of: its config and where it begins. */
export interface RunOrigin {
  readonly config: Config;
  readonly kind: RunKind;
  readonly beginning: Beginning;
}

/** What a run needs of the session. */
export interface RunSurroundings {
  readonly devices: DeviceKeeper;
  readonly runs: Storage;
  readonly compiling: CompileProgress;
}

/** Puts a run on the GPU, in place of everything there. */
export async function buildRun(
  { devices, compiling }: RunSurroundings,
  { config, kind, beginning }: RunOrigin,
): Promise<Course> {
  const task = createTask(config.task.name, config.task.settings);
  const variants = await devices.variantsFor(modelConfigOf(config, task));
  return buildCourse(await devices.open(), { config, kind, variants }, beginning, compiling);
}

/**
 * A run on the GPU and in its folder. Where the device is lost in the middle of something, it gets another, goes back to its
 * last snapshot, does the missing steps again, which gives the same bits, and then what it was asked.
 */
export class LiveRun {
  readonly kind: RunKind;
  readonly journal: RunJournal;
  readonly #surroundings: RunSurroundings;
  readonly #task: Task;
  #config: Config;
  #course: Course;
  /** Where to go on from when what is on the GPU is lost. */
  #beginning: Beginning;
  #snapshotAt = performance.now();
  /** Whether what is on the GPU cannot go on: the device is gone, or an error has ended the trainer. */
  #isBroken = false;
  #isInStep = false;
  #isFinished: boolean;

  /** @param course stands at the end of the journal; see {@link buildRun}. */
  constructor(
    surroundings: RunSurroundings,
    { config, kind, beginning }: RunOrigin,
    course: Course,
    journal: RunJournal,
    isFinished = false,
  ) {
    this.#surroundings = surroundings;
    this.#config = config;
    this.#task = createTask(config.task.name, config.task.settings);
    this.kind = kind;
    this.#beginning = beginning;
    this.#course = course;
    this.journal = journal;
    this.#isFinished = isFinished;
  }

  get id(): string {
    return this.journal.folder.path;
  }

  get config(): Config {
    return this.#config;
  }

  /** Steps that are done. */
  get step(): number {
    return this.journal.steps;
  }

  /** Nothing more is to come under this config. */
  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** Whether an error has stopped it; it goes on from its last snapshot when asked to. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Whether a step is done and the next not begun, so that it can be saved. */
  get isBetweenSteps(): boolean {
    return !this.#isInStep && this.journal.isBetweenSteps;
  }

  /** Goes on to the next record, which is logged when this resolves; null at the end. */
  advance(): Promise<RunRecord | PhaseRecord | null> {
    return this.#onDevice(async () => {
      while (!this.#isFinished) {
        this.#isBroken = true; // unless all goes well
        const record = await this.#course.next();
        if (record === null) await this.#finish();
        else if (record.type !== "phase" && !this.journal.has(record)) await this.journal.log(record);
        else if (record.type !== "phase") continue;
        this.#isBroken = false;
        this.#isInStep = record?.type === "phase";
        return record;
      }
      return null;
    });
  }

  /**
   * To be called after each step: saves where that is due, or asked for, and else keeps a snapshot now and then.
   * @returns whether the run was saved.
   */
  async settle(save: boolean): Promise<boolean> {
    const { checkpointEvery } = this.#config.train;
    if (save || this.#course.trainer.isDone || this.journal.isDue(checkpointEvery)) {
      await this.save();
      return true;
    }
    if (performance.now() - this.#snapshotAt >= SNAPSHOT_EVERY) await this.#secure();
    return false;
  }

  /** Saves the state between two steps. */
  async save(): Promise<void> {
    await this.#secure();
    await this.#store(this.#beginning.snapshot!);
  }

  /** After an error: saves the last snapshot, where it is of the last step that was logged. True where it was. */
  async salvage(): Promise<boolean> {
    const { snapshot } = this.#beginning;
    const { journal } = this;
    if (snapshot?.progress.step !== journal.steps || !journal.isBetweenSteps) return false;
    if (journal.saved === journal.steps) return false;
    await this.#store(snapshot);
    return true;
  }

  /**
   * Goes on under another config, from between two steps.
   * @param referenceFor finds the starting policy, where the new config needs it and the old one did not.
   * @throws BellowsError `config-invalid` where the new config would make it another run; it then goes on as it was.
   */
  async configure(
    config: Config,
    referenceFor: () => Promise<Float32Array<ArrayBuffer>>,
  ): Promise<MarkerRecord> {
    const changes = differences(this.#config, config);
    const marker: MarkerRecord = { type: "marker", step: this.step, changes };
    if (changes.length === 0) return marker;
    if (this.kind === "sft") {
      throw new BellowsError("config-invalid", "a model that is being taught goes on under its own config", {
        field: changes[0]!.path,
      });
    }
    checkChanges(changes, this.step);
    const isMissing = needsReference(config) && this.#beginning.reference === undefined;
    const reference = isMissing ? await referenceFor() : this.#beginning.reference;
    await this.#secure();
    const earlier = { config: this.#config, beginning: this.#beginning };
    this.#config = config;
    if (reference !== undefined) this.#beginning = { ...this.#beginning, reference };
    this.#isBroken = true; // until it is built anew
    try {
      await this.#onDevice(async () => {});
      await this.journal.log(marker);
      await this.journal.folder.writeConfig(config);
    } catch (error) {
      this.#config = earlier.config;
      this.#beginning = earlier.beginning;
      this.#isBroken = true;
      throw error;
    }
    this.#isFinished = false;
    await this.save();
    return marker;
  }

  /** Asks the policy as it is now, or that of a checkpoint; the run is not disturbed. */
  async think(request: ThinkRequest): Promise<Thought[]> {
    const { questionOf, think } = await import("./think.ts"); // fetched when something is asked
    const question = questionOf(this.#task, request);
    const { checkpoint } = request;
    const parameters = checkpoint === null ? null : await this.#parametersOf(checkpoint);
    return this.#onDevice(() => think(this.#course.trainer.engine, question, request, parameters));
  }

  async #parametersOf(checkpoint: string): Promise<Float32Array<ArrayBuffer>> {
    const place = { storage: this.#surroundings.runs, path: checkpointPath(this.id, checkpoint) };
    return trainedIn(await loadFitting(place, this.#config, this.#task));
  }

  async #finish(): Promise<void> {
    const { trainer } = this.#course;
    const end = await trainer.snapshot();
    await this.journal.folder.saveNamed("final", checkpointOf(trainer.engine, end));
    const merged = await mergedCheckpointOf(trainer.engine, end);
    if (merged !== undefined) await this.journal.folder.saveNamed(MERGED, merged);
    this.#isFinished = true;
  }

  /** Sees to a snapshot of the steps that are done. */
  async #secure(): Promise<void> {
    if (this.#beginning.snapshot?.progress.step === this.step) return;
    const snapshot = await this.#onDevice(() => this.#course.trainer.snapshot());
    this.#snapshotAt = performance.now();
    this.#beginning = { ...this.#beginning, snapshot };
  }

  #store(snapshot: Snapshot): Promise<void> {
    const checkpoint = checkpointOf(this.#course.trainer.engine, snapshot);
    return this.journal.save(checkpoint, this.#config.train.checkpointEvery);
  }

  /** Does something with the course, which is built anew where it is broken or its device is gone. */
  #onDevice<T>(body: () => Promise<T>): Promise<T> {
    return this.#surroundings.devices.use(async (gpu) => {
      if (this.#isBroken || this.#course.trainer.engine.gpu !== gpu) await this.#rebuild();
      return body();
    });
  }

  /** Builds the run on the GPU from its last snapshot and does the steps since then again. */
  async #rebuild(): Promise<void> {
    const origin = { config: this.#config, kind: this.kind, beginning: this.#beginning };
    this.#course = await buildRun(this.#surroundings, origin);
    while (this.#course.trainer.step < this.journal.steps) await this.#course.next();
    this.#isBroken = false;
    this.#isInStep = false;
  }
}
