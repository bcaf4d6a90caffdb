/** Where weights come from, on any host. */
import { BellowsError } from "../errors.ts";
import { type Checkpoint, type Expected, loadCheckpoint, type ReadProgress } from "../io/checkpoint.ts";
import { checkpointPath, latestCheckpoint } from "../io/run-folder.ts";
import type { Storage } from "../io/storage.ts";
import { hasWeights } from "../io/weight-files.ts";
import { initialParameters } from "../model/init.ts";
import type { Task } from "../tasks/task.ts";
import { type Config, modelConfigOf } from "./config.ts";

/** Names of the checkpoints that come with bellows. web/public/checkpoints/README.md tells what they are. */
const BUNDLED: readonly string[] = ["pre-rl", "two-modes"];

/** Whether a checkpoint of this name comes with bellows. */
export function isBundled(name: string): boolean {
  return BUNDLED.includes(name);
}

/** The checkpoint of a run that holds the policy it started from, where a reference policy is needed; what `init` named may be gone when the run goes on. */
export const REFERENCE = "reference";

/** A folder in a storage. */
export interface CheckpointPlace {
  readonly storage: Storage;
  readonly path: string;
}

/** What a host knows by name. */
export interface CheckpointSources {
  /** Checkpoints that come with bellows, by name; read only. */
  readonly bundled: Storage;
  /** Where a run or checkpoint that is not bundled would lie. */
  locate(name: string): CheckpointPlace;
}

/** What a checkpoint must fit to be trained under a config. */
export function expectedOf(config: Config, task: Task): Expected {
  return { config: modelConfigOf(config, task), vocabulary: task.vocabulary.stored };
}

/**
 * Finds a checkpoint by what a user calls it: a bundled one by its name, a checkpoint folder, or a run folder, whose latest checkpoint is
 * meant.
 * @param field what named it, e.g. the setting `init`.
 * @throws BellowsError `input-invalid` where there is none.
 */
export async function findCheckpoint(
  { bundled, locate }: CheckpointSources,
  name: string,
  field: string,
): Promise<CheckpointPlace> {
  if (isBundled(name)) return { storage: bundled, path: name };
  const { storage, path } = locate(name);
  if (await hasWeights(storage, path)) return { storage, path };
  const latest = await latestCheckpoint(storage, path);
  if (latest !== undefined) return { storage, path: checkpointPath(path, latest) };
  throw new BellowsError("input-invalid", `there is no checkpoint ${name}`, {
    field,
    hint: `It must be ${BUNDLED.join(", ")}, a run that has saved one, or a folder with config.json and model.safetensors.`,
  });
}

/**
 * A checkpoint that must fit the config's model and task.
 * @throws BellowsError `checkpoint-invalid` where it does not.
 */
export async function loadFitting(
  { storage, path }: CheckpointPlace,
  config: Config,
  task: Task,
  progress?: ReadProgress,
): Promise<Checkpoint> {
  try {
    return await loadCheckpoint(storage, path, expectedOf(config, task), progress);
  } catch (error) {
    if (!(error instanceof BellowsError) || error.code !== "checkpoint-invalid") throw error;
    throw new BellowsError(error.code, error.message, {
      ...(error.field === undefined ? {} : { field: error.field }),
      hint: error.hint || "Start from a checkpoint of this shape and task, or with init=random.",
      cause: error,
    });
  }
}

/**
 * The parameters that a config says to start from.
 * @throws BellowsError as {@link findCheckpoint} and {@link loadFitting}.
 */
export async function startingParameters(
  sources: CheckpointSources,
  config: Config,
  task: Task,
  progress?: ReadProgress,
): Promise<Float32Array<ArrayBuffer>> {
  if (config.init === "random") return initialParameters(modelConfigOf(config, task), config.seed);
  return (await loadFitting(await findCheckpoint(sources, config.init, "init"), config, task, progress))
    .parameters;
}
