import { fileURLToPath } from "node:url";
import type { Gpu } from "../../src/gpu/device.ts";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { loadCheckpoint } from "../../src/io/checkpoint.ts";
import { defaultVariants, type Variants } from "../../src/model/variants.ts";
import type { Config } from "../../src/train/config.ts";
import { buildEngine, compileAll } from "../../src/train/engine.ts";
import type { TrainerRecord } from "../../src/train/records.ts";
import { composeConfig } from "../../src/train/settings.ts";
import type { Snapshot } from "../../src/train/snapshot.ts";
import { Trainer } from "../../src/train/trainer.ts";

const CHECKPOINTS = fileURLToPath(new URL("../../web/public/checkpoints", import.meta.url));

let bundled: Promise<Float32Array<ArrayBuffer>> | undefined;

/** Parameters of the bundled pre-RL checkpoint. */
export function bundledParameters(): Promise<Float32Array<ArrayBuffer>> {
  bundled ??= loadCheckpoint(new NodeStorage(CHECKPOINTS), "pre-rl").then(({ parameters }) => parameters);
  return bundled;
}

/** The toy with a few rollouts a step: `smoke` with settings. */
export function smallConfig(...settings: string[]): Config {
  const small = [
    "rl.promptsPerStep=4",
    "rl.groupSize=4",
    "rl.steps=6",
    "eval.every=0",
    "eval.problemsPerLevel=2",
  ];
  return composeConfig({ preset: "smoke", settings: [...small, "train.samplesEvery=1", ...settings] });
}

/** A trainer on a new engine, from a snapshot or from the bundled checkpoint. */
export async function makeTrainer(
  gpu: Gpu,
  config: Config,
  from?: Snapshot,
  variants: Variants = defaultVariants(gpu),
): Promise<Trainer> {
  const start = await bundledParameters();
  const engine = await buildEngine(gpu, config, variants);
  engine.model.writeParameters(from?.parameters ?? start);
  const trainer = new Trainer(engine, {
    ...(from === undefined ? {} : { resumed: from }),
    ...(config.rl.klKind === "none" ? {} : { reference: start }),
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
