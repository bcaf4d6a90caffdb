import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { adapterConfigJson, readAdapterConfig } from "../../src/io/adapters.ts";
import { loadCheckpoint, readAdapters, saveCheckpoint } from "../../src/io/checkpoint.ts";
import type { JsonObject } from "../../src/io/json.ts";
import { MemoryStorage } from "../../src/io/memory-storage.ts";
import type { AdapterSettings } from "../../src/model/adapter-settings.ts";
import { AdapterTable } from "../../src/model/adapters.ts";
import { bytesOf, sampleCheckpoint, TINY } from "./support.ts";

const PEFT = JSON.parse(
  readFileSync(new URL("../fixtures/lora/adapter/adapter_config.json", import.meta.url), "utf8"),
) as JsonObject;
const SETTINGS: AdapterSettings = { rank: 8, alpha: 12, targets: ["q", "v", "down"] };

describe("adapter_config.json", () => {
  test("of PEFT is read, whatever the order of its modules and however they are named", () => {
    const wanted = { rank: 4, alpha: 6, targets: ["q", "v", "o", "gate", "up", "down"] };
    expect(readAdapterConfig(PEFT, "f")).toEqual(wanted);
    const modules = ["self_attn.v_proj", "model.layers.0.self_attn.q_proj"];
    expect(readAdapterConfig({ ...PEFT, target_modules: modules }, "f").targets).toEqual(["q", "v"]);
  });

  test("comes back as it was written", () => {
    expect(readAdapterConfig(adapterConfigJson(SETTINGS), "f")).toEqual(SETTINGS);
  });

  test.each<[JsonObject, string]>([
    [{ peft_type: "IA3" }, 'peft_type is "IA3"; it must be "LORA"'],
    [{ r: 6 }, "r is 6; it must be a positive multiple of 4"],
    [{ r: 0 }, "r is 0; it must be a positive multiple of 4"],
    [{ r: "8" }, 'r is "8"; it must be a positive multiple of 4'],
    [{ lora_alpha: 0 }, "lora_alpha is 0; it must be a positive number"],
    [{ bias: "all" }, 'bias is "all"; it must be "none"'],
    [{ use_dora: true }, "use_dora is true; it must be false"],
    [{ use_rslora: true }, "use_rslora is true; it must be false"],
    [{ rank_pattern: { q_proj: 8 } }, "rank_pattern is an object; it must be empty"],
    [{ modules_to_save: ["lm_head"] }, 'modules_to_save is ["lm_head"]; it must be empty'],
    [
      { target_modules: ["q_proj", "lm_head"] },
      'target_modules is ["q_proj", "lm_head"]; it must be a list of',
    ],
    [{ target_modules: "all-linear" }, 'target_modules is "all-linear"; it must be a list of'],
    [{ target_modules: [] }, "target_modules is []; it must be a list of"],
    [{ layers_to_transform: [0] }, "layers_to_transform is [0]; it must be empty"],
  ])("with %j is refused", (changes, message) => {
    expect(() => readAdapterConfig({ ...PEFT, ...changes }, "f")).toThrow(`f: ${message}`);
  });
});

describe("a checkpoint of adapters", () => {
  async function saved() {
    const storage = new MemoryStorage();
    const { parameters, optimizer, ...rest } = sampleCheckpoint();
    const table = new AdapterTable(TINY, SETTINGS);
    const values = new Float32Array(table.totalFloats);
    for (const [t, { offset, size }] of table.parameters.entries()) values.fill(t + 1, offset, offset + size);
    const moments = { firstMoment: values.map((x) => x / 8), secondMoment: values.map((x) => x * x) };
    await saveCheckpoint(storage, "r/base", { ...rest, parameters });
    await saveCheckpoint(storage, "r/a", {
      ...rest,
      adapters: { settings: SETTINGS, values },
      optimizer: moments,
    });
    return {
      storage,
      expected: { ...rest, parameters, adapters: { settings: SETTINGS, values }, optimizer: moments },
    };
  }

  test("comes back as it was, with the model that lies beside it", async () => {
    const { storage, expected } = await saved();
    expect(await loadCheckpoint(storage, "r/a")).toEqual(expected);
    expect(await storage.list("r/a")).toEqual([
      "adapter_config.json",
      "adapter_model.safetensors",
      "optimizer.safetensors",
      "trainer.json",
    ]);
  });

  test("that claims another rank, other targets or a deeper model than its tensors is refused", async () => {
    const { storage } = await saved();
    const claim = (settings: AdapterSettings) =>
      storage.write("r/a/adapter_config.json", [bytesOf(JSON.stringify(adapterConfigJson(settings)))]);
    await claim({ ...SETTINGS, rank: 1_000_000_000 });
    await expect(loadCheckpoint(storage, "r/a")).rejects.toThrow(
      "the shape of base_model.model.model.layers.0",
    );
    await claim({ ...SETTINGS, targets: ["q"] });
    await expect(loadCheckpoint(storage, "r/a")).rejects.toThrow("absent: this model has no such tensor");
    await claim(SETTINGS);
    await expect(readAdapters(storage, "r/a", { ...TINY, num_hidden_layers: 5 })).rejects.toThrow(
      "is missing",
    );
  });

  test("whose base is itself one of adapters is refused", async () => {
    const { storage } = await saved();
    for (const file of await storage.list("r/a")) {
      await storage.write(`r/base/${file}`, [await storage.read(`r/a/${file}`)]);
    }
    await storage.remove("r/base/model.safetensors");
    await expect(loadCheckpoint(storage, "r/base")).rejects.toThrow("model.safetensors is missing");
  });
});
