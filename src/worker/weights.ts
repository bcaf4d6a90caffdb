import { BellowsError } from "../errors.ts";
import { type Checkpoint, type Expected, loadCheckpoint } from "../io/checkpoint.ts";
import { checkpointPath, latestCheckpoint } from "../io/run-folder.ts";
import { joinPath, type Storage } from "../io/storage.ts";
import { initialParameters } from "../model/init.ts";
import type { Task } from "../tasks/task.ts";
import { type Config, modelConfigOf } from "../train/config.ts";
import type { RunKind } from "./protocol.ts";
import type { SessionHost } from "./session-host.ts";

/** The bundled checkpoint. */
const BUNDLED = "pre-rl";

/** The checkpoint of a run that a KL penalty is measured from, as the command line program names it. */
export const REFERENCE = "reference";

/** What a checkpoint must fit to be trained under a config. */
export function expectedOf(config: Config, task: Task): Expected {
  const { tokens, pad, end } = task.vocabulary;
  return { config: modelConfigOf(config, task), vocabulary: { tokens, pad, end } };
}

/**
 * The weights that a config says to start from: `pre-rl`, `random`, a stored run, whose latest checkpoint is meant, or
 * `<run>/checkpoints/<name>`. SFT always starts from random ones, as `bellows sft` does.
 * @throws BellowsError `input-invalid` where there is none, `checkpoint-invalid` where it does not fit.
 */
export async function startingParameters(
  host: SessionHost,
  config: Config,
  task: Task,
  kind: RunKind,
): Promise<Float32Array<ArrayBuffer>> {
  if (kind === "sft" || config.init === "random") {
    return initialParameters(modelConfigOf(config, task), config.seed);
  }
  const [storage, path] = await findCheckpoint(host, config.init);
  return (await loadFitting(storage, path, config, task)).parameters;
}

/** A checkpoint that must fit the config's model and task. */
export async function loadFitting(
  storage: Storage,
  path: string,
  config: Config,
  task: Task,
): Promise<Checkpoint> {
  try {
    return await loadCheckpoint(storage, path, expectedOf(config, task));
  } catch (error) {
    if (!(error instanceof BellowsError) || error.code !== "checkpoint-invalid") throw error;
    throw new BellowsError(error.code, error.message, {
      ...(error.field === undefined ? {} : { field: error.field }),
      hint: error.hint || "Start from a checkpoint of this shape and task, or set init to random.",
      cause: error,
    });
  }
}

async function findCheckpoint({ bundled, runs }: SessionHost, name: string): Promise<[Storage, string]> {
  if (name === BUNDLED) return [bundled, BUNDLED];
  if (await runs.exists(joinPath(name, "model.safetensors"))) return [runs, name];
  const latest = await latestCheckpoint(runs, name);
  if (latest !== undefined) return [runs, checkpointPath(name, latest)];
  throw new BellowsError("input-invalid", `there is no checkpoint ${name} here`, {
    field: "init",
    hint: "Set init to pre-rl, to random, or to a run in the list of runs.",
  });
}
