import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeExport, writeExport } from "../../src/export/folder.ts";
import type { Target } from "../../src/export/mapping.ts";
import type { Gpu } from "../../src/gpu/device.ts";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { encodeSafetensors } from "../../src/io/safetensors.ts";
import type { ModelConfig } from "../../src/model/config.ts";
import { ParameterTable } from "../../src/model/parameters.ts";
import { createTask } from "../../src/tasks/registry.ts";
import { type Config, modelConfigOf } from "../../src/train/config.ts";
import { bundledParameters, makeTrainer, runTo } from "../support/training.ts";

/**
 * The first steps of a run, in a folder with its export: rollouts.json has the responses of each step with what bellows made
 * of them, gradient.safetensors the gradient of the first step, after.safetensors the weights after the last.
 */
export async function exportFirstSteps(gpu: Gpu, config: Config, target: Target): Promise<string> {
  const parent = mkdtempSync(join(tmpdir(), "bellows-parity-"));
  const task = createTask(config.task.name, config.task.settings);
  const made = makeExport(config, task, target);
  await writeExport(new NodeStorage(parent), "export", made, await bundledParameters(), config, task);

  const trainer = await makeTrainer(gpu, config);
  const records = await runTo(trainer, 1);
  const { model } = trainer.engine;
  const gradient = await model.readFlat(model.gradients.total);
  records.push(...(await runTo(trainer)));
  const { parameters } = await trainer.snapshot();
  const steps = records.filter((record) => record.type === "step");
  const rollouts = steps.map(({ samples }) =>
    samples.map(({ tokens, reward, advantage }) => ({ tokens, reward, advantage })),
  );

  const folder = join(parent, "export");
  const modelConfig = modelConfigOf(config, task);
  writeFileSync(join(folder, "rollouts.json"), JSON.stringify(rollouts));
  writeFileSync(join(folder, "gradient.safetensors"), tensorsOf(modelConfig, gradient));
  writeFileSync(join(folder, "after.safetensors"), tensorsOf(modelConfig, parameters));
  return folder;
}

export function removeExport(folder: string): void {
  rmSync(join(folder, ".."), { recursive: true, force: true });
}

function tensorsOf(config: ModelConfig, flat: Float32Array<ArrayBuffer>): Buffer {
  const tensors = new ParameterTable(config).parameters.map(({ name, shape, offset, size }) => ({
    name,
    shape,
    values: flat.subarray(offset, offset + size),
  }));
  return Buffer.concat(encodeSafetensors(tensors, { format: "pt" }));
}
