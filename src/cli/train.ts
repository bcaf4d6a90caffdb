import { BellowsError } from "../errors.ts";
import {
  checkFree,
  exit,
  INTERRUPTED_STATUS,
  onInterrupt,
  type Place,
  peakResidentBytes,
  placeOf,
  residentBytes,
} from "../host/node-program.ts";
import { checkRunPath, latestCheckpoint, RunFolder, readRunConfig } from "../io/run-folder.ts";
import { createTask } from "../tasks/registry.ts";
import type { Task } from "../tasks/task.ts";
import { type Config, modelConfigOf } from "../train/config.ts";
import { buildEngine, compileAll } from "../train/engine.ts";
import { plannedBytes, preflight } from "../train/preflight.ts";
import { logLine } from "../train/records.ts";
import { composeConfig } from "../train/settings.ts";
import { type Progress, type Snapshot, Trainer } from "../train/trainer.ts";
import { loadFor, startingParameters } from "./checkpoints.ts";
import { chooseVariants, openDevice } from "./device.ts";
import { type ConfigFlags, configFromFlags } from "./flags.ts";
import { writeReport } from "./run-report.ts";
import { TrainingView } from "./training-view.ts";

export interface TrainFlags extends ConfigFlags {
  readonly resume?: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly variants?: string;
  readonly preflight?: boolean;
}

/** What V8's heap takes over the first steps, beyond what is held after the trial rollout; measured. */
const HEAP_GROWTH_BYTES = 36 * 2 ** 20;

/** Folder in which runs are made unless `--out` names one. */
const RUNS = "runs";

/** The checkpoint of a run that a KL penalty is measured from; what `init` named may be gone when the run goes on. */
const REFERENCE = "reference";

/** `bellows train`: trains, logs, saves and reports. Returns the exit status. */
export async function runTrain(flags: TrainFlags): Promise<number> {
  const { config, resumePlace } = await configOf(flags);
  const task = createTask(config.task.name, config.task.settings);
  // Everything that can be wrong with files is found before the device is opened, and nothing is changed until then.
  const resumed = resumePlace === null ? null : await readSnapshot(resumePlace, config, task);
  const start = resumed === null ? await startingParameters(config, task) : null;
  const hasPenalty = config.rl.klKind !== "none";
  const reference = hasPenalty ? (start ?? (await readReference(resumePlace!, config, task))) : undefined;
  const out = flags.out === undefined ? null : await outFor(flags.out);

  const view = new TrainingView(config, flags.json === true);
  const gpu = await openDevice();
  const variants = await chooseVariants(gpu, modelConfigOf(config, task), flags.variants ?? "auto");
  const planned = await plannedBytes(gpu, config, variants);
  view.device(gpu, variants);
  const engine = await buildEngine(gpu, config, variants);
  engine.model.writeParameters(resumed?.parameters ?? start!);
  const trainer = new Trainer(engine, {
    ...(resumed === null ? {} : { resumed }),
    ...(reference === undefined ? {} : { reference }),
  });
  await compileAll(gpu, view.compiling);
  if (flags.preflight !== false && resumed === null) {
    // By now everything is compiled and every buffer was written once, so that little is still to come.
    const found = await preflight(trainer, planned);
    view.preflight({ ...found, residentBytes: residentBytes() + HEAP_GROWTH_BYTES });
  }

  const run = resumePlace === null ? await createRun(out, config) : await openRun(resumePlace, config);
  if (hasPenalty && resumed === null) await run.folder.saveNamed(REFERENCE, await checkpointOf(trainer));
  view.start(run.shown, trainer.step);
  const status = await trainInto(run, trainer, view);
  await writeReport(run.place.storage, run.folder.path, config, gpu, variants);
  view.finish(run.shown, { gpuBytes: gpu.buffers.peakBytes, residentBytes: peakResidentBytes() });
  gpu.close();
  return status;
}

/** A run folder that is open for writing, and what people call it. */
interface OpenRun {
  readonly folder: RunFolder;
  readonly place: Place;
  readonly shown: string;
}

async function configOf(flags: TrainFlags): Promise<{ config: Config; resumePlace: Place | null }> {
  if (flags.resume === undefined) return { config: configFromFlags(flags, "rl.steps"), resumePlace: null };
  for (const flag of ["preset", "config", "set", "seed", "out"] as const) {
    if (flags[flag] === undefined) continue;
    throw new BellowsError(
      "config-invalid",
      `--${flag} cannot go with --resume; a run goes on with its own config`,
      {
        field: flag,
        hint: "Only --steps can be given anew.",
      },
    );
  }
  const resumePlace = placeOf(flags.resume);
  const file = await readRunConfig(resumePlace.storage, resumePlace.path);
  const settings = flags.steps === undefined ? [] : [`rl.steps=${flags.steps}`];
  return { config: composeConfig({ file, settings }), resumePlace };
}

/** The state that a run goes on from: its latest checkpoint. Takes nothing back yet. */
async function readSnapshot({ storage, path, shown }: Place, config: Config, task: Task): Promise<Snapshot> {
  await storage.recover(path);
  if ((await latestCheckpoint(storage, path)) === undefined) {
    throw new BellowsError("input-invalid", `${shown} has no checkpoint yet to go on from`, {
      field: "resume",
      hint: "Start it anew, under another name.",
    });
  }
  const { parameters, optimizer, trainer } = await loadFor(config, task, shown);
  if (optimizer === undefined || trainer === undefined) {
    throw new BellowsError(
      "checkpoint-invalid",
      `${shown} has no state of optimizer and trainer to go on from`,
    );
  }
  const progress = trainer.state as unknown as Progress;
  if (progress.step > config.rl.steps) {
    throw new BellowsError(
      "config-invalid",
      `rl.steps is ${config.rl.steps}; it must be at least ${progress.step}, the steps that ${shown} has done`,
      { field: "rl.steps", hint: "Give a larger --steps." },
    );
  }
  return { parameters, ...optimizer, progress };
}

/** Opens a run to go on with it, and takes it back to its latest checkpoint. */
async function openRun(place: Place, config: Config): Promise<OpenRun> {
  const folder = await RunFolder.open(place.storage, place.path);
  await folder.resume();
  await folder.writeConfig(config);
  return { folder, place, shown: place.shown };
}

/** Where a new run is to go; nothing is made there yet. */
async function outFor(out: string): Promise<Place> {
  const place = placeOf(out);
  checkRunPath(place.path);
  await checkFree(place, `Choose another --out, or go on with --resume ${place.shown}.`);
  return place;
}

async function createRun(out: Place | null, config: Config): Promise<OpenRun> {
  if (out !== null) {
    const folder = await RunFolder.create(out.storage, out.path, config);
    return { folder, place: out, shown: out.shown };
  }
  const { storage, path } = placeOf(RUNS);
  const name = `${config.task.name}-${config.schedule.kind}-seed${config.seed}`;
  const folder = await RunFolder.createFresh(storage, path, name, config);
  return { folder, place: { storage, path: folder.path, shown: folder.path }, shown: folder.path };
}

/**
 * Runs the trainer to its end or to an interrupt, logging every record and saving checkpoints. A checkpoint is made before
 * the evaluation that may follow it, so that a run that goes on from there logs what an uninterrupted one does.
 */
async function trainInto({ folder }: OpenRun, trainer: Trainer, view: TrainingView): Promise<number> {
  let interrupted = false;
  const stopListening = onInterrupt(() => {
    if (interrupted) exit(INTERRUPTED_STATUS); // the second time in earnest: what was saved is saved
    interrupted = true;
    view.interrupted();
  });
  const { checkpointEvery } = trainer.engine.config.train;
  const { steps } = trainer.engine.config.rl;
  try {
    for await (const record of trainer.run()) {
      await folder.append("metrics", [logLine(record)]);
      view.show(record);
      if (record.type !== "step") continue;
      await folder.append("samples", record.samples);
      const done = record.step + 1;
      const due = checkpointEvery > 0 && done % checkpointEvery === 0;
      if (due || interrupted || done === steps) await folder.saveStep(done, await checkpointOf(trainer));
      if (interrupted && done < steps) return INTERRUPTED_STATUS;
    }
  } finally {
    stopListening();
    view.clear();
  }
  await folder.saveNamed("final", await checkpointOf(trainer));
  return 0;
}

/** The policy that a run with a KL penalty started from. */
async function readReference({ shown }: Place, config: Config, task: Task) {
  return (await loadFor(config, task, `${shown}/checkpoints/${REFERENCE}`)).parameters;
}

async function checkpointOf(trainer: Trainer) {
  const { engine } = trainer;
  const { parameters, firstMoment, secondMoment, progress } = await trainer.snapshot();
  const { tokens, pad, end } = engine.task.vocabulary;
  return {
    config: engine.model.context.config,
    vocabulary: { tokens, pad, end },
    parameters,
    optimizer: { firstMoment, secondMoment },
    trainer: progress,
  };
}
