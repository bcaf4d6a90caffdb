import { fileURLToPath } from "node:url";
import type { Gpu } from "../../src/gpu/device.ts";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { loadCheckpoint } from "../../src/io/checkpoint.ts";
import { defaultVariants, type Variants } from "../../src/model/variants.ts";
import type { Recipe } from "../../src/rl/recipes/recipe.ts";
import type { Config } from "../../src/train/config.ts";
import { buildEngine, compileAll, writeWeights } from "../../src/train/engine.ts";
import type { TrainerRecord } from "../../src/train/records.ts";
import { needsReference } from "../../src/train/reference.ts";
import { composeConfig } from "../../src/train/settings.ts";
import type { Snapshot } from "../../src/train/snapshot.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { type CheckpointSources, policyIn } from "../../src/train/weights.ts";

const CHECKPOINTS = fileURLToPath(new URL("../../web/public/checkpoints", import.meta.url));

/** For configs that name no folder. */
const NO_SOURCES: CheckpointSources = {
  bundled: new NodeStorage(CHECKPOINTS),
  locate: (name) => ({ storage: new NodeStorage(CHECKPOINTS), path: name }),
};

let bundled: Promise<Float32Array<ArrayBuffer>> | undefined;

/** Parameters of the bundled pre-RL checkpoint. */
export function bundledParameters(): Promise<Float32Array<ArrayBuffer>> {
  bundled ??= loadCheckpoint(new NodeStorage(CHECKPOINTS), "pre-rl").then(({ parameters }) => parameters);
  return bundled;
}

const SMALL = [
  "rl.promptsPerStep=4",
  "rl.groupSize=4",
  "rl.steps=6",
  "eval.every=0",
  "eval.problemsPerLevel=2",
  "train.samplesEvery=1",
];

/** The toy with a few rollouts a step: `smoke` with settings. */
export function smallConfig(...settings: string[]): Config {
  return composeConfig({ preset: "smoke", settings: [...SMALL, ...settings] });
}

/** The same by a recipe. All start from the same policy, also where the recipe has another. */
export function smallRecipe(recipe: Recipe, ...settings: string[]): Config {
  return composeConfig({ preset: "smoke", recipe, settings: [...SMALL, "init=pre-rl", ...settings] });
}

/** Weights, moments, reference policy and progress as something that compares to the bit. */
export function bits({ parameters, firstMoment, secondMoment, reference, progress }: Snapshot) {
  const flats = { parameters, firstMoment, secondMoment, ...(reference === undefined ? {} : { reference }) };
  const words = Object.entries(flats).map(([name, flat]) => [
    name,
    Buffer.from(flat.buffer, flat.byteOffset, flat.byteLength).toString("base64"),
  ]);
  return { words: Object.fromEntries(words) as Record<string, string>, progress };
}

/** A trainer on a new engine, from a snapshot or from the bundled checkpoint. */
export async function makeTrainer(
  gpu: Gpu,
  config: Config,
  from?: Snapshot,
  variants: Variants = defaultVariants(gpu),
): Promise<Trainer> {
  const engine = await buildEngine(gpu, config, variants);
  const start = await policyIn({ parameters: await bundledParameters() }, NO_SOURCES, config, engine.task);
  writeWeights(engine, start);
  if (from !== undefined) engine.model.writeTrained(from.parameters);
  const trainer = new Trainer(engine, {
    ...(from === undefined ? {} : { resumed: from }),
    ...(needsReference(config) ? { reference: start.trained } : {}),
  });
  await compileAll(gpu, () => {});
  return trainer;
}

/** Runs a trainer until `steps` steps are done (to its end, if left out) and collects the records. */
export async function runTo(trainer: Trainer, steps = Number.POSITIVE_INFINITY): Promise<TrainerRecord[]> {
  const records: TrainerRecord[] = [];
  for await (const record of trainer.run()) {
    records.push(record);
    if (record.type === "step" && record.step + 1 >= steps) break;
  }
  return records;
}

/** A record without what differs from run to run: times and rates. */
export function timeless(record: TrainerRecord): unknown {
  if (record.type === "warning") return record;
  const metrics = Object.entries(record.metrics).filter(
    ([name]) => !name.startsWith("time/") && name !== "tokens_per_s",
  );
  return { ...record, metrics: Object.fromEntries(metrics) };
}
