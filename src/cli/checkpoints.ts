import { folderStorage, type Place, packageFolder, placeOf } from "../host/node-program.ts";
import type { Checkpoint } from "../io/checkpoint.ts";
import { latestCheckpoint, readRunConfig } from "../io/run-folder.ts";
import { joinPath } from "../io/storage.ts";
import type { Task } from "../tasks/task.ts";
import type { Config } from "../train/config.ts";
import { composeConfig } from "../train/settings.ts";
import { type CheckpointSources, findCheckpoint, isBundled, loadFitting } from "../train/weights.ts";
import { type ConfigFlags, configFromFlags, settingsOf } from "./flags.ts";

/** Where the bundled checkpoints lie in the package: the page serves them from there too. */
const BUNDLED_FOLDER = "web/public/checkpoints";

/** The checkpoints of this machine: names are paths. */
export function checkpointSources(): CheckpointSources {
  return { bundled: folderStorage(joinPath(packageFolder(), BUNDLED_FOLDER)), locate: placeOf };
}

/** The checkpoint of this name, which must fit the config's model and task. */
export async function loadNamed(config: Config, task: Task, name: string): Promise<Checkpoint> {
  return loadFitting(await findCheckpoint(checkpointSources(), name, "checkpoint"), config, task);
}

/**
 * The config for a command that looks at a checkpoint. A run, named itself or by one of its checkpoints, brings its own
 * config, which `--set` and `--seed` change and `--preset`, `--config` or `--recipe` replaces.
 */
export async function configForCheckpoint(name: string | undefined, flags: ConfigFlags): Promise<Config> {
  const isNew = [flags.preset, flags.config, flags.recipe].some((flag) => flag !== undefined);
  const run = name === undefined || isBundled(name) || isNew ? undefined : await runOf(name);
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
