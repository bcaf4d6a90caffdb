import type { Slice } from "../gpu/buffers.ts";
import { Program } from "../gpu/program.ts";
import type { KernelTimer } from "../gpu/timing.ts";
import { TILE_ROWS } from "../kernels/attention.ts";
import { addCrossentropy } from "../kernels/crossentropy.ts";
import { addGrpoLoss, type GrpoLossSettings } from "../kernels/grpo.ts";
import { statisticsRows } from "../kernels/loss.ts";
import { addPreferenceLoss, type PreferenceLossSettings } from "../kernels/preference.ts";
import { addSequenceRatioLoss, type SequenceRatioSettings } from "../kernels/sequence-ratio.ts";
import { Activations } from "./activations.ts";
import { addBackward } from "./backward.ts";
import { BatchBuffers, type PackedBatch } from "./batch.ts";
import { addForward, type ModelContext, type Policy } from "./forward.ts";
import type { Gradients } from "./gradients.ts";
import { bindRange } from "./parameters.ts";

/** Which loss a pass computes, with the temperature of the distribution that it is about. */
export type Objective =
  | { readonly kind: "crossentropy" }
  | { readonly kind: "grpo"; readonly temperature: number; readonly settings: GrpoLossSettings }
  | {
      readonly kind: "sequence-ratio";
      readonly temperature: number;
      readonly settings: SequenceRatioSettings;
    }
  /** Sequences come in pairs: a chosen one, then the rejected one. */
  | { readonly kind: "preference"; readonly temperature: number; readonly settings: PreferenceLossSettings };

/**
 * Forward, loss and backward over packed micro-batches of at most `capacity` tokens. Buffers and dispatches are
 * made once; a micro-batch is then a write and an encode.
 */
export class TrainingPass {
  readonly batch: BatchBuffers;
  readonly activations: Activations;
  readonly #programs: readonly Program[];
  readonly #objective: Objective;
  /**
   * Where the gradient of an embedding goes that is not the head: it must be cleared, as the tokens of a batch alone add to
   * it. Of a tied embedding the head's gradient overwrites all.
   */
  readonly #untied: Slice | undefined;
  #rows = 0;
  #accumulate = false;

  constructor(
    model: ModelContext,
    policy: Policy,
    gradients: Gradients,
    batch: BatchBuffers,
    activations: Activations,
    objective: Objective,
  ) {
    const { gpu } = model;
    this.batch = batch;
    this.activations = activations;
    this.#objective = objective;
    const temperature = objective.kind === "crossentropy" ? 1 : objective.temperature;
    const forward = new Program(gpu, "forward");
    addForward(forward, model, policy, batch, activations, temperature);
    const loss = new Program(gpu, "loss");
    addLoss(loss, model, batch, activations, objective);
    const backward = new Program(gpu, "backward");
    addBackward(backward, model, policy, batch, activations, gradients, temperature);
    this.#programs = [forward, loss, backward];
    const { embedding, head } = model.table;
    const isTied = head === embedding;
    this.#untied =
      isTied || model.frozen !== undefined ? undefined : bindRange(gradients.matrixSlab, embedding);
  }

  /** Dispatches of one micro-batch. */
  get length(): number {
    return this.#programs.reduce((sum, program) => sum + program.length, 0);
  }

  /** Rows of statistics that a micro-batch gives: one for each workgroup of the loss. */
  statisticsRows({ token, lengths }: PackedBatch): number {
    switch (this.#objective.kind) {
      case "crossentropy":
      case "grpo":
        return statisticsRows(token.length);
      case "sequence-ratio":
        return lengths.length;
      case "preference":
        return pairsOf(lengths.length);
    }
  }

  /** Sends a micro-batch; with `accumulate` its gradients add to those of the one before. */
  write(batch: PackedBatch, accumulate: boolean): void {
    this.batch.write(batch, accumulate);
    this.#rows = batch.token.length;
    this.#accumulate = accumulate;
  }

  /** Encodes forward, loss and backward of the micro-batch in hand. */
  encode(encoder: GPUCommandEncoder, timer?: KernelTimer): void {
    if (this.#untied !== undefined && !this.#accumulate) {
      encoder.clearBuffer(this.#untied.buffer, this.#untied.offset, this.#untied.size);
    }
    for (const program of this.#programs) program.encode(encoder, this.#rows, timer);
  }
}

function addLoss(
  program: Program,
  { gpu }: ModelContext,
  batch: BatchBuffers,
  activations: Activations,
  objective: Objective,
): void {
  const bindings = {
    target_token: batch.target,
    logprob: activations.logprob,
    entropy: activations.entropy,
    dlogprob: activations.gradient.logprob,
    dentropy: activations.gradient.entropy,
    statistics: activations.statistics,
  };
  const { extent, lossInput: token, sequenceBegin: sequence_begin } = batch;
  const sequences = { ...bindings, token, sequence_begin };
  switch (objective.kind) {
    case "crossentropy":
      addCrossentropy(program, gpu, { ...bindings, extent, weight: batch.lossInput });
      break;
    case "grpo":
      addGrpoLoss(program, gpu, { ...bindings, extent, token }, objective.settings);
      break;
    case "sequence-ratio":
      addSequenceRatioLoss(program, gpu, sequences, objective.settings, () => [batch.sequences]);
      break;
    case "preference":
      addPreferenceLoss(program, gpu, sequences, objective.settings, () => [pairsOf(batch.sequences)]);
      break;
  }
}

function pairsOf(sequences: number): number {
  return Math.floor(sequences / 2);
}

/** Batch and activation buffers for micro-batches of at most `capacity` tokens, shared by the passes of a model. */
export function passBuffers(model: ModelContext, capacity: number): [BatchBuffers, Activations] {
  const { gpu, config, variants } = model;
  return [
    new BatchBuffers(gpu, capacity, config.vocab_size, TILE_ROWS[variants.attention]),
    new Activations(model, capacity),
  ];
}
