import type { Slice } from "../gpu/buffers.ts";
import { Program } from "../gpu/program.ts";
import type { KernelTimer } from "../gpu/timing.ts";
import { TILE_ROWS } from "../kernels/attention.ts";
import { addCrossentropy } from "../kernels/crossentropy.ts";
import { addGrpoLoss, type GrpoLossSettings, grpoParams, statisticsRows } from "../kernels/grpo.ts";
import { Activations } from "./activations.ts";
import { addBackward } from "./backward.ts";
import { BatchBuffers, type PackedBatch } from "./batch.ts";
import { addForward, type ModelContext } from "./forward.ts";
import type { Gradients } from "./gradients.ts";

/** Which loss a pass computes, with the temperature of the distribution that it is about. */
export type Objective =
  | { readonly kind: "crossentropy" }
  | { readonly kind: "grpo"; readonly temperature: number; readonly settings: GrpoLossSettings };

/**
 * Forward, loss and backward over packed micro-batches of at most `capacity` tokens. Buffers and dispatches are
 * made once; a micro-batch is then a write and an encode.
 */
export class TrainingPass {
  readonly batch: BatchBuffers;
  readonly activations: Activations;
  readonly #programs: readonly Program[];
  readonly #setSettings: (settings: GrpoLossSettings) => void;
  #rows = 0;

  constructor(
    model: ModelContext,
    weights: Slice,
    gradients: Gradients,
    batch: BatchBuffers,
    activations: Activations,
    objective: Objective,
  ) {
    const { gpu } = model;
    this.batch = batch;
    this.activations = activations;
    const temperature = objective.kind === "grpo" ? objective.temperature : 1;
    const forward = new Program(gpu, "forward");
    addForward(forward, model, weights, batch, activations, temperature);
    const loss = new Program(gpu, "loss");
    const bindings = {
      target_token: batch.target,
      logprob: activations.logprob,
      entropy: activations.entropy,
      dlogprob: activations.gradient.logprob,
      dentropy: activations.gradient.entropy,
      statistics: activations.statistics,
      extent: batch.extent,
    };
    if (objective.kind === "grpo") {
      const dispatch = addGrpoLoss(loss, gpu, { ...bindings, token: batch.lossInput }, objective.settings);
      this.#setSettings = (settings) => dispatch.setParams(grpoParams(settings));
    } else {
      addCrossentropy(loss, gpu, { ...bindings, weight: batch.lossInput });
      this.#setSettings = () => {};
    }
    const backward = new Program(gpu, "backward");
    addBackward(backward, model, weights, batch, activations, gradients, temperature);
    this.#programs = [forward, loss, backward];
  }

  /** Dispatches of one micro-batch. */
  get length(): number {
    return this.#programs.reduce((sum, program) => sum + program.length, 0);
  }

  /** Rows of statistics that the micro-batch in hand gives. */
  get statisticsRows(): number {
    return statisticsRows(this.#rows);
  }

  /** Changes clip ratios and coefficients from the next encode on. */
  setSettings(settings: GrpoLossSettings): void {
    this.#setSettings(settings);
  }

  /** Sends a micro-batch; with `accumulate` its gradients add to those of the one before. */
  write(batch: PackedBatch, accumulate: boolean): void {
    this.batch.write(batch, accumulate);
    this.#rows = batch.token.length;
  }

  /** Encodes forward, loss and backward of the micro-batch in hand. */
  encode(encoder: GPUCommandEncoder, timer?: KernelTimer): void {
    for (const program of this.#programs) program.encode(encoder, this.#rows, timer);
  }
}

/** Batch and activation buffers for micro-batches of at most `capacity` tokens, shared by the passes of a model. */
export function passBuffers(model: ModelContext, capacity: number): [BatchBuffers, Activations] {
  const { gpu, config, variants } = model;
  return [
    new BatchBuffers(gpu, capacity, config.vocab_size, TILE_ROWS[variants.attention]),
    new Activations(gpu, config, capacity),
  ];
}
