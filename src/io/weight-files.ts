import { BellowsError } from "../errors.ts";
import { Safetensors, type TensorEntry } from "./safetensors.ts";
import { joinPath, type Storage } from "./storage.ts";

/** The weights of a model in one file, and the file that says in which of several they are. */
export const WEIGHTS = "model.safetensors";
export const WEIGHTS_INDEX = "model.safetensors.index.json";

/** Tensors by name, in one safetensors file or in several. */
export interface TensorFiles {
  /** How messages name the file, or the index of the files. */
  readonly name: string;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  copy(name: string, target: Float32Array<ArrayBuffer>): Promise<void>;
}

/** Opens a safetensors file of a folder. */
export async function openTensors(storage: Storage, folder: string, part: string): Promise<TensorFiles> {
  const path = joinPath(folder, part);
  return Safetensors.open(await storage.open(path), path);
}

/** Whether a folder has weights, in one file or in several. */
export async function hasWeights(storage: Storage, folder: string): Promise<boolean> {
  for (const part of [WEIGHTS, WEIGHTS_INDEX]) {
    if (await storage.exists(joinPath(folder, part))) return true;
  }
  return false;
}

/**
 * Opens the weights of a folder: `model.safetensors`, or else the shards that `model.safetensors.index.json` lists.
 * @throws BellowsError `checkpoint-invalid` where there are none, or the index and the shards do not agree.
 */
export async function openWeights(storage: Storage, folder: string): Promise<TensorFiles> {
  if (await storage.exists(joinPath(folder, WEIGHTS))) return openTensors(storage, folder, WEIGHTS);
  const index = joinPath(folder, WEIGHTS_INDEX);
  if (await storage.exists(index)) {
    // Fetched only when it is needed: no toy is that large.
    const { openShards } = await import("./shards.ts");
    return openShards(storage, folder, index);
  }
  throw new BellowsError(
    "checkpoint-invalid",
    `${joinPath(folder, WEIGHTS)} is missing; a checkpoint folder has it`,
    {
      field: WEIGHTS,
      hint: `A checkpoint is a folder with config.json, tokenizer.json and ${WEIGHTS}, or ${WEIGHTS_INDEX} and its shards.`,
    },
  );
}
