import { folderStorage, packageFolder, placeOf } from "../host/node-program.ts";
import type { Checkpoint } from "../io/checkpoint.ts";
import { joinPath } from "../io/storage.ts";
import type { Task } from "../tasks/task.ts";
import type { Config } from "../train/config.ts";
import type { PolicyWeights } from "../train/engine.ts";
import { type CheckpointSources, findCheckpoint, loadFitting, policyIn } from "../train/weights.ts";
import { readingProgress } from "./terminal.ts";

/** Where the bundled checkpoints lie in the package: the page serves them from there too. */
const BUNDLED_FOLDER = "web/public/checkpoints";

/** The checkpoints of this machine: names are paths. */
export function checkpointSources(): CheckpointSources {
  return { bundled: folderStorage(joinPath(packageFolder(), BUNDLED_FOLDER)), locate: placeOf };
}

/** The policy of the checkpoint of this name, which must fit the config's model and task, and where training stood. */
export async function loadNamed(
  config: Config,
  task: Task,
  name: string,
): Promise<{ weights: PolicyWeights } & Pick<Checkpoint, "trainer">> {
  const sources = checkpointSources();
  const place = await findCheckpoint(sources, name, "checkpoint");
  const checkpoint = await loadFitting(place, config, task, readingProgress());
  const { trainer } = checkpoint;
  const weights = await policyIn(checkpoint, sources, config, task);
  return trainer === undefined ? { weights } : { weights, trainer };
}
