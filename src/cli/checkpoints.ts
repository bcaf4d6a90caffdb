import { folderStorage, packageFolder, placeOf } from "../host/node-program.ts";
import type { Checkpoint } from "../io/checkpoint.ts";
import { joinPath } from "../io/storage.ts";
import type { Task } from "../tasks/task.ts";
import type { Config } from "../train/config.ts";
import { type CheckpointSources, findCheckpoint, loadFitting } from "../train/weights.ts";
import { readingProgress } from "./terminal.ts";

/** Where the bundled checkpoints lie in the package: the page serves them from there too. */
const BUNDLED_FOLDER = "web/public/checkpoints";

/** The checkpoints of this machine: names are paths. */
export function checkpointSources(): CheckpointSources {
  return { bundled: folderStorage(joinPath(packageFolder(), BUNDLED_FOLDER)), locate: placeOf };
}

/** The checkpoint of this name, which must fit the config's model and task. */
export async function loadNamed(config: Config, task: Task, name: string): Promise<Checkpoint> {
  const place = await findCheckpoint(checkpointSources(), name, "checkpoint");
  return loadFitting(place, config, task, readingProgress());
}
