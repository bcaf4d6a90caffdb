import { describe, expect, test } from "vitest";
import { loadWeights, saveCheckpoint } from "../../src/io/checkpoint.ts";
import { MemoryStorage } from "../../src/io/memory-storage.ts";
import { encodeSafetensors } from "../../src/io/safetensors.ts";
import type { ModelConfig } from "../../src/model/config.ts";
import { ParameterTable } from "../../src/model/parameters.ts";
import { bytesOf, expectFailure, sampleCheckpoint, TINY } from "./support.ts";

describe("checkpoint: shards", () => {
  const config: ModelConfig = { ...TINY, attention_bias: false, tie_word_embeddings: false };
  const index = "c/model.safetensors.index.json";

  /** The sample checkpoint in two shards, of which the first has every other tensor, with changes to the index. */
  async function sharded(
    change: (map: Record<string, unknown>) => unknown = (map) => map,
  ): Promise<{ storage: MemoryStorage; parameters: Float32Array }> {
    const checkpoint = sampleCheckpoint(0, config);
    const storage = new MemoryStorage();
    await saveCheckpoint(storage, "c", checkpoint);
    const tensors = new ParameterTable(config).parameters.map(({ name, shape, offset, size }) => {
      return { name, shape, values: checkpoint.parameters.subarray(offset, offset + size) };
    });
    const map: Record<string, unknown> = {};
    for (const shard of [0, 1]) {
      const file = `model-0000${shard + 1}-of-00002.safetensors`;
      const part = tensors.filter((_, t) => t % 2 === shard);
      for (const { name } of part) map[name] = file;
      await storage.write(`c/${file}`, encodeSafetensors(part));
    }
    await storage.remove("c/model.safetensors");
    await storage.write(index, [bytesOf(JSON.stringify({ metadata: {}, weight_map: change(map) }))]);
    return { storage, parameters: checkpoint.parameters };
  }

  test("give the model that one file gives", async () => {
    const { storage, parameters } = await sharded();
    expect(await loadWeights(storage, "c")).toEqual({ config, parameters });
  });

  test("are not looked at where there is one file", async () => {
    const { storage } = await sharded(() => ({ a: "../../secret" }));
    await saveCheckpoint(storage, "whole", sampleCheckpoint(0, config));
    await storage.write("c/model.safetensors", [await storage.read("whole/model.safetensors")]);
    expect((await loadWeights(storage, "c")).config).toEqual(config);
  });

  const head = "lm_head.weight";
  const norm = "model.norm.weight";
  const [first, second] = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
  const elsewhere = "it must be the name of a .safetensors file in the same folder";
  test.each<[string, (map: Record<string, unknown>) => unknown, string]>([
    ["no map", () => undefined, "weight_map is missing; it must be an object"],
    ["a list", () => [], "weight_map is []; it must be an object"],
    ["a number for a file", (map) => ({ ...map, [head]: 1 }), `weight_map["${head}"] is 1; ${elsewhere}`],
    ["a way up", (map) => ({ ...map, [head]: `../c/${second}` }), elsewhere],
    ["an absolute path", (map) => ({ ...map, [head]: `/c/${second}` }), elsewhere],
    ["a backslash", (map) => ({ ...map, [head]: `..\\${second}` }), elsewhere],
    ["a drive", (map) => ({ ...map, [head]: `c:${second}` }), elsewhere],
    ["a hidden file", (map) => ({ ...map, [head]: ".safetensors" }), elsewhere],
    ["a line break", (map) => ({ ...map, [head]: `${second}\n` }), elsewhere],
    ["another kind of file", (map) => ({ ...map, [head]: "pytorch_model.bin" }), elsewhere],
    [
      "a missing shard",
      (map) => ({ ...map, [head]: "model-3.safetensors" }),
      "c/model-3.safetensors is missing",
    ],
    [
      "a tensor in the other shard",
      (map) => ({ ...map, [norm]: map[norm] === first ? second : first }),
      `weight_map["${norm}"]`,
    ],
    [
      "a tensor that no shard has",
      (map) => ({ ...map, extra: first }),
      'weight_map["extra"] is "model-00001-of',
    ],
    ["a tensor that it does not list", ({ [norm]: _, ...map }) => map, `weight_map["${norm}"] is missing`],
    ["nothing", () => ({}), "num_hidden_layers is 1; it must be at most 0, the number of tensors"],
  ])("an index with %s", async (_, change, part) => {
    const { storage } = await sharded(change);
    await expectFailure(() => loadWeights(storage, "c"), "checkpoint-invalid", part);
  });

  test("the same tensor in two of them", async () => {
    const { storage } = await sharded();
    const one = await storage.read(`c/${first}`);
    await storage.write(`c/${second}`, [one]);
    await expectFailure(
      () => loadWeights(storage, "c"),
      "checkpoint-invalid",
      `it must be "${second}", which has it`,
    );
  });

  test("an index beyond all bounds is not read", async () => {
    const { storage } = await sharded();
    await storage.write(index, [new Uint8Array(2 ** 24 + 1)]);
    await expectFailure(() => loadWeights(storage, "c"), "checkpoint-invalid", "its length is 16777217");
  });
});
