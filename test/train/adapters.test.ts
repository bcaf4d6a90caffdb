import { afterEach, describe, expect, test } from "vitest";
import { loadCheckpoint, saveCheckpoint } from "../../src/io/checkpoint.ts";
import { MemoryStorage } from "../../src/io/memory-storage.ts";
import { RunFolder } from "../../src/io/run-folder.ts";
import type { AdapterSettings } from "../../src/model/adapter-settings.ts";
import { AdapterTable, mergeAdapters } from "../../src/model/adapters.ts";
import { defaultVariants } from "../../src/model/variants.ts";
import { createTask } from "../../src/tasks/registry.ts";
import { adaptersOf, modelConfigOf } from "../../src/train/config.ts";
import { plannedBytes } from "../../src/train/planned-bytes.ts";
import {
  baseCheckpointOf,
  checkpointOf,
  mergedCheckpointOf,
  type Snapshot,
  snapshotOf,
} from "../../src/train/snapshot.ts";
import type { Trainer } from "../../src/train/trainer.ts";
import { startingWeights } from "../../src/train/weights.ts";
import { expectSameBits } from "../support/compare.ts";
import { useGpu } from "../support/gpu.ts";
import { normals } from "../support/random.ts";
import { bits, bundledParameters, makeTrainer, runTo, smallConfig, timeless } from "../support/training.ts";

const gpu = useGpu();
afterEach(() => gpu().buffers.destroyAll());

const LORA = ["lora.rank=4", "lora.alpha=8", "rl.learningRate=1e-2", "rl.steps=4"];
const KL = ["rl.klKind=k3", "rl.klCoefficient=0.01"];

/** Saves a snapshot and its base as a run does, and reads it back. */
async function throughFolder(trainer: Trainer, snapshot: Snapshot) {
  const storage = new MemoryStorage();
  const run = await RunFolder.create(storage, "r", trainer.engine.config);
  await run.saveNamed("base", baseCheckpointOf(trainer.engine, await bundledParameters()));
  await run.saveStep(2, checkpointOf(trainer.engine, snapshot));
  return run.resume();
}

describe("a run that trains adapters", () => {
  test("samples what it trains, moves them alone, and goes on from a checkpoint to the bit", async () => {
    const config = smallConfig(...LORA, ...KL);
    const whole = await makeTrainer(gpu(), config);
    const records = await runTo(whole);
    const steps = records.filter((record) => record.type === "step");
    expect(steps).toHaveLength(4);
    for (const { metrics } of steps) expect(metrics["mismatch/max_abs_dlogp"]).toBe(0);
    expect(steps.some(({ metrics }) => (metrics.update_norm ?? 0) > 0)).toBe(true);
    const end = await whole.snapshot();
    const { model } = whole.engine;
    expectSameBits("the model", await model.readParameters(), await bundledParameters());
    expect(end.parameters).toHaveLength(
      new AdapterTable(model.context.config, adaptersOf(config)!).totalFloats,
    );

    const half = await makeTrainer(gpu(), config);
    await runTo(half, 2);
    const checkpoint = await throughFolder(half, await half.snapshot());
    expectSameBits("the base in the folder", checkpoint.parameters, await bundledParameters());
    const resumed = await makeTrainer(gpu(), config, snapshotOf(checkpoint, "r"));
    const rest = await runTo(resumed);
    expect(rest.map(timeless)).toEqual(records.slice(-rest.length).map(timeless));
    expect(bits(await resumed.snapshot())).toEqual(bits(end));
  });

  test("leaves the merged model in the end where that is asked for", async () => {
    const trainer = await makeTrainer(gpu(), smallConfig(...LORA, "lora.merge=on"));
    await runTo(trainer, 2);
    const snapshot = await trainer.snapshot();
    const { table, adapters } = trainer.engine.model.context;
    const merged = await mergedCheckpointOf(trainer.engine, snapshot);
    const expected = mergeAdapters(table, adapters!, await bundledParameters(), snapshot.parameters);
    expect(merged).toMatchObject({ parameters: expected, trainer: { step: 2 } });
    expect(expected).not.toEqual(await bundledParameters());
  });
});

describe("adapters of a checkpoint", () => {
  const SETTINGS: AdapterSettings = { rank: 4, alpha: 8, targets: ["q", "down"] };
  const SAME = ["lora.rank=4", "lora.alpha=8", "lora.targets=down,q"];
  const load = async (...settings: string[]) => {
    const config = smallConfig(...settings);
    const task = createTask(config.task.name, config.task.settings);
    const parameters = await bundledParameters();
    const values = normals(1, new AdapterTable(modelConfigOf(config, task), SETTINGS).totalFloats);
    const storage = new MemoryStorage();
    const { tokens, pad, end } = task.vocabulary;
    const parts = { config: modelConfigOf(config, task), vocabulary: { tokens, pad, end } };
    await saveCheckpoint(storage, "base", { ...parts, parameters });
    await saveCheckpoint(storage, "a", { ...parts, adapters: { settings: SETTINGS, values } });
    const sources = { bundled: storage, locate: (path: string) => ({ storage, path }) };
    return { storage, values, policy: await startingWeights(sources, config, task) };
  };

  test.each([[["init=a"]], [["init=base", "lora.init=a"]]])("are started from by %s", async (named) => {
    const { policy, storage } = await load(...SAME, ...named);
    const { adapters } = await loadCheckpoint(storage, "a");
    expectSameBits("adapters", policy.trained, adapters!.values);
    expectSameBits("model", policy.parameters, await bundledParameters());
  });

  test.each([
    [["init=a"], "lora.rank is 0; it must be 4, as in the adapters"],
    [["init=a", ...SAME, "lora.rank=8"], "lora.rank is 8; it must be 4"],
    [["init=base", ...SAME, "lora.init=a", "lora.alpha=16"], "lora.alpha is 16; it must be 8"],
    [["init=base", ...SAME, "lora.init=a", "lora.targets=q,k"], "lora.targets is q,k; it must be q,down"],
    [["init=base", ...SAME, "lora.init=base"], "there are no adapters in base"],
  ])("are refused under %j", async (settings, message) => {
    await expect(load(...settings)).rejects.toThrow(message);
  });

  test("are refused where the model that they belong to is gone", async () => {
    const { storage } = await load(...SAME, "init=a");
    await storage.remove("base");
    await expect(loadCheckpoint(storage, "a")).rejects.toThrow(
      "a holds adapters, and there is no model in base",
    );
  });
});

test("adapters take a fraction of the memory of training everything, weights in F16 less", async () => {
  const bytes = (...settings: string[]) =>
    plannedBytes(gpu(), smallConfig("model.hidden_size=256", ...settings), defaultVariants(gpu()));
  const full = await bytes();
  const adapted = await bytes("lora.rank=8");
  expect(adapted).toBeLessThan(full);
  if (gpu().has("shader-f16")) expect(await bytes("lora.rank=8", "train.weights=f16")).toBeLessThan(adapted);
});
