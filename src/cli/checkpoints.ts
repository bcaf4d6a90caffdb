import { BellowsError } from "../errors.ts";
import { folderStorage, type Place, packageFolder, placeOf } from "../host/node-program.ts";
import { type Checkpoint, loadCheckpoint } from "../io/checkpoint.ts";
import { checkpointPath, latestCheckpoint, readRunConfig } from "../io/run-folder.ts";
import { joinPath } from "../io/storage.ts";
import { initialParameters } from "../model/init.ts";
import type { Task } from "../tasks/task.ts";
import { type Config, modelConfigOf } from "../train/config.ts";
import { composeConfig } from "../train/settings.ts";
import { type ConfigFlags, configFromFlags, settingsOf } from "./flags.ts";

/** Name by which the checkpoint that comes with bellows is known. */
export const BUNDLED = "pre-rl";

/** Where the bundled checkpoints lie in the package: the page serves them from there too. */
const BUNDLED_FOLDER = "web/public/checkpoints";

/**
 * Finds a checkpoint by what a user calls it: `pre-rl`, a checkpoint folder, or a run folder, whose last checkpoint is meant.
 * @throws BellowsError `input-invalid` where there is none.
 */
export async function findCheckpoint(name: string): Promise<Place> {
  if (name === BUNDLED) {
    return {
      storage: folderStorage(joinPath(packageFolder(), BUNDLED_FOLDER)),
      path: BUNDLED,
      shown: BUNDLED,
    };
  }
  const place = placeOf(name);
  const { storage, path } = place;
  if (await storage.exists(joinPath(path, "model.safetensors"))) return place;
  const chosen = await latestCheckpoint(storage, path);
  if (chosen !== undefined) {
    const folder = checkpointPath(path, chosen);
    return { storage, path: folder, shown: `${name}/checkpoints/${chosen}` };
  }
  throw new BellowsError("input-invalid", `there is no checkpoint ${name}`, {
    field: "checkpoint",
    hint: "Name a folder with config.json and model.safetensors, a run folder, or pre-rl.",
  });
}

/**
 * The config for a command that looks at a checkpoint. A run, named itself or by one of its checkpoints, brings its own
 * config, which `--set` and `--seed` change and `--preset` or `--config` replaces.
 */
export async function configForCheckpoint(name: string | undefined, flags: ConfigFlags): Promise<Config> {
  const isNew = flags.preset !== undefined || flags.config !== undefined;
  const run = name === undefined || name === BUNDLED || isNew ? undefined : await runOf(name);
  if (run === undefined) return configFromFlags(flags, null);
  return composeConfig({ file: await readRunConfig(run.storage, run.path), settings: settingsOf(flags) });
}

/** The run that a name stands for, or that the checkpoint of this name lies in. */
async function runOf(name: string): Promise<Place | undefined> {
  for (const path of [name, `${name}/../..`]) {
    const place = placeOf(path);
    if ((await latestCheckpoint(place.storage, place.path)) !== undefined) return place;
  }
  return undefined;
}

/** A checkpoint that must fit the config's model and task. */
export async function loadFor(config: Config, task: Task, name: string): Promise<Checkpoint> {
  const { storage, path } = await findCheckpoint(name);
  const { tokens, pad, end } = task.vocabulary;
  try {
    return await loadCheckpoint(storage, path, {
      config: modelConfigOf(config, task),
      vocabulary: { tokens, pad, end },
    });
  } catch (error) {
    if (!(error instanceof BellowsError) || error.code !== "checkpoint-invalid") throw error;
    throw new BellowsError(error.code, error.message, {
      ...(error.field === undefined ? {} : { field: error.field }),
      hint: error.hint || "Start from a checkpoint of this shape and task, or from --set init=random.",
      cause: error,
    });
  }
}

/** The parameters that a config says to start from. */
export async function startingParameters(config: Config, task: Task): Promise<Float32Array<ArrayBuffer>> {
  if (config.init === "random") return initialParameters(modelConfigOf(config, task), config.seed);
  return (await loadFor(config, task, config.init)).parameters;
}
