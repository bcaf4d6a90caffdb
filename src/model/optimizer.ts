import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { type Dispatch, Program } from "../gpu/program.ts";
import { type adamwStep, addAdamw } from "../kernels/adamw.ts";
import { addGradientNorm, addGradientReduce, type gradientNorm } from "../kernels/gradient.ts";
import { type Chunk, type Gradients, slabsOf } from "./gradients.ts";
import { bindRange, type ParameterLayout } from "./parameters.ts";

export interface AdamwSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** Global norm to which the gradient is clipped; 0 or less: no clipping. */
  readonly gradientClip: number;
}

/** AdamW over all parameters: adds the gradient slabs, clips by the global norm, steps. */
export class Optimizer {
  readonly firstMoment: Slice;
  readonly secondMoment: Slice;
  /** Partial sums of squares of what the last update changed. */
  readonly changeSquares: Slice;
  /** Updates that were made; a skipped one does not count. */
  updates = 0;
  readonly #gpu: Gpu;
  readonly #program: Program;
  readonly #gradients: Gradients;
  readonly #norm: Dispatch<typeof gradientNorm>;
  readonly #steps: readonly Dispatch<typeof adamwStep>[];

  constructor(gpu: Gpu, table: ParameterLayout, weights: Slice, gradients: Gradients) {
    this.#gpu = gpu;
    this.#gradients = gradients;
    this.firstMoment = gpu.buffers.storage("first moment", table.totalFloats * 4);
    this.secondMoment = gpu.buffers.storage("second moment", table.totalFloats * 4);
    this.changeSquares = gpu.buffers.storage("change squares", gradients.partials * 4);
    this.#program = new Program(gpu, "optimizer");
    for (const chunk of gradients.chunks) addReduce(this.#program, gpu, gradients, chunk);
    this.#norm = addGradientNorm(
      this.#program,
      gpu,
      { partial_squares: gradients.partialSquares, result: gradients.normAndScale },
      { partials: gradients.partials, limit: 0 },
    );
    this.#steps = gradients.chunks.map((chunk) =>
      addAdamw(
        this.#program,
        gpu,
        {
          gradient: bindRange(gradients.total, chunk),
          norm_and_scale: gradients.normAndScale,
          weight: bindRange(weights, chunk),
          first_moment: bindRange(this.firstMoment, chunk),
          second_moment: bindRange(this.secondMoment, chunk),
          partial_squares: bindRange(this.changeSquares, chunk.partials),
        },
        {
          total4: chunk.size / 4,
          rate: 0,
          blend1: 0,
          blend2: 0,
          eps: 1,
          decay: 0,
          correction1: 1,
          correction2: 1,
        },
      ),
    );
  }

  /** Dispatches of one update. */
  get length(): number {
    return this.#program.length;
  }

  get program(): Program {
    return this.#program;
  }

  /** Forgets everything: the next update is as the first. */
  reset(): void {
    const { device } = this.#gpu;
    const encoder = device.createCommandEncoder({ label: "reset optimizer" });
    for (const { buffer } of [this.firstMoment, this.secondMoment]) encoder.clearBuffer(buffer);
    device.queue.submit([encoder.finish()]);
    this.updates = 0;
  }

  /** Sets what the next encoded update does. */
  prepare(settings: AdamwSettings, learningRate: number): void {
    const step = this.updates + 1;
    const { partials, chunks } = this.#gradients;
    this.#norm.setParams({ partials, limit: settings.gradientClip });
    for (const [index, chunk] of chunks.entries()) {
      this.#steps[index]!.setParams({
        total4: chunk.size / 4,
        rate: learningRate,
        blend1: 1 - settings.beta1,
        blend2: 1 - settings.beta2,
        eps: settings.eps,
        decay: settings.weightDecay,
        correction1: 1 - settings.beta1 ** step,
        correction2: 1 - settings.beta2 ** step,
      });
    }
  }
}

/** Adds the slabs of one chunk. */
function addReduce(program: Program, gpu: Gpu, gradients: Gradients, chunk: Chunk): void {
  const { matrices, vectors } = gradients;
  const parts = gradients.partsOf(chunk);
  addGradientReduce(
    program,
    gpu,
    {
      matrix_slab: slabsOf(gradients.matrixSlab, matrices, parts.matrices),
      vector_slab: slabsOf(gradients.vectorSlab, vectors, parts.vectors),
      gradient: bindRange(gradients.total, chunk),
      partial_squares: bindRange(gradients.partialSquares, chunk.partials),
    },
    {
      matrices4: parts.matrices.size / 4,
      total4: chunk.size / 4,
      matrix_slabs: matrices.count,
      vector_slabs: vectors.count,
      matrix_stride4: matrices.stride / 4,
      vector_stride4: vectors.stride / 4,
    },
  );
}
