import { decodeJson, isJsonObject, type Json, refuse, shown } from "./json.ts";
import type { TensorEntry } from "./safetensors.ts";
import { joinPath, type Storage } from "./storage.ts";
import { openTensors, type TensorFiles } from "./weight-files.ts";

/** Bytes of the largest index: four times that of the largest model published. */
const MAX_INDEX = 2 ** 24;

/**
 * Opens the weights of a folder that an index lists in several files.
 * @throws BellowsError `checkpoint-invalid` where the index and the files do not agree.
 */
export async function openShards(storage: Storage, folder: string, index: string): Promise<TensorFiles> {
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
