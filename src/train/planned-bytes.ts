import type { Gpu } from "../gpu/device.ts";
import { dryRunGpu } from "../gpu/dry-run.ts";
import type { Variants } from "../model/variants.ts";
import type { Task } from "../tasks/task.ts";
import type { Config } from "./config.ts";
import { buildEngine } from "./engine.ts";
import { Trainer } from "./trainer.ts";

/** Bytes of all GPU buffers of a run, found by building it on a device that only counts. */
export async function plannedBytes(
  gpu: Gpu,
  config: Config,
  variants: Variants,
  task?: Task,
): Promise<number> {
  const dry = dryRunGpu(gpu.device.limits, gpu.adapter);
  const engine = await buildEngine(dry, config, variants, task);
  new Trainer(engine, { reference: new Float32Array() });
  return dry.buffers.bytes;
}
