/** Where weights come from, on any host. */
import { BellowsError, invalid } from "../errors.ts";
import {
  ADAPTER_CONFIG,
  ADAPTER_WEIGHTS,
  type Adapters,
  type Checkpoint,
  type Expected,
  loadCheckpoint,
  type ReadProgress,
  readAdapters,
} from "../io/checkpoint.ts";
import { checkpointPath, latestCheckpoint } from "../io/run-folder.ts";
import { joinPath, type Storage } from "../io/storage.ts";
import { hasWeights } from "../io/weight-files.ts";
import { ADAPTER_TARGETS, type AdapterSettings } from "../model/adapter-settings.ts";
import type { ModelConfig } from "../model/config.ts";
import { initialParameters } from "../model/init.ts";
import type { Task } from "../tasks/task.ts";
import { adaptersOf, type Config, modelConfigOf } from "./config.ts";
import type { PolicyWeights } from "./engine.ts";

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
  const hasAdapters = await storage.exists(joinPath(path, ADAPTER_WEIGHTS));
  if (hasAdapters || (await hasWeights(storage, path))) return { storage, path };
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
 * The policy that a checkpoint holds, under a config. Adapters that it does not have are what the config says that they start as.
 * @throws BellowsError `config-invalid` where adapters are not as the config has them; `input-invalid` or `checkpoint-invalid`
 * for `lora.init`.
 */
export async function policyIn(
  { parameters, adapters }: Pick<Checkpoint, "parameters" | "adapters">,
  sources: CheckpointSources,
  config: Config,
  task: Task,
): Promise<PolicyWeights> {
  const settings = adaptersOf(config);
  const model = modelConfigOf(config, task);
  const isNamed = settings !== undefined && config.lora.init !== "random";
  const given = adapters ?? (isNamed ? await loadAdapters(sources, config.lora.init, model) : undefined);
  if (given !== undefined) checkSettings(config, given.settings);
  if (settings === undefined) return { parameters, trained: parameters };
  if (given !== undefined) return { parameters, trained: given.values };
  const { AdapterTable, initialAdapters } = await import("../model/adapters.ts");
  return { parameters, trained: initialAdapters(new AdapterTable(model, settings), config.seed) };
}

/**
 * The policy that a config says to start from.
 * @throws BellowsError as {@link findCheckpoint}, {@link loadFitting} and {@link policyIn}.
 */
export async function startingWeights(
  sources: CheckpointSources,
  config: Config,
  task: Task,
  progress?: ReadProgress,
): Promise<PolicyWeights> {
  const checkpoint =
    config.init === "random"
      ? { parameters: initialParameters(modelConfigOf(config, task), config.seed) }
      : await loadFitting(await findCheckpoint(sources, config.init, "init"), config, task, progress);
  return policyIn(checkpoint, sources, config, task);
}

/** Adapters of a folder in PEFT's layout. */
async function loadAdapters(
  { locate }: CheckpointSources,
  name: string,
  model: ModelConfig,
): Promise<Adapters> {
  const { storage, path } = locate(name);
  if (await storage.exists(joinPath(path, ADAPTER_CONFIG))) {
    return (await readAdapters(storage, path, model)).adapters;
  }
  throw new BellowsError("input-invalid", `there are no adapters in ${name}`, {
    field: "lora.init",
    hint: `It must be a folder with ${ADAPTER_CONFIG} and ${ADAPTER_WEIGHTS}, as PEFT writes them.`,
  });
}

/** Holds the settings of adapters that are there against those of a config. */
function checkSettings({ lora }: Config, { rank, alpha, targets }: AdapterSettings): void {
  const inOrder = (names: readonly string[]) => ADAPTER_TARGETS.filter((name) => names.includes(name)).join();
  const fields = [
    ["rank", lora.rank, rank],
    ["alpha", lora.alpha, alpha],
    ["targets", inOrder(lora.targets.split(",")), inOrder(targets)],
  ] as const;
  for (const [field, is, right] of fields) {
    if (is !== right) throw invalid("config-invalid", `lora.${field}`, is, `${right}, as in the adapters`);
  }
}
