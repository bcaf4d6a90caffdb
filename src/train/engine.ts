import { BellowsError } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import type { CompileProgress } from "../gpu/pipelines.ts";
import { NO_TOKEN } from "../kernels/logprob.ts";
import type { ModelConfig } from "../model/config.ts";
import type { Decoder } from "../model/decoder.ts";
import { Model, type ModelOptions } from "../model/model.ts";
import type { Variants } from "../model/variants.ts";
import type { Method } from "../rl/method.ts";
import { loadMethod } from "../rl/recipes/load-method.ts";
import { createTask } from "../tasks/registry.ts";
import type { Task } from "../tasks/task.ts";
import { decodeCapacity } from "./capacity.ts";
import { adaptersOf, type Config, modelConfigOf } from "./config.ts";

/** A task, a method, and a model on the GPU that speaks the task's language: what training, evaluation and sampling share. */
export interface Engine {
  readonly gpu: Gpu;
  readonly config: Config;
  readonly task: Task;
  readonly method: Method;
  readonly model: Model;
  readonly decoder: Decoder;
}

/** Builds model and decoder; the weights are still zero. @param task that of the config, where it needs files. */
export async function buildEngine(
  gpu: Gpu,
  config: Config,
  variants: Variants,
  task: Task = createTask(config.task.name, config.task.settings),
): Promise<Engine> {
  const method = await loadMethod(config.method.name);
  const parts = await partsOf(config, modelConfigOf(config, task));
  return gpu.scoped(() => {
    const model = new Model(gpu, {
      config: modelConfigOf(config, task),
      variants,
      batchTokens: config.train.microBatchTokens,
      excludedToken: task.vocabulary.unsampled ?? NO_TOKEN,
      endToken: task.vocabulary.end,
      ...parts,
    });
    const decoder = model.decoder(decodeCapacity(config, task));
    return { gpu, config, task, method, model, decoder };
  });
}

/** What a config wants of a model beside the usual; it is fetched when it is wanted. */
async function partsOf(
  config: Config,
  model: ModelConfig,
): Promise<Pick<ModelOptions, "adapters" | "weights">> {
  const adapters = adaptersOf(config);
  const isHalf = config.train.weights === "f16";
  return {
    ...(adapters && { adapters: new (await import("../model/adapters.ts")).AdapterTable(model, adapters) }),
    ...(isHalf && { weights: (await import("../model/half-weights.ts")).halfStore }),
  };
}

/** The weights of a policy. */
export interface PolicyWeights {
  /** Parameters of the model, flat. */
  readonly parameters: Float32Array<ArrayBuffer>;
  /** Those that are trained, flat: the same ones, or those of the adapters. */
  readonly trained: Float32Array<ArrayBuffer>;
}

/** Puts the weights of a policy on the GPU. */
export function writeWeights({ model, config }: Engine, { parameters, trained }: PolicyWeights): void {
  model.writeParameters(parameters);
  if (config.lora.rank > 0) model.writeTrained(trained);
}

/** Compiles everything that was requested, inside error scopes. */
export async function compileAll(gpu: Gpu, progress: CompileProgress): Promise<void> {
  await gpu.scoped(() => gpu.pipelines.ready(progress));
}

/** @throws BellowsError `numerics-failed` where a metric that must be a number is none. */
export function assertFinite(value: number, what: string, step: number): void {
  if (Number.isFinite(value)) return;
  throw new BellowsError(
    "numerics-failed",
    `${what} is ${value} at step ${step}: the weights have diverged`,
    {
      hint: "Lower the learning rate. The checkpoints that were saved are those of earlier steps.",
    },
  );
}
