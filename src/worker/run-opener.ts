import type { ErrorData } from "../errors.ts";
import type { Checkpoint } from "../io/checkpoint.ts";
import { BASE } from "../io/checkpoint.ts";
import { checkpointPath, latestCheckpoint, listCheckpoints, RunFolder, readLog } from "../io/run-folder.ts";
import { readWholeCheckpoint } from "../io/whole-checkpoint.ts";
import { defaultVariants } from "../model/variants.ts";
import { createTask } from "../tasks/registry.ts";
import type { Task } from "../tasks/task.ts";
import { adaptersOf, type Config } from "../train/config.ts";
import { plannedBytes } from "../train/planned-bytes.ts";
import type { Preflight, PreflightWatch } from "../train/preflight.ts";
import { markersLost, type RunRecord } from "../train/records.ts";
import { needsReference } from "../train/reference.ts";
import { sftConfigOf } from "../train/settings.ts";
import { baseCheckpointOf, checkpointOf, snapshotOf, trainedIn } from "../train/snapshot.ts";
import { Trainer } from "../train/trainer.ts";
import {
  type CheckpointSources,
  expectedOf,
  loadFitting,
  REFERENCE,
  startingWeights,
} from "../train/weights.ts";
import type { Beginning, Course } from "./course.ts";
import { buildRun, LiveRun, type RunOrigin, type RunSurroundings } from "./live-run.ts";
import { recordsOf } from "./log-lines.ts";
import type { OpenedRun, RunKind } from "./protocol.ts";
import { RunJournal } from "./run-journal.ts";
import type { RunLibrary } from "./run-library.ts";
import type { SessionHost } from "./session-host.ts";

/** A run that was opened, locked for this session. */
export interface Opening {
  readonly run: LiveRun;
  readonly unlock: () => void;
  /** What the page is told of it. */
  readonly opened: OpenedRun;
}

/** The name of the checkpoint that every run of a session begins with. */
const FIRST = "000000";

/** Makes new runs and opens stored ones. */
export class RunOpener {
  readonly #host: SessionHost;
  readonly #library: RunLibrary;
  readonly #surroundings: RunSurroundings;
  readonly #sources: CheckpointSources;

  constructor(host: SessionHost, library: RunLibrary, surroundings: RunSurroundings) {
    this.#host = host;
    this.#library = library;
    this.#surroundings = surroundings;
    this.#sources = { bundled: host.bundled, locate: (path) => ({ storage: host.runs, path }) };
  }

  /** Makes a run; its folder comes once everything else went well, and stays only if it holds the first step. @param watch looks on at the trial rollout. */
  async create(wanted: Config, kind: RunKind, watch: PreflightWatch): Promise<Opening> {
    const config = kind === "sft" ? sftConfigOf(wanted) : wanted;
    const task = createTask(config.task.name, config.task.settings);
    const { devices } = this.#surroundings;
    // A model that this device cannot hold is refused before its weights are made.
    await devices.use((gpu) => plannedBytes(gpu, config, defaultVariants(gpu)));
    const weights = await startingWeights(this.#sources, config, task);
    const keepsStart = kind === "rl" && needsReference(config);
    const beginning: Beginning = { weights, ...(keepsStart ? { reference: weights.trained } : {}) };
    const origin = { config, kind, beginning };
    const { course, found } = await devices.use(async () => {
      const course = await buildRun(this.#surroundings, origin);
      return { course, found: await this.#preflight(course, watch) };
    });
    const name = `${config.task.name}-${kind === "sft" ? "sft" : config.schedule.kind}-seed${config.seed}`;
    const folder = await RunFolder.createFresh(this.#host.runs, "", name, config);
    const opening = this.#locked(folder.path, async () => {
      await this.#library.note(folder.path, { kind });
      const run = this.#run(origin, course, folder, []);
      const { trainer } = course;
      if (config.lora.rank > 0) {
        await folder.saveNamed(BASE, baseCheckpointOf(trainer.engine, weights.parameters));
      }
      if (keepsStart) {
        await folder.saveNamed(REFERENCE, checkpointOf(trainer.engine, await trainer.snapshot()));
      }
      await run.save();
      return { run, records: [], found };
    });
    return opening.catch(async (error: unknown) => {
      await this.#host.runs.remove(folder.path).catch(() => {}); // the first error says more
      throw error;
    });
  }

  /**
   * Opens a run at its latest checkpoint, to which its logs are cut; where that is damaged, at the one before. Since training is
   * deterministic, no more is lost than the time for the steps in between, unless settings were changed among them.
   */
  async open(id: string): Promise<Opening> {
    return this.#locked(id, async () => {
      const { kind, config, checkpoints } = await this.#library.summary(id);
      const task = createTask(config.task.name, config.task.settings);
      const folder = await RunFolder.open(this.#host.runs, id);
      const latest = await latestCheckpoint(this.#host.runs, id);
      const { steps } = config[kind];
      const hasEnded = checkpoints.includes("final") && Number(latest) >= steps;
      // The evaluation at the end of a finished run was logged after its latest checkpoint, so its logs are left whole.
      const before = await this.#records(id);
      const { content: checkpoint, damage } = await readWholeCheckpoint(this.#host.runs, id, (name) =>
        hasEnded && name === latest
          ? this.#load(id, name, config, task)
          : folder.resume(expectedOf(config, task), name),
      );
      const isFinished = hasEnded && damage === null;
      const origin: RunOrigin = {
        config,
        kind,
        beginning: await this.#beginning(id, kind, config, task, checkpoint),
      };
      const course = await this.#surroundings.devices.use(() => buildRun(this.#surroundings, origin));
      const records = await this.#records(id);
      const step = isFinished ? steps : course.trainer.step;
      const run = this.#run(origin, course, folder, records, step, isFinished);
      for (const marker of markersLost(before, records, step)) {
        records.push(marker);
        await run.journal.log(marker);
        await run.save();
      }
      return { run, records, found: null, damage: damage?.toData() ?? null };
    });
  }

  async #records(id: string): Promise<RunRecord[]> {
    return recordsOf(await readLog(this.#host.runs, id, "metrics"));
  }

  /** The policy that a run began with, for one that did not need it before. */
  async reference(run: LiveRun): Promise<Float32Array<ArrayBuffer>> {
    const { config, id, journal } = run;
    const task = createTask(config.task.name, config.task.settings);
    const known = await listCheckpoints(this.#host.runs, id);
    if (known.includes(REFERENCE)) return trainedIn(await this.#load(id, REFERENCE, config, task));
    const trained = known.includes(FIRST)
      ? trainedIn(await this.#load(id, FIRST, config, task))
      : (await startingWeights(this.#sources, config, task)).trained;
    const settings = adaptersOf(config);
    await journal.folder.saveNamed(REFERENCE, {
      ...(settings === undefined ? { parameters: trained } : { adapters: { settings, values: trained } }),
      config: expectedOf(config, task).config!,
      vocabulary: task.vocabulary.stored,
      trainer: { step: 0 },
    });
    return trained;
  }

  async #beginning(
    id: string,
    kind: RunKind,
    config: Config,
    task: Task,
    checkpoint: Checkpoint,
  ): Promise<Beginning> {
    const snapshot = snapshotOf(checkpoint, id);
    const weights = { parameters: checkpoint.parameters, trained: snapshot.parameters };
    if (kind === "sft" || !needsReference(config)) return { weights, snapshot };
    return { weights, snapshot, reference: trainedIn(await this.#load(id, REFERENCE, config, task)) };
  }

  #load(id: string, checkpoint: string, config: Config, task: Task) {
    return loadFitting({ storage: this.#host.runs, path: checkpointPath(id, checkpoint) }, config, task);
  }

  #run(
    origin: RunOrigin,
    course: Course,
    folder: RunFolder,
    records: readonly RunRecord[],
    step = 0,
    isFinished = false,
  ): LiveRun {
    const journal = new RunJournal(
      this.#host.runs,
      folder,
      records,
      step,
      origin.config.train.checkpointEvery,
    );
    return new LiveRun(this.#surroundings, origin, course, journal, isFinished);
  }

  /** What the trial rollout finds; null where the course has none or it was skipped. */
  async #preflight({ trainer }: Course, watch: PreflightWatch): Promise<Preflight | null> {
    if (!(trainer instanceof Trainer)) return null;
    const { gpu, config, model } = trainer.engine;
    const bytes = await plannedBytes(gpu, config, model.context.variants);
    const { preflight } = await import("../train/preflight.ts"); // fetched with the first run
    try {
      return await preflight(trainer, bytes, watch);
    } catch (error) {
      if (watch.signal?.aborted && error === watch.signal.reason) return null;
      throw error;
    }
  }

  /** Opens a run while it is locked, and keeps the lock where that goes well. */
  async #locked(
    id: string,
    body: () => Promise<{
      run: LiveRun;
      records: readonly RunRecord[];
      found: Preflight | null;
      damage?: ErrorData | null;
    }>,
  ): Promise<Opening> {
    const unlock = await this.#host.lockRun(id);
    try {
      const { run, records, found, damage = null } = await body();
      const summary = await this.#library.summary(id);
      const opened = { summary, step: run.step, records, preflight: found };
      return { run, unlock, opened: damage === null ? opened : { ...opened, damage } };
    } catch (error) {
      unlock();
      throw error;
    }
  }
}
