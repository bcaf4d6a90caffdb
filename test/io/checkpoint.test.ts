import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { type Checkpoint, loadCheckpoint, loadWeights, saveCheckpoint } from "../../src/io/checkpoint.ts";
import { decodeJson, encodeJson, type JsonObject } from "../../src/io/json.ts";
import { MemoryStorage } from "../../src/io/memory-storage.ts";
import { encodeSafetensors } from "../../src/io/safetensors.ts";
import type { ModelConfig } from "../../src/model/config.ts";
import { ParameterTable } from "../../src/model/parameters.ts";
import { FaultyDisk, soundStorage } from "./faulty-disk.ts";
import {
  bytesOf,
  expectFailure,
  ROUND_TRIPS,
  sampleCheckpoint,
  snapshot,
  TINY,
  WORDS,
  withFolder,
} from "./support.ts";

const fixtures = new NodeStorage(fileURLToPath(new URL("../fixtures/io", import.meta.url)));
const LLAMA3 = {
  rope_type: "llama3",
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 32,
} as const;
const DEEPER = { ...TINY, num_hidden_layers: 2, vocab_size: 7 };

/** A storage with the sample checkpoint in `c`. */
async function saved(checkpoint: Checkpoint<object> = sampleCheckpoint()): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  await saveCheckpoint(storage, "c", checkpoint);
  return storage;
}

/** Changes a JSON file of the checkpoint in `c`; a field that becomes undefined goes. */
async function edit(storage: MemoryStorage, file: string, changes: Record<string, unknown>): Promise<void> {
  const json = decodeJson(await storage.read(`c/${file}`), file);
  const text = JSON.stringify({ ...json, ...changes });
  await storage.write(`c/${file}`, [bytesOf(text)]);
}

/** Tensors by name, all zero. */
function zeros(shapes: Record<string, readonly number[]>) {
  return encodeSafetensors(
    Object.entries(shapes).map(([name, shape]) => {
      return { name, shape, values: new Float32Array(shape.reduce((product, n) => product * n, 1)) };
    }),
  );
}

function weightShapes(start = ""): Record<string, readonly number[]> {
  return Object.fromEntries(
    new ParameterTable(TINY).parameters.map(({ name, shape }) => [start + name, shape]),
  );
}

describe("checkpoint", () => {
  test.each<[string, ModelConfig]>([
    ["one layer", TINY],
    ["two layers", DEEPER],
    ["a Llama model", { ...DEEPER, attention_bias: false }],
    ["a head of its own", { ...TINY, tie_word_embeddings: false }],
    ["linear scaling", { ...TINY, rope_scaling: { rope_type: "linear", factor: 2.5 } }],
    ["Llama 3's scaling", { ...TINY, attention_bias: false, rope_scaling: LLAMA3 }],
  ])("comes back as it was: %s", async (_, config) => {
    const checkpoint = sampleCheckpoint(0, config);
    const storage = await saved(checkpoint);
    expect(await loadCheckpoint(storage, "c", { config, vocabulary: WORDS })).toEqual(checkpoint);
    expect(await loadWeights(storage, "c", config)).toEqual({ config, parameters: checkpoint.parameters });
  });

  test("may be a model alone, and anywhere in the storage", async () => {
    const { optimizer: _, trainer: __, ...model } = sampleCheckpoint();
    const storage = new MemoryStorage();
    await saveCheckpoint(storage, "", model);
    expect(await storage.list("")).toEqual([
      "config.json",
      "model.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    expect(await loadCheckpoint(storage, "")).toEqual(model);
  });

  test("keeps every bit of a parameter", async () => {
    const checkpoint = sampleCheckpoint();
    const { offset } = new ParameterTable(TINY).parameters[3]!;
    const odd = [-0, 1e-45, -3.4028234663852886e38, Number.NaN, Number.NEGATIVE_INFINITY, Math.fround(0.1)];
    checkpoint.parameters.set(odd, offset);
    const { parameters } = await loadWeights(await saved(checkpoint), "c");
    expect([...parameters.subarray(offset, offset + odd.length)]).toEqual(odd.map(Math.fround));
  });

  // test/fixtures/io/check_checkpoint.py shows that Hugging Face's libraries open these very bytes.
  test("writes the bytes that Python was seen to open", async () => {
    const expected = await snapshot(fixtures, "checkpoint");
    const found = Object.fromEntries(
      Object.entries(await snapshot(await saved())).map(([path, text]) => [
        path.replace(/^c\//, "checkpoint/"),
        text,
      ]),
    );
    expect(found).toEqual(expected);
  });

  // test/fixtures/io/round_trip.py opened what bellows wrote, and saved it.
  test.each(Object.entries(ROUND_TRIPS))(
    "comes back from transformers to the bit: %s",
    async (name, config) => {
      const { parameters } = sampleCheckpoint(0, config);
      expect(await loadWeights(fixtures, `round-trip/${name}`)).toEqual({ config, parameters });
    },
  );

  test("reads the BF16 model that transformers wrote", async () => {
    const { config, parameters } = await loadWeights(fixtures, "qwen2");
    expect(config).toEqual({ ...DEEPER, head_dim: 8 });
    const byName = new ParameterTable(config).parameters.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    for (const [t, { name, offset, size }] of byName.entries()) {
      const expected = Array.from({ length: size }, (_, i) => (i % 100) - t);
      expect([...parameters.subarray(offset, offset + size)], name).toEqual(expected);
    }
  });

  test("ignores the frequencies that early Llama checkpoints hold, and takes what they leave out as it was then", async () => {
    const config: ModelConfig = { ...TINY, attention_bias: false, num_key_value_heads: 2 };
    const storage = await saved(sampleCheckpoint(0, config));
    await edit(storage, "config.json", {
      ...{
        num_key_value_heads: undefined,
        head_dim: undefined,
        rope_theta: undefined,
        hidden_act: undefined,
      },
      ...{ attention_bias: undefined, mlp_bias: undefined, rope_scaling: null },
    });
    const tensors = new ParameterTable(config).parameters.map(({ name, shape }) => [name, shape] as const);
    const early = { ...Object.fromEntries(tensors), "model.layers.0.self_attn.rotary_emb.inv_freq": [4] };
    await storage.write("c/model.safetensors", zeros(early));
    expect((await loadWeights(storage, "c")).config).toEqual(config);
  });

  test("reads a config.json in the manner of transformers 5", async () => {
    const storage = await saved();
    const rope = { rope_type: "default", rope_theta: 50_000 };
    await edit(storage, "config.json", {
      rope_theta: undefined,
      rope_parameters: rope,
      torch_dtype: undefined,
    });
    expect((await loadWeights(storage, "c")).config).toEqual({ ...TINY, rope_theta: 50_000 });
    await edit(storage, "config.json", { rope_parameters: { ...LLAMA3, rope_theta: 50_000 } });
    const scaled = { ...TINY, rope_theta: 50_000, rope_scaling: LLAMA3 };
    expect((await loadWeights(storage, "c")).config).toEqual(scaled);
  });
});

describe("checkpoint: refuses to write", () => {
  test.each<[string, (sample: ReturnType<typeof sampleCheckpoint>) => Checkpoint<object>, string]>([
    ["too few parameters", (c) => ({ ...c, parameters: c.parameters.slice(1) }), "parameters has"],
    [
      "too few moments",
      (c) => ({ ...c, optimizer: { ...c.optimizer, secondMoment: new Float32Array(3) } }),
      "second_moment has 3 floats; this model's layout has",
    ],
    [
      "a smaller vocabulary",
      (c) => ({ ...c, vocabulary: { ...WORDS, tokens: ["a"] } }),
      "vocabulary.tokens.length is 1; it must be 7",
    ],
    [
      "a word twice",
      (c) => ({ ...c, vocabulary: { ...WORDS, tokens: WORDS.tokens.with(3, "1") } }),
      'vocabulary.tokens[3] is "1"',
    ],
    [
      "a word of two",
      (c) => ({ ...c, vocabulary: { ...WORDS, tokens: WORDS.tokens.with(3, "a b") } }),
      '"a b"; it must be a word',
    ],
    [
      "an empty word",
      (c) => ({ ...c, vocabulary: { ...WORDS, tokens: WORDS.tokens.with(3, "") } }),
      'tokens[3] is ""',
    ],
    ["an end token that is none", (c) => ({ ...c, vocabulary: { ...WORDS, end: 7 } }), "vocabulary.end is 7"],
    [
      "a pad token that is none",
      (c) => ({ ...c, vocabulary: { ...WORDS, pad: -1 } }),
      "vocabulary.pad is -1",
    ],
    [
      "state that JSON cannot hold",
      (c) => ({ ...c, trainer: { state: { best: { loss: Number.NaN } }, logBytes: {} } }),
      "trainer.state.best.loss is NaN",
    ],
  ])("%s", async (_, change, part) => {
    const storage = await saved();
    const before = await snapshot(storage);
    await expectFailure(
      () => saveCheckpoint(storage, "c", change(sampleCheckpoint())),
      "input-invalid",
      part,
    );
    expect(await snapshot(storage)).toEqual(before);
  });
});

describe("checkpoint: refuses to read", () => {
  test.each([
    ["model_type", "mistral", 'is "mistral"; it must be "qwen2" or "llama"'],
    ["model_type", undefined, "is missing"],
    ["tie_word_embeddings", "yes", 'is "yes"; it must be true or false'],
    ["hidden_act", "gelu", 'is "gelu"; it must be "silu"'],
    ["attention_bias", false, "is false; it must be true or absent: Qwen2 has a bias"],
    ["mlp_bias", true, "is true; it must be false: bellows has no bias in the MLP"],
    ["use_sliding_window", true, "is true; it must be false"],
    ["layer_types", ["full_attention", "sliding_attention"], 'it must be absent, or "full_attention"'],
    ["quantization_config", { quant_method: "gptq" }, "it must be absent: weights must be F32, F16 or BF16"],
    ["partial_rotary_factor", 0.5, "is 0.5; it must be 1 or absent"],
    [
      "rope_scaling",
      { type: "yarn", factor: 4 },
      'rope_scaling.rope_type is "yarn"; it must be "default", "linear"',
    ],
    ["rope_parameters", { rope_type: "linear" }, "rope_parameters.factor is missing; it must be a number"],
    [
      "rope_scaling",
      { rope_type: "linear", factor: 0.5 },
      "rope_scaling.factor is 0.5; it must be at least 1",
    ],
    ["rope_scaling", { ...LLAMA3, low_freq_factor: 0 }, "low_freq_factor is 0; it must be a positive number"],
    [
      "rope_scaling",
      { ...LLAMA3, high_freq_factor: 1 },
      "high_freq_factor is 1; it must be more than low_freq_factor (1)",
    ],
    ["rope_scaling", 3, "is 3; it must be an object"],
    ["rope_theta", "10000", 'is "10000"; it must be a number'],
    ["hidden_size", "16", 'is "16"; it must be a number'],
    ["hidden_size", 18, "is 18; it must be a multiple of 4"],
    ["num_hidden_layers", -1, "is -1; it must be a positive whole number"],
    ["num_hidden_layers", 1e12, "is 1000000000000; it must be at most 14, the number of tensors"],
    ["num_attention_heads", 0, "is 0; it must be a positive whole number"],
    ["head_dim", 12, "is 12; it must be a multiple of 8"],
    ["vocab_size", 1e15, "is 1000000000000000"],
    ["pad_token_id", null, "is null; it must be the id of one of the 7 tokens"],
    ["eos_token_id", 7, "is 7"],
  ])("config.json with %s: %j", async (field, value, part) => {
    const storage = await saved();
    await edit(storage, "config.json", { [field]: value });
    // A huge vocabulary shows first in the shape of the embedding.
    const file = field === "vocab_size" ? "c/model.safetensors" : "c/config.json";
    const expected = field === "vocab_size" ? "[7, 16]; it must be [1000000000000000, 16]" : part;
    await expectFailure(() => loadCheckpoint(storage, "c"), "checkpoint-invalid", file, expected);
  });

  test.each(["config.json", "model.safetensors", "tokenizer.json"])("a folder without %s", async (file) => {
    const storage = await saved();
    await storage.remove(`c/${file}`);
    const error = await expectFailure(
      () => loadCheckpoint(storage, "c"),
      "checkpoint-invalid",
      `c/${file} is missing`,
    );
    expect(error.hint).toContain("A checkpoint is a folder with");
  });

  test.each(["config.json", "model.safetensors", "optimizer.safetensors", "tokenizer.json", "trainer.json"])(
    "%s cut short anywhere",
    async (file) => {
      const storage = await saved();
      const { length } = await storage.read(`c/${file}`);
      // The line break that ends a JSON file may be missing; everything else counts.
      for (let size = 0; size < length - 1; size += Math.max(1, length >> 6)) {
        const damaged = await saved();
        await damaged.truncate(`c/${file}`, size);
        await expectFailure(() => loadCheckpoint(damaged, "c"), "checkpoint-invalid", `c/${file}`);
      }
    },
  );

  const embedding = "model.embed_tokens.weight";
  test.each<[string, Record<string, readonly number[] | undefined>, string]>([
    [
      "a missing tensor",
      { "model.norm.weight": undefined },
      "model.norm.weight is missing; it must be a tensor of shape [16]",
    ],
    ["a surplus tensor", { extra: [2, 3] }, '"extra" is [2, 3]; it must be absent'],
    [
      "a tensor of a deeper model",
      { "model.layers.1.input_layernorm.weight": [16] },
      "model.layers.1.input_layernorm",
    ],
    ["a wrong shape", { [embedding]: [16, 7] }, `the shape of ${embedding} is [16, 7]; it must be [7, 16]`],
    [
      "a wrong number of dimensions",
      { "model.norm.weight": [16, 1] },
      "the shape of model.norm.weight is [16, 1]; it must be [16]",
    ],
    [
      "a head beside a tied one",
      { "lm_head.weight": [7, 16] },
      '"lm_head.weight" is [7, 16]; it must be absent: the head is the embedding',
    ],
  ])("weights with %s", async (_, changes, part) => {
    const shapes = Object.entries({ ...weightShapes(), ...changes }).flatMap(([name, shape]) => {
      return shape === undefined ? [] : [[name, shape] as const];
    });
    const storage = await saved();
    await storage.write("c/model.safetensors", zeros(Object.fromEntries(shapes)));
    await expectFailure(() => loadWeights(storage, "c"), "checkpoint-invalid", "c/model.safetensors", part);
  });

  test("an optimizer of one moment", async () => {
    const storage = await saved();
    await storage.write("c/optimizer.safetensors", zeros(weightShapes("first_moment.")));
    const part = "second_moment.model.embed_tokens.weight is missing";
    await expectFailure(
      () => loadCheckpoint(storage, "c"),
      "checkpoint-invalid",
      "c/optimizer.safetensors",
      part,
    );
  });

  test.each<[JsonObject, string]>([
    [{ format: 2 }, "format is 2; it must be 1; this checkpoint is of another version of bellows"],
    [{ format: "1" }, 'format is "1"'],
    [{ state: [] }, "state is []; it must be an object"],
    [{ logBytes: null }, "logBytes is null; it must be an object"],
    [{ logBytes: { metrics: -1 } }, 'logBytes["metrics"] is -1; it must be a whole number'],
  ])("trainer.json with %j", async (changes, part) => {
    const storage = await saved();
    await edit(storage, "trainer.json", changes);
    await expectFailure(() => loadCheckpoint(storage, "c"), "checkpoint-invalid", "c/trainer.json", part);
  });

  test.each<[JsonObject, string]>([
    [{ model: { type: 7, vocab: {} } }, 'model.type is 7; it must be "WordLevel"'],
    [{ model: null }, "model.type is missing"],
    [
      { model: { type: "WordLevel", vocab: { a: 0, b: 0 } } },
      'model.vocab["b"] is 0; it must be a whole number below 2',
    ],
    [{ model: { type: "WordLevel", vocab: { a: 1 } } }, 'model.vocab["a"] is 1'],
    [{ model: { type: "WordLevel", vocab: { a: 0, b: 1 } } }, "vocab_size is 7; it must be 2"],
  ])("tokenizer.json with %j", async (changes, part) => {
    const storage = await saved();
    await edit(storage, "tokenizer.json", changes);
    await expectFailure(() => loadCheckpoint(storage, "c"), "checkpoint-invalid", part);
  });

  test("what does not fit the run", async () => {
    const storage = await saved();
    const fails = (expected: Parameters<typeof loadCheckpoint>[2], part: string) =>
      expectFailure(() => loadCheckpoint(storage, "c", expected), "checkpoint-invalid", part);
    await fails(
      { config: { ...TINY, hidden_size: 32 } },
      "c/config.json: hidden_size is 16; it must be 32 for this run",
    );
    await fails({ config: { ...TINY, rope_theta: 1 } }, "rope_theta is 10000; it must be 1 for this run");
    expect(await loadWeights(storage, "c", { ...TINY, max_position_embeddings: 512 })).toMatchObject({
      config: TINY,
    });
    const other = { ...WORDS, tokens: WORDS.tokens.with(5, "hmm") };
    await fails({ vocabulary: other }, 'c/tokenizer.json: token 5 is "wait"; it must be "hmm" for this task');
    await fails(
      { vocabulary: { ...WORDS, tokens: WORDS.tokens.slice(0, 6) } },
      'token 6 is ">"; it must be missing',
    );
    await fails({ vocabulary: { ...WORDS, end: 2 } }, "the end token is 1; it must be 2 for this task");
  });
});

describe("checkpoint: a disk that fails", { timeout: 60_000 }, () => {
  test("at any byte: the old checkpoint is whole and nothing else is there", async () => {
    const [old, next] = [sampleCheckpoint(), sampleCheckpoint(5)];
    await withFolder(async (root) => {
      const sound = soundStorage(root);
      await saveCheckpoint(sound, "c", old);
      const before = await snapshot(sound);
      const total = Object.values(before).reduce((sum, text) => sum + text.length, 0);
      // Every byte of the small files would take long; these steps stop in each file, in headers and values.
      for (let room = 0; room < total; room += 397) {
        const full = new NodeStorage(root, FaultyDisk.withRoom(room).files);
        await expectFailure(() => saveCheckpoint(full, "c", next), "storage-failed", "the disk is full");
        expect(await snapshot(sound)).toEqual(before);
        expect(await soundStorage(root).list("")).toEqual(["c"]);
      }
      await saveCheckpoint(new NodeStorage(root, FaultyDisk.withRoom(total + 100).files), "c", next);
      expect(await loadCheckpoint(sound, "c")).toEqual(next);
    });
  });

  test("the death of the program at any call: the old checkpoint or the new one", async () => {
    const [old, next] = [sampleCheckpoint(), sampleCheckpoint(5)];
    const counting = new FaultyDisk();
    await withFolder((root) => saveCheckpoint(new NodeStorage(root, counting.files), "c", next));
    let news = 0;
    for (let call = 1; call <= counting.trace.length + 4; call++) {
      await withFolder(async (root) => {
        const sound = soundStorage(root);
        await saveCheckpoint(sound, "c", old);
        const dying = new NodeStorage(root, FaultyDisk.dyingAt(call).files);
        await saveCheckpoint(dying, "c", next).catch(() => {});
        await sound.recover("");
        const found = await loadCheckpoint(sound, "c");
        const isNew = found.parameters[0] === next.parameters[0];
        if (isNew) news += 1;
        expect(found).toEqual(isNew ? next : old);
        expect(await sound.list("")).toEqual(["c"]);
      });
    }
    expect(news).toBeGreaterThan(0);
    expect(news).toBeLessThan(counting.trace.length);
  });
});

test("encodeJson ends in a line break", () => {
  expect(encodeJson({}, "x").at(-1)).toBe(0x0a);
});
