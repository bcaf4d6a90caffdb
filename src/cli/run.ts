/** Runs as the command line makes them, goes on with them and drives them: alike for `train` and `sft`. */
import { BellowsError } from "../errors.ts";
import {
  checkFree,
  complain,
  exit,
  INTERRUPTED_STATUS,
  onInterrupt,
  type Place,
  placeOf,
  programCall,
} from "../host/node-program.ts";
import { type RunKind, readAbout, writeAbout } from "../io/about.ts";
import { MERGED } from "../io/checkpoint.ts";
import { checkpointPath, checkRunPath, RunFolder, readLog, readRunConfig } from "../io/run-folder.ts";
import { readWholeCheckpoint } from "../io/whole-checkpoint.ts";
import type { Task } from "../tasks/task.ts";
import type { Config } from "../train/config.ts";
import type { Engine } from "../train/engine.ts";
import { logLine, markersLost, type RunRecord } from "../train/records.ts";
import { sftConfigOf } from "../train/settings.ts";
import { checkpointOf, mergedCheckpointOf, type Snapshot, snapshotOf } from "../train/snapshot.ts";
import { type CheckpointPlace, loadFitting } from "../train/weights.ts";
import { type ConfigFlags, sourcesFromFlags } from "./flags.ts";
import type { MetricsLogger } from "./metrics-logger.ts";
import { keptProblems, prepare } from "./prepare.ts";
import { readingProgress } from "./terminal.ts";

export interface RunFlags extends ConfigFlags {
  readonly resume?: string;
  readonly out?: string;
  readonly log?: string;
  readonly json?: boolean;
  readonly variants?: string;
}

/** Folder in which runs are made unless `--out` names one. */
const RUNS = "runs";

/** The command that makes runs of a kind. */
const COMMANDS: Readonly<Record<RunKind, string>> = { rl: "train", sft: "sft" };

/** What flags ask for. Nothing is made or changed yet. */
export interface RunPlan {
  readonly kind: RunKind;
  readonly config: Config;
  readonly task: Task;
  /** Of a text task: its problems, which a new run keeps. */
  readonly problems?: string;
  /** What people call a new run; its folder's name unless given. */
  readonly title?: string;
  /** Where a new run is to go; null: a fresh place under `runs`. */
  readonly out: Place | null;
  /** The run that goes on, and the state that it goes on from. */
  readonly resumed: Resumable | null;
}

/** A run that can go on: its place, the parameters of its model, and the state of what is trained. */
export interface Resumable {
  readonly place: Place;
  /** Name of the checkpoint that it goes on from: the latest, unless that is damaged. */
  readonly checkpoint: string;
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly snapshot: Snapshot;
}

/** A run folder that is open for writing, and what people call it. */
export interface OpenRun {
  readonly folder: RunFolder;
  readonly place: Place;
}

/** What shows a run at work. */
export interface RunView<R> {
  show(record: R): void;
  /** The step in hand will be the last. */
  interrupted(): void;
  /** Takes off the terminal what does not stay. */
  clear(): void;
}

/** Finds everything that can be wrong with flags and files. */
export async function planRun(flags: RunFlags, kind: RunKind): Promise<RunPlan> {
  if (flags.resume !== undefined) return planResumed(flags, flags.resume, kind);
  const { config: given, ...prepared } = await prepare(sourcesFromFlags(flags, `${kind}.steps`));
  if (kind === "sft") checkTeaches(prepared.task);
  const config = kind === "sft" ? sftConfigOf(given) : given;
  const out = flags.out === undefined ? null : await outFor(flags.out);
  return { kind, config, ...prepared, out, resumed: null };
}

/** @throws BellowsError `config-invalid` for a task that has no teacher to imitate. */
function checkTeaches({ name, script }: Task): void {
  if (script !== undefined) return;
  throw new BellowsError(
    "config-invalid",
    `task.name is ${name}; it must be a task with a teacher to imitate`,
    {
      field: "task.name",
      hint: `A published model needs none: start from it by ${programCall()} train --set init=<folder>`,
    },
  );
}

/** Makes the run folder, or opens the one that goes on and takes it back to its checkpoint. */
export async function openRun({ kind, config, problems, title, out, resumed }: RunPlan): Promise<OpenRun> {
  if (resumed !== null) {
    const { place, checkpoint, snapshot } = resumed;
    const { storage, path } = place;
    const folder = await RunFolder.open(storage, path);
    const before = await readLog(storage, path, "metrics");
    await folder.resume({}, checkpoint);
    const after = await readLog(storage, path, "metrics");
    await folder.append("metrics", markersLost(before, after, snapshot.progress.step));
    await folder.writeConfig(config);
    return { folder, place };
  }
  const run = await createRun(kind, config, out);
  if (problems !== undefined) await run.folder.writeProblems(problems);
  await writeAbout(run.place.storage, run.place.path, { kind, ...(title === undefined ? {} : { title }) });
  return run;
}

/** Loads a named checkpoint of a run, e.g. `reference`. */
export function loadOf(run: Place, name: string, config: Config, task: Task) {
  return loadFitting(checkpointAt(run, name), config, task, readingProgress());
}

function checkpointAt({ storage, path }: Place, name: string): CheckpointPlace {
  return { storage, path: checkpointPath(path, name) };
}

/**
 * Runs a trainer to its end or to an interrupt, logging every record and saving checkpoints. A checkpoint is made before
 * the evaluation that may follow it, so that a run that goes on from there logs what an uninterrupted one does.
 * @param logger is told every line of the log.
 * @returns the exit status.
 */
export async function trainInto<R extends RunRecord>(
  { folder }: OpenRun,
  trainer: {
    readonly engine: Engine;
    readonly isDone: boolean;
    run(): AsyncGenerator<R, void, void>;
    snapshot(): Promise<Snapshot>;
  },
  view: RunView<R>,
  logger: MetricsLogger | null,
): Promise<number> {
  let interrupted = false;
  const stopListening = onInterrupt(() => {
    if (interrupted) exit(INTERRUPTED_STATUS); // the second time in earnest: what was saved is saved
    interrupted = true;
    view.interrupted();
  });
  const { checkpointEvery } = trainer.engine.config.train;
  const checkpoint = async () => checkpointOf(trainer.engine, await trainer.snapshot());
  try {
    for await (const record of trainer.run()) {
      const line = logLine(record);
      await folder.append("metrics", [line]);
      logger?.log(line);
      view.show(record);
      if (record.type !== "step" && record.type !== "sft") continue;
      if (record.type === "step") await folder.append("samples", record.samples);
      const done = record.step + 1;
      const due = checkpointEvery > 0 && done % checkpointEvery === 0;
      if (due || interrupted || trainer.isDone) await folder.saveStep(done, await checkpoint());
      if (interrupted && !trainer.isDone) return INTERRUPTED_STATUS;
    }
  } finally {
    stopListening();
    view.clear();
  }
  const end = await trainer.snapshot();
  await folder.saveNamed("final", checkpointOf(trainer.engine, end));
  const merged = await mergedCheckpointOf(trainer.engine, end);
  if (merged !== undefined) await folder.saveNamed(MERGED, merged);
  return 0;
}

async function planResumed(flags: RunFlags, resume: string, kind: RunKind): Promise<RunPlan> {
  for (const flag of ["preset", "config", "recipe", "set", "seed", "out"] as const) {
    if (flags[flag] === undefined) continue;
    throw new BellowsError(
      "config-invalid",
      `--${flag} cannot go with --resume; a run goes on with its own config`,
      { field: flag, hint: "Only --steps can be given anew." },
    );
  }
  const place = placeOf(resume);
  const { storage, path, shown } = place;
  const file = await readRunConfig(storage, path);
  const found = await readAbout(storage, path);
  if (found.kind !== kind) {
    const message = `${shown} is a run of bellows ${COMMANDS[found.kind]}, not of ${COMMANDS[kind]}`;
    const hint = `Go on with it by ${programCall()} ${COMMANDS[found.kind]} --resume ${shown}`;
    throw new BellowsError("input-invalid", message, { field: "resume", hint });
  }
  const settings = flags.steps === undefined ? [] : [`${kind}.steps=${flags.steps}`];
  const kept = await keptProblems(place);
  await storage.recover(path);
  const { content, name, damage } = await readWholeCheckpoint(storage, path, async (name) => {
    const at = checkpointAt(place, name);
    const { config, task } = await prepare({ file, settings }, { place: at, ...kept });
    const checkpoint = await loadOf(place, name, config, task);
    return { config, task, parameters: checkpoint.parameters, snapshot: snapshotOf(checkpoint, shown) };
  });
  const { config, task, ...state } = content;
  const { step } = state.snapshot.progress;
  const { steps } = config[kind];
  if (step > steps) {
    throw new BellowsError(
      "config-invalid",
      `${kind}.steps is ${steps}; it must be at least ${step}, the steps that ${shown} has done`,
      { field: `${kind}.steps`, hint: "Give a larger --steps." },
    );
  }
  if (damage !== null) complain(`warning: ${damage.message}; ${shown} goes on from step ${step}`);
  return { kind, config, task, out: null, resumed: { place, checkpoint: name, ...state } };
}

/** Where a new run is to go; nothing is made there yet. */
async function outFor(out: string): Promise<Place> {
  const place = placeOf(out);
  checkRunPath(place.path);
  await checkFree(place, `Choose another --out, or go on with --resume ${place.shown}.`);
  return place;
}

async function createRun(kind: RunKind, config: Config, out: Place | null): Promise<OpenRun> {
  if (out !== null) return { folder: await RunFolder.create(out.storage, out.path, config), place: out };
  const { storage, path } = placeOf(RUNS);
  const what = kind === "sft" ? "sft" : config.schedule.kind;
  const folder = await RunFolder.createFresh(
    storage,
    path,
    `${config.task.name}-${what}-seed${config.seed}`,
    config,
  );
  return { folder, place: { storage, path: folder.path, shown: folder.path } };
}
