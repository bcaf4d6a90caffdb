import { BellowsError, invalid } from "../errors.ts";
import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Activations } from "./activations.ts";
import type { AdapterTable } from "./adapters.ts";
import type { BatchBuffers } from "./batch.ts";
import { checkModelConfig, type ModelConfig } from "./config.ts";
import type { DecoderCapacity } from "./decode-state.ts";
import { Decoder } from "./decoder.ts";
import { type ModelContext, policyOf } from "./forward.ts";
import { Gradients, MAX_BATCH_TOKENS } from "./gradients.ts";
import { Optimizer } from "./optimizer.ts";
import { type ParameterLayout, ParameterTable } from "./parameters.ts";
import { type Objective, passBuffers, TrainingPass } from "./training-pass.ts";
import type { Variants } from "./variants.ts";
import { flatStore, type OwnWeights, readFlat, type WeightStore, writeFlat } from "./weights.ts";

export interface ModelOptions {
  readonly config: ModelConfig;
  readonly variants: Variants;
  /** Most tokens of a micro-batch; activations are allocated for so many. */
  readonly batchTokens: number;
  /** A token that can never be sampled, or NO_TOKEN. */
  readonly excludedToken: number;
  readonly endToken: number;
  /** Adapters to train in place of the model's own parameters, which then stay as they are. */
  readonly adapters?: AdapterTable;
  /** Where the model's own parameters lie; in F32 if left out. Of F16 (half-weights.ts) nothing but adapters can be trained. */
  readonly weights?: WeightStore;
}

/** A model on the GPU: its weights, and what it takes to run, train and sample it. */
export class Model {
  readonly context: ModelContext;
  readonly batch: BatchBuffers;
  readonly activations: Activations;
  readonly #endToken: number;
  readonly #weights: OwnWeights;
  readonly #adapters: Slice | undefined;
  #gradients: Gradients | undefined;

  /**
   * @throws BellowsError `config-invalid` for a shape that the kernels cannot run or a format that the device does not have,
   * `limit-exceeded` for what this device cannot hold.
   */
  constructor(gpu: Gpu, options: ModelOptions) {
    const { config, variants, excludedToken, batchTokens } = options;
    checkModelConfig(config);
    if (!Number.isInteger(batchTokens) || batchTokens < 1 || batchTokens > MAX_BATCH_TOKENS) {
      throw invalid(
        "config-invalid",
        "train.microBatchTokens",
        batchTokens,
        `a whole number from 1 to ${MAX_BATCH_TOKENS}`,
      );
    }
    const table = new ParameterTable(config);
    const { adapters } = options;
    checkWeights(gpu, table, options.weights === undefined ? 4 : 2);
    this.#weights = (options.weights ?? flatStore)(gpu, table);
    this.#adapters = adapters && gpu.buffers.storage("adapters", adapters.totalFloats * 4);
    const isTrained = adapters === undefined && this.#weights.flat !== undefined;
    const frozen = isTrained ? undefined : this.#weights;
    this.context = { gpu, config, table, variants, excludedToken, frozen, adapters };
    this.#endToken = options.endToken;
    [this.batch, this.activations] = passBuffers(this.context, batchTokens);
  }

  /** How the parameters lie that are trained: all, or those of the adapters. */
  get layout(): ParameterLayout {
    return this.context.adapters ?? this.context.table;
  }

  /**
   * What is trained, flat, in the order of {@link layout}.
   * @throws BellowsError `config-invalid` where that is nothing.
   */
  get trained(): Slice {
    const trained = this.#adapters ?? this.#weights.flat;
    if (trained !== undefined) return trained;
    throw new BellowsError(
      "config-invalid",
      "train.weights is f16; it must be f32 where all weights are trained (lora.rank is 0)",
      {
        field: "train.weights",
        hint: "Weights in F16 can be sampled from, or trained with adapters: set lora.rank.",
      },
    );
  }

  get gradients(): Gradients {
    this.#gradients ??= new Gradients(this.context.gpu, this.layout);
    return this.#gradients;
  }

  /** A pass that computes one objective and its gradients for these weights. */
  trainingPass(objective: Objective): TrainingPass {
    const policy = policyOf(this.context, this.trained);
    return new TrainingPass(this.context, policy, this.gradients, this.batch, this.activations, objective);
  }

  optimizer(): Optimizer {
    return new Optimizer(this.context.gpu, this.layout, this.trained, this.gradients);
  }

  /** @param trained of the policy that is sampled: this model's unless another set of them is given. */
  decoder(capacity: DecoderCapacity, trained?: Slice): Decoder {
    const policy = policyOf(this.context, trained ?? this.#adapters ?? this.#weights.flat);
    return new Decoder(this.context, policy, this.batch, this.activations, capacity, this.#endToken);
  }

  /** Another set of what is trained, e.g. of a reference policy. */
  copyOfTrained(label: string): Slice {
    const { gpu } = this.context;
    const { buffer, size } = this.trained;
    const copy = gpu.buffers.storage(label, size);
    const encoder = gpu.device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, copy.buffer, 0, size);
    gpu.device.queue.submit([encoder.finish()]);
    return copy;
  }

  /** Replaces all parameters of the model itself; `flat` has the layout of {@link ParameterTable}. */
  writeParameters(flat: Float32Array<ArrayBuffer>): void {
    checkLength(flat, this.context.table);
    this.#weights.write(flat);
  }

  /** Replaces what is trained; `flat` has the order of {@link layout}. */
  writeTrained(flat: Float32Array<ArrayBuffer>): void {
    checkLength(flat, this.layout);
    writeFlat(this.context.gpu, this.trained, flat);
  }

  /** The parameters of the model itself, as they are on the GPU. */
  readParameters(): Promise<Float32Array<ArrayBuffer>> {
    return this.#weights.read();
  }

  readTrained(): Promise<Float32Array<ArrayBuffer>> {
    return this.readFlat(this.trained);
  }

  /** Reads a buffer that is laid out like what is trained, e.g. a moment of the optimizer. */
  readFlat(slice: Slice): Promise<Float32Array<ArrayBuffer>> {
    return readFlat(this.context.gpu, slice);
  }
}

/** All parameters lie in one buffer, of which kernels bind the weights that they multiply with at once. */
function checkWeights(gpu: Gpu, table: ParameterTable, bytesEach: number): void {
  const { maxBufferSize, maxStorageBufferBindingSize } = gpu.device.limits;
  const refuse = (what: string, floats: number, limit: string, most: number) => {
    if (floats * bytesEach <= most) return;
    throw new BellowsError(
      "limit-exceeded",
      `${what} takes ${floats * bytesEach} bytes; this device allows ${most} (${limit})`,
      {
        field: "model",
        hint: `A device with a ${limit} of ${floats * bytesEach} or more can run this model.`,
      },
    );
  };
  const { name, size } = table.largest;
  refuse(name, size, "maxStorageBufferBindingSize", maxStorageBufferBindingSize);
  refuse(`a model of ${table.count} parameters`, table.totalFloats, "maxBufferSize", maxBufferSize);
}

function checkLength(flat: Float32Array, { totalFloats }: ParameterLayout): void {
  if (flat.length !== totalFloats) throw new Error(`${flat.length} floats for ${totalFloats} parameters`);
}
