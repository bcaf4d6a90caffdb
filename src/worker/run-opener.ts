import * as v from "valibot";
import { BellowsError } from "../errors.ts";
import {
  checkpointPath,
  latestCheckpoint,
  listCheckpoints,
  type ResumedCheckpoint,
  RunFolder,
  readLog,
} from "../io/run-folder.ts";
import { defaultVariants } from "../model/variants.ts";
import { createTask } from "../tasks/registry.ts";
import type { Task } from "../tasks/task.ts";
import type { Config } from "../train/config.ts";
import { type Preflight, plannedBytes, preflight } from "../train/preflight.ts";
import type { Progress, Snapshot } from "../train/trainer.ts";
import type { Beginning, Course } from "./course.ts";
import { buildRun, LiveRun, type RunOrigin, type RunSurroundings } from "./live-run.ts";
import { recordsOf } from "./log-lines.ts";
import type { OpenedRun, RunKind, RunRecord } from "./protocol.ts";
import { RunJournal } from "./run-journal.ts";
import type { RunLibrary } from "./run-library.ts";
import type { SessionHost } from "./session-host.ts";
import { expectedOf, loadFitting, REFERENCE, startingParameters } from "./weights.ts";

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

  constructor(host: SessionHost, library: RunLibrary, surroundings: RunSurroundings) {
    this.#host = host;
    this.#library = library;
    this.#surroundings = surroundings;
  }

  /** Makes a run; its folder is there only once everything else went well. */
  async create(config: Config, kind: RunKind): Promise<Opening> {
    const task = createTask(config.task.name, config.task.settings);
    const { devices } = this.#surroundings;
    // A model that this device cannot hold is refused before its weights are made.
    await devices.use((gpu) => plannedBytes(gpu, config, defaultVariants(gpu)));
    const parameters = await startingParameters(this.#host, config, task, kind);
    const hasPenalty = kind === "rl" && config.rl.klKind !== "none";
    const beginning: Beginning = { parameters, ...(hasPenalty ? { reference: parameters } : {}) };
    const origin = { config, kind, beginning };
    const { course, found } = await devices.use(async () => {
      const course = await buildRun(this.#surroundings, origin);
      return { course, found: await this.#preflight(course) };
    });
    const name = `${config.task.name}-${kind === "sft" ? "sft" : config.schedule.kind}-seed${config.seed}`;
    const folder = await RunFolder.createFresh(this.#host.runs, "", name, config);
    return this.#locked(folder.path, async () => {
      await this.#library.note(folder.path, { kind });
      const run = this.#run(origin, course, folder, []);
      if (hasPenalty) await folder.saveNamed(REFERENCE, (await course.state()).checkpoint);
      await run.save();
      return { run, records: [], found };
    });
  }

  /** Opens a run at its latest checkpoint, to which its logs are cut. SFT begins anew: it can only be done in one go. */
  async open(id: string): Promise<Opening> {
    return this.#locked(id, async () => {
      const { kind, config, checkpoints } = await this.#library.summary(id);
      const task = createTask(config.task.name, config.task.settings);
      const folder = await RunFolder.open(this.#host.runs, id);
      const latest = await latestCheckpoint(this.#host.runs, id);
      const steps = kind === "sft" ? config.sft.steps : config.rl.steps;
      const isFinished = checkpoints.includes("final") && Number(latest) >= steps;
      // The evaluation at the end of a finished run was logged after its latest checkpoint, so its logs are left whole.
      const checkpoint = isFinished
        ? await this.#load(id, latest!, config, task)
        : await folder.resume(expectedOf(config, task), kind === "sft" ? FIRST : undefined);
      const origin: RunOrigin = {
        config,
        kind,
        beginning: await this.#beginning(id, kind, config, task, checkpoint),
      };
      const course = await this.#surroundings.devices.use(() => buildRun(this.#surroundings, origin));
      const records = recordsOf(await readLog(this.#host.runs, id, "metrics"));
      const step = isFinished ? steps : course.step;
      return { run: this.#run(origin, course, folder, records, step, isFinished), records, found: null };
    });
  }

  /** The policy that a KL penalty is measured from, for a run that had none before: the one it began with. */
  async reference(run: LiveRun): Promise<Float32Array<ArrayBuffer>> {
    const { config, id, journal } = run;
    const task = createTask(config.task.name, config.task.settings);
    const known = await listCheckpoints(this.#host.runs, id);
    if (known.includes(REFERENCE)) return (await this.#load(id, REFERENCE, config, task)).parameters;
    const first = known.includes(FIRST)
      ? await this.#load(id, FIRST, config, task)
      : { parameters: await startingParameters(this.#host, config, task, "rl") };
    const { tokens, pad, end } = task.vocabulary;
    await journal.folder.saveNamed(REFERENCE, {
      ...first,
      config: expectedOf(config, task).config!,
      vocabulary: { tokens, pad, end },
      trainer: { step: 0 },
    });
    return first.parameters;
  }

  async #beginning(
    id: string,
    kind: RunKind,
    config: Config,
    task: Task,
    checkpoint: Omit<ResumedCheckpoint, "trainer"> & Partial<Pick<ResumedCheckpoint, "trainer">>,
  ): Promise<Beginning> {
    const { parameters } = checkpoint;
    if (kind === "sft") return { parameters };
    const hasPenalty = config.rl.klKind !== "none";
    const reference = hasPenalty ? (await this.#load(id, REFERENCE, config, task)).parameters : undefined;
    const snapshot = snapshotOf(id, checkpoint);
    return { parameters, snapshot, ...(reference === undefined ? {} : { reference }) };
  }

  #load(id: string, checkpoint: string, config: Config, task: Task) {
    return loadFitting(this.#host.runs, checkpointPath(id, checkpoint), config, task);
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

  async #preflight({ engine, trainer }: Course): Promise<Preflight | null> {
    if (trainer === undefined) return null;
    const { gpu, config, model } = engine;
    return preflight(trainer, await plannedBytes(gpu, config, model.context.variants));
  }

  /** Opens a run while it is locked, and keeps the lock where that goes well. */
  async #locked(
    id: string,
    body: () => Promise<{ run: LiveRun; records: readonly RunRecord[]; found: Preflight | null }>,
  ): Promise<Opening> {
    const unlock = await this.#host.lockRun(id);
    try {
      const { run, records, found } = await body();
      const summary = await this.#library.summary(id);
      return { run, unlock, opened: { summary, step: run.step, records, preflight: found } };
    } catch (error) {
      unlock();
      throw error;
    }
  }
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const ProgressSchema = v.object({
  step: count,
  updates: count,
  generatedTokens: count,
  trainedTokens: count,
  baseline: v.nullable(v.object({ accuracy: v.array(v.number()), length: v.array(v.number()) })),
});

/** The state to go on from. @throws BellowsError `checkpoint-invalid` where a checkpoint has none. */
function snapshotOf(
  id: string,
  {
    parameters,
    optimizer,
    trainer,
  }: Pick<ResumedCheckpoint, "parameters" | "optimizer"> & Partial<Pick<ResumedCheckpoint, "trainer">>,
): Snapshot {
  const progress = v.safeParse(ProgressSchema, trainer?.state);
  if (optimizer !== undefined && progress.success) {
    return { parameters, ...optimizer, progress: progress.output satisfies Progress };
  }
  const message = `the latest checkpoint of ${id} has no state of optimizer and trainer to go on from`;
  throw new BellowsError("checkpoint-invalid", message, {
    hint: "It can be drawn, and its weights can be asked or started from.",
  });
}
