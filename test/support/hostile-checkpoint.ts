/** A fuzzer of checkpoint folders: sound ones, damaged in config.json, index, headers and bytes, and what must hold of reading them. */
import { BellowsError } from "../../src/errors.ts";
import { loadWeights } from "../../src/io/checkpoint.ts";
import { modelConfigJson } from "../../src/io/hugging-face.ts";
import { MemoryStorage } from "../../src/io/memory-storage.ts";
import { joinPath, type Storage, type StoredFile } from "../../src/io/storage.ts";
import { DEFAULT_ARCHITECTURE, type ModelConfig } from "../../src/model/config.ts";
import { ParameterTable } from "../../src/model/parameters.ts";
import { Random, STREAM } from "../../src/random.ts";

type Fields = Record<string, unknown>;

/** A safetensors file before it is put together. */
interface Shard {
  readonly name: string;
  /** tensor → { dtype, shape, data_offsets } */
  readonly header: Fields;
  data: Uint8Array;
  /** What it claims to be the length of its header, where that is a lie. */
  headerLength?: bigint;
}

interface Folder {
  readonly config: Fields;
  readonly shards: Shard[];
  /** The index; without one there is a single file. */
  readonly index?: Fields;
}

const SHAPE: ModelConfig = {
  vocab_size: 7,
  hidden_size: 8,
  intermediate_size: 4,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 8,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
  ...DEFAULT_ARCHITECTURE,
};

const LLAMA: ModelConfig = {
  ...SHAPE,
  attention_bias: false,
  tie_word_embeddings: false,
  rope_scaling: {
    rope_type: "llama3",
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 32,
  },
};

const VOCABULARY = { tokens: [], pad: 0, end: 1 };
const VALUE_BYTES = { F32: 4, F16: 2, BF16: 2 };
const SEEDS = [
  { config: SHAPE, dtype: "F32", shards: 1 },
  { config: SHAPE, dtype: "BF16", shards: 2 },
  { config: LLAMA, dtype: "F16", shards: 1 },
  { config: LLAMA, dtype: "F32", shards: 3 },
] as const;

function soundFolder(seed: (typeof SEEDS)[number]): Folder {
  const { parameters } = new ParameterTable(seed.config);
  const weight_map: Record<string, unknown> = {};
  const shards = Array.from({ length: seed.shards }, (_, s): Shard => {
    const name = seed.shards === 1 ? "model.safetensors" : `model-0000${s + 1}.safetensors`;
    const header: Shard["header"] = {};
    let cursor = 0;
    for (const tensor of parameters.filter((_, t) => t % seed.shards === s)) {
      const end = cursor + tensor.size * VALUE_BYTES[seed.dtype];
      header[tensor.name] = { dtype: seed.dtype, shape: tensor.shape, data_offsets: [cursor, end] };
      weight_map[tensor.name] = name;
      cursor = end;
    }
    return { name, header, data: Uint8Array.from({ length: cursor }, (_, i) => i % 64) };
  });
  const config = { ...modelConfigJson(seed.config, VOCABULARY) };
  return seed.shards === 1 ? { config, shards } : { config, shards, index: { metadata: {}, weight_map } };
}

const NUMBERS = [-1, 0, 1, 2, 3, 7, 8, 16, 0.5, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e308, -(2 ** 53)];
const WORDS = [
  "",
  "F32",
  "F64",
  "I8",
  "llama",
  "qwen2",
  "mixtral",
  "constructor",
  "__proto__",
  "toString",
  "x".repeat(5000),
];
const FILES = [
  "../model.safetensors",
  "/etc/passwd",
  "..\\model.safetensors",
  "c:model.safetensors",
  "./model.safetensors",
  "model.safetensors/",
  "model.safetensors",
  "model-00001.safetensors",
  "model-00002.safetensors",
  "model-9.safetensors",
  "..",
  "a/b.safetensors",
  "config.json",
  "x.safetensors\0",
  "model.safetensors.bellows-partial",
];

function anyValue(random: Random): unknown {
  switch (random.integer(0, 7)) {
    case 0:
      return random.pick([null, true, false]);
    case 1:
      return random.pick(WORDS);
    case 2:
      return random.pick(FILES);
    case 3:
      return Array.from({ length: random.integer(0, 6) }, () => random.pick(NUMBERS));
    case 4:
      return {
        rope_type: random.pick(["linear", "llama3", "yarn", "default"]),
        factor: random.pick(NUMBERS),
      };
    case 5:
      return random.pick([[[]], {}, [{}], "[".repeat(200)]);
    default:
      return random.pick(NUMBERS);
  }
}

/** Changes, removes, copies or adds a field. */
function changeField(random: Random, fields: Fields): void {
  const names = Object.keys(fields);
  const name = names.length === 0 || random.chance(0.1) ? random.pick(WORDS) : random.pick(names);
  const kind = random.integer(0, 5);
  if (kind === 0) delete fields[name];
  else if (kind === 1 && names.length > 0) fields[name] = fields[random.pick(names)];
  else
    Object.defineProperty(fields, name, {
      value: anyValue(random),
      enumerable: true,
      configurable: true,
      writable: true,
    });
}

/** A number of a list that becomes another, or lies by a little. */
function changeNumber(random: Random, list: unknown): unknown {
  if (!Array.isArray(list) || list.length === 0) return anyValue(random);
  const changed = [...list];
  const at = random.integer(0, changed.length);
  const near = Number(changed[at]) + random.pick([-8, -4, -2, -1, 1, 2, 4, 8]);
  changed[at] = random.chance(0.5) ? random.pick(NUMBERS) : near;
  return changed;
}

function damage(random: Random, folder: Folder): void {
  const shard = random.pick(folder.shards);
  const tensor = shard.header[random.pick(Object.keys(shard.header))];
  switch (random.integer(0, 9)) {
    case 0:
      changeField(random, folder.config);
      break;
    case 1: {
      const rope = folder.config.rope_scaling;
      if (typeof rope === "object" && rope !== null) changeField(random, rope as Fields);
      else folder.config.rope_scaling = anyValue(random);
      break;
    }
    case 2:
      changeField(random, shard.header);
      break;
    case 3:
      if (isFields(tensor)) changeField(random, tensor);
      break;
    case 4:
      if (isFields(tensor)) {
        const field = random.pick(["shape", "data_offsets"]);
        tensor[field] = changeNumber(random, tensor[field]);
      }
      break;
    case 5:
      shard.headerLength = random.pick([
        0n,
        1n,
        7n,
        8n,
        100n,
        2n ** 31n,
        2n ** 32n + 8n,
        2n ** 53n,
        2n ** 64n - 1n,
      ]);
      break;
    case 6:
      shard.data = shard.data.slice(0, random.integer(0, shard.data.length + 1));
      break;
    case 7: {
      const map = folder.index?.weight_map;
      if (!isFields(map)) changeField(random, folder.config);
      else
        map[random.pick(Object.keys(map)) ?? "a"] = random.chance(0.8)
          ? random.pick(FILES)
          : anyValue(random);
      break;
    }
    case 8: {
      const map = folder.index?.weight_map;
      if (isFields(map) && random.chance(0.8)) changeField(random, map);
      else if (folder.index !== undefined) changeField(random, folder.index);
      break;
    }
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function encodeShard({ header, data, headerLength }: Shard): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, headerLength ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

/** Bytes that are flipped, cut, doubled, or lie elsewhere. */
function damageBytes(random: Random, bytes: Uint8Array): Uint8Array {
  const at = random.integer(0, bytes.length + 1);
  switch (random.integer(0, 4)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return new Uint8Array([...bytes.slice(0, at), ...bytes.slice(Math.max(0, at - random.integer(0, 40)))]);
    case 2:
      return new Uint8Array([...bytes, ...bytes.slice(at)]);
    default: {
      const damaged = bytes.slice();
      for (let i = random.integer(1, 5); i > 0; i--)
        damaged[random.integer(0, damaged.length)] = random.integer(0, 256);
      return damaged;
    }
  }
}

/** The files of the damaged checkpoint of this number; always the same ones. */
export function hostileCheckpoint(number: number): Map<string, Uint8Array> {
  const random = new Random(20_261, STREAM.trial, number);
  const folder = structuredClone(soundFolder(random.pick(SEEDS)));
  for (let changes = random.integer(0, 4); changes > 0; changes--) damage(random, folder);
  const files = new Map(folder.shards.map((shard) => [shard.name, encodeShard(shard)]));
  files.set("config.json", new TextEncoder().encode(JSON.stringify(folder.config)));
  if (folder.index !== undefined) {
    files.set("model.safetensors.index.json", new TextEncoder().encode(JSON.stringify(folder.index)));
  }
  const names = [...files.keys()];
  if (random.chance(0.3)) {
    const name = random.pick(names);
    files.set(name, damageBytes(random, files.get(name)!));
  }
  if (random.chance(0.05)) files.delete(random.pick(names));
  return files;
}

/** A storage that fails the test where something outside of the folder is looked at, or more is read than there is. */
class WatchedStorage extends MemoryStorage {
  override async exists(path: string): Promise<boolean> {
    inside(path);
    return super.exists(path);
  }

  override async open(path: string): Promise<StoredFile> {
    inside(path);
    const { size, read } = await super.open(path);
    return {
      size,
      read: (begin, end) => {
        if (!(begin >= 0 && begin <= end && end <= size))
          throw new Error(`${path}: bytes ${begin} to ${end} of ${size}`);
        return read(begin, end);
      },
    };
  }
}

function inside(path: string): void {
  if (!/^c\/[^/\\]+$/.test(path) || path === "c/..") throw new Error(`${path} is outside of the folder`);
}

/** Milliseconds that reading these small files may take, on a busy machine too. */
const PATIENCE = 5000;

/**
 * Reads a hostile checkpoint: it must be refused in words, or be a whole model of the bytes that are there.
 * @throws where it is neither.
 */
export async function tryHostileCheckpoint(number: number): Promise<"read" | "refused"> {
  const files = hostileCheckpoint(number);
  const storage = new WatchedStorage();
  for (const [name, bytes] of files) await storage.write(joinPath("c", name), [bytes]);
  const begin = performance.now();
  const outcome = await tryReading(storage, files);
  const took = performance.now() - begin;
  if (took > PATIENCE) throw new Error(`it took ${took} ms`);
  return outcome;
}

async function tryReading(
  storage: Storage,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<"read" | "refused"> {
  try {
    const { config, parameters } = await loadWeights(storage, "c");
    const table = new ParameterTable(config);
    const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
    if (parameters.length !== table.totalFloats) throw new Error("parameters do not fit their layout");
    if (table.count * 2 > bytes) throw new Error(`${table.count} parameters of ${bytes} bytes`);
    return "read";
  } catch (error) {
    if (!(error instanceof BellowsError) || error.code !== "checkpoint-invalid") throw error;
    if (error.message.length > 500) throw new Error(`a message of ${error.message.length} characters`);
    return "refused";
  }
}
