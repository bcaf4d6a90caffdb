import { BellowsError } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import { dryRunGpu } from "../gpu/dry-run.ts";
import { NO_TOKEN } from "../kernels/logprob.ts";
import type { ModelConfig } from "./config.ts";
import type { DecoderCapacity } from "./decode-state.ts";
import { Model, type ModelOptions } from "./model.ts";
import { defaultVariants } from "./variants.ts";

/** What a model is to do. */
export interface Workload extends Pick<ModelOptions, "adapters" | "weights"> {
  /** Most tokens of a micro-batch. */
  readonly batchTokens: number;
  readonly decoder: DecoderCapacity;
  /** Whether a reference policy is kept beside the one that learns. */
  readonly reference: boolean;
}

/** What something takes of a device. */
export interface MemoryNeed {
  /** Bytes of all its GPU buffers. */
  readonly bytes: number;
  /** Bytes of the largest buffer, and of the largest part of one that a kernel binds: what the limits of these names must be. */
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
}

/** What it takes to sample with a model, and to train and sample it. */
export interface MemoryPlan {
  readonly sample: MemoryNeed;
  readonly train: MemoryNeed;
}

/**
 * What a model takes, found by building it on a device that only counts, of any limits: nothing is allocated.
 * @param adapter whose default kernel variants are taken.
 * @throws BellowsError `config-invalid` for a shape that the kernels cannot run.
 */
export function planMemory(adapter: Gpu["adapter"], config: ModelConfig, workload: Workload): MemoryPlan {
  const { decoder, reference, ...options } = workload;
  const limits = { maxBufferSize: 0, maxStorageBufferBindingSize: 0 };
  const gpu = dryRunGpu(UNLIMITED, adapter, limits);
  const variants = defaultVariants(gpu);
  const model = new Model(gpu, {
    config,
    variants,
    ...options,
    excludedToken: NO_TOKEN,
    endToken: NO_TOKEN,
  });
  model.decoder(decoder);
  const sample = { bytes: gpu.buffers.bytes, ...limits };
  model.trainingPass({ kind: "crossentropy" });
  model.optimizer();
  if (reference) model.copyOfTrained("reference policy");
  return { sample, train: { bytes: gpu.buffers.bytes, ...limits } };
}

const UNLIMITED = {
  maxBufferSize: Number.POSITIVE_INFINITY,
  maxStorageBufferBindingSize: Number.POSITIVE_INFINITY,
};

/**
 * Refuses what a device cannot hold by its limits; how much memory it has, WebGPU does not tell.
 * @throws BellowsError `limit-exceeded` with the limit, what it is and what is needed.
 */
export function checkNeed(need: MemoryNeed, limits: Omit<MemoryNeed, "bytes">): void {
  for (const limit of ["maxBufferSize", "maxStorageBufferBindingSize"] as const) {
    if (need[limit] <= limits[limit]) continue;
    throw new BellowsError(
      "limit-exceeded",
      `this model needs a device with a ${limit} of ${need[limit]} bytes; this one has ${limits[limit]}`,
      { field: "model", hint: "A smaller model or vocabulary, or fewer tokens at once, would fit." },
    );
  }
}
