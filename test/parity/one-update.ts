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
import { type Config, modelConfigOf } from "../../src/train/config.ts";
import { createTask } from "../../src/tasks/registry.ts";
import { bundledParameters, makeTrainer, runTo } from "../support/training.ts";

/**
 * The first step of a run, in a folder with its export: rollouts.json has the responses by their prompts' rows with what
 * bellows made of them, gradient.safetensors and after.safetensors the gradient and the weights after the update.
 */
export async function exportFirstStep(gpu: Gpu, config: Config, target: Target): Promise<string> {
  const parent = mkdtempSync(join(tmpdir(), "bellows-parity-"));
  const task = createTask(config.task.name, config.task.settings);
  const made = makeExport(config, task, target);
  await writeExport(new NodeStorage(parent), "export", made, await bundledParameters(), config, task);

  const trainer = await makeTrainer(gpu, config);
  const records = await runTo(trainer, 1);
  const { model } = trainer.engine;
  const gradient = await model.readFlat(model.gradients.total);
  const { parameters } = await trainer.snapshot();
  const step = records.find((record) => record.type === "step")!;
  const rollouts = step.samples.map(({ group, tokens, logprobs, reward, advantage }) => {
    return { group, tokens, logprobs, reward, advantage };
  });

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
