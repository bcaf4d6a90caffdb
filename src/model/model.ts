import { BellowsError, invalid } from "../errors.ts";
import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { ceilDiv } from "../gpu/kernel.ts";
import { readOnce } from "../gpu/readback.ts";
import type { Activations } from "./activations.ts";
import type { BatchBuffers } from "./batch.ts";
import { checkModelConfig, type ModelConfig } from "./config.ts";
import type { DecoderCapacity } from "./decode-state.ts";
import { Decoder } from "./decoder.ts";
import type { ModelContext } from "./forward.ts";
import { Gradients, MAX_BATCH_TOKENS } from "./gradients.ts";
import { Optimizer } from "./optimizer.ts";
import { bindRange, ParameterTable, type Range } from "./parameters.ts";
import { type Objective, passBuffers, TrainingPass } from "./training-pass.ts";
import type { Variants } from "./variants.ts";

export interface ModelOptions {
  readonly config: ModelConfig;
  readonly variants: Variants;
  /** Most tokens of a micro-batch; activations are allocated for so many. */
  readonly batchTokens: number;
  /** A token that can never be sampled, or NO_TOKEN. */
  readonly excludedToken: number;
  readonly endToken: number;
}

/** A model on the GPU: its weights, and what it takes to run, train and sample it. */
export class Model {
  readonly context: ModelContext;
  /** All parameters, flat, in the layout of {@link ParameterTable}. */
  readonly weights: Slice;
  readonly batch: BatchBuffers;
  readonly activations: Activations;
  readonly #endToken: number;
  #gradients: Gradients | undefined;

  /**
   * @throws BellowsError `config-invalid` for a shape that the kernels cannot run, `limit-exceeded` for one that this
   * device cannot hold.
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
    checkWeights(gpu, table);
    this.context = { gpu, config, table, variants, excludedToken };
    this.#endToken = options.endToken;
    this.weights = gpu.buffers.storage("weights", table.totalFloats * 4);
    [this.batch, this.activations] = passBuffers(this.context, batchTokens);
  }

  get gradients(): Gradients {
    this.#gradients ??= new Gradients(this.context.gpu, this.context.table);
    return this.#gradients;
  }

  /** A pass that computes one objective and its gradients for these weights. */
  trainingPass(objective: Objective): TrainingPass {
    return new TrainingPass(
      this.context,
      this.weights,
      this.gradients,
      this.batch,
      this.activations,
      objective,
    );
  }

  optimizer(): Optimizer {
    return new Optimizer(this.context.gpu, this.context.table, this.weights, this.gradients);
  }

  /** @param weights whose policy is sampled: this model's unless others are given. */
  decoder(capacity: DecoderCapacity, weights: Slice = this.weights): Decoder {
    return new Decoder(this.context, weights, this.batch, this.activations, capacity, this.#endToken);
  }

  /** Another set of parameters of the same layout, e.g. a reference policy. */
  copyOfWeights(label: string): Slice {
    const { gpu } = this.context;
    const copy = gpu.buffers.storage(label, this.weights.size);
    const encoder = gpu.device.createCommandEncoder();
    encoder.copyBufferToBuffer(this.weights.buffer, 0, copy.buffer, 0, this.weights.size);
    gpu.device.queue.submit([encoder.finish()]);
    return copy;
  }

  /** Replaces all parameters; `flat` has the layout of {@link ParameterTable}. */
  writeParameters(flat: Float32Array<ArrayBuffer>): void {
    const { gpu, table } = this.context;
    if (flat.length !== table.totalFloats)
      throw new Error(`${flat.length} floats for ${table.totalFloats} parameters`);
    for (const { offset, size } of pieces(flat.length)) {
      gpu.device.queue.writeBuffer(this.weights.buffer, offset * 4, flat, offset, size);
    }
  }

  readParameters(): Promise<Float32Array<ArrayBuffer>> {
    return this.readFlat(this.weights);
  }

  /** Reads a buffer that is laid out like the parameters, e.g. a moment of the optimizer. */
  async readFlat(slice: Slice): Promise<Float32Array<ArrayBuffer>> {
    const flat = new Float32Array(slice.size / 4);
    for (const piece of pieces(flat.length)) {
      flat.set(new Float32Array(await readOnce(this.context.gpu, bindRange(slice, piece))), piece.offset);
    }
    return flat;
  }
}

/** Floats that go to the GPU or come from it at once: what is staged for them is memory beside the buffer itself. */
const PIECE_FLOATS = 2 ** 24;

function pieces(floats: number): Range[] {
  return Array.from({ length: ceilDiv(floats, PIECE_FLOATS) }, (_, i) => {
    const offset = i * PIECE_FLOATS;
    return { offset, size: Math.min(PIECE_FLOATS, floats - offset) };
  });
}

/** All parameters lie in one buffer, of which kernels bind the weights that they multiply with at once. */
function checkWeights(gpu: Gpu, table: ParameterTable): void {
  const { maxBufferSize, maxStorageBufferBindingSize } = gpu.device.limits;
  const refuse = (what: string, floats: number, limit: string, most: number) => {
    if (floats * 4 <= most) return;
    throw new BellowsError(
      "limit-exceeded",
      `${what} takes ${floats * 4} bytes; this device allows ${most} (${limit})`,
      { field: "model", hint: `A device with a ${limit} of ${floats * 4} or more can run this model.` },
    );
  };
  const { name, size } = table.largest;
  refuse(name, size, "maxStorageBufferBindingSize", maxStorageBufferBindingSize);
  refuse(`a model of ${table.count} parameters`, table.totalFloats, "maxBufferSize", maxBufferSize);
}
