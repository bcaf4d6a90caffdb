import { BellowsError } from "../errors.ts";
import { decodeJson, isJsonObject, type Json, refuse, shown } from "./json.ts";
import { Safetensors, type TensorEntry } from "./safetensors.ts";
import { joinPath, type Storage } from "./storage.ts";

/** The weights of a model in one file, and the file that says in which of several they are. */
export const WEIGHTS = "model.safetensors";
export const WEIGHTS_INDEX = "model.safetensors.index.json";

/** Bytes of the largest index: four times that of the largest model published. */
const MAX_INDEX = 2 ** 24;

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
  if (await storage.exists(index)) return openShards(storage, folder, index);
  throw new BellowsError(
    "checkpoint-invalid",
    `${joinPath(folder, WEIGHTS)} is missing; a checkpoint folder has it`,
    {
      field: WEIGHTS,
      hint: `A checkpoint is a folder with config.json, tokenizer.json and ${WEIGHTS}, or ${WEIGHTS_INDEX} and its shards.`,
    },
  );
}

async function openShards(storage: Storage, folder: string, index: string): Promise<TensorFiles> {
  const { size, read } = await storage.open(index);
  if (size > MAX_INDEX) refuse(index, "its length", size, `at most ${MAX_INDEX} bytes`);
  const { weight_map } = decodeJson(await read(0, size), index);
  if (!isJsonObject(weight_map)) refuse(index, "weight_map", weight_map, "an object: tensor → file");
  const shardOf = new Map(
    Object.entries(weight_map).map(([name, file]) => [name, shardName(index, name, file)]),
  );
  const shards = new Map<string, TensorFiles>();
  const tensors = new Map<string, TensorEntry>();
  const names = new Set(shardOf.values());
  for (const shard of names) {
    if (!(await storage.exists(joinPath(folder, shard)))) {
      refuse(
        index,
        "weight_map",
        shard,
        `the name of a file that is there: ${joinPath(folder, shard)} is missing`,
      );
    }
  }
  for (const shard of names) {
    const file = await openTensors(storage, folder, shard);
    shards.set(shard, file);
    for (const [name, entry] of file.tensors) {
      const listed = shardOf.get(name);
      if (listed !== shard)
        refuse(index, `weight_map[${shown(name)}]`, listed, `${shown(shard)}, which has it`);
      tensors.set(name, entry);
    }
  }
  for (const [name, shard] of shardOf) {
    if (!tensors.has(name)) refuse(index, `weight_map[${shown(name)}]`, shard, "a file that has this tensor");
  }
  return { name: index, tensors, copy: (name, target) => shards.get(shardOf.get(name)!)!.copy(name, target) };
}

/** A file in the same folder: an index that comes from anywhere must not lead anywhere else. */
function shardName(index: string, tensor: string, file: Json): string {
  if (typeof file === "string" && /^[\w-][\w.-]*\.safetensors$/.test(file)) return file;
  return refuse(
    index,
    `weight_map[${shown(tensor)}]`,
    file,
    "the name of a .safetensors file in the same folder",
  );
}
