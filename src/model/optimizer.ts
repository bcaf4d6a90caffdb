import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { type Dispatch, Program } from "../gpu/program.ts";
import { type adamwStep, addAdamw } from "../kernels/adamw.ts";
import { addGradientNorm, addGradientReduce, type gradientNorm, partialsOf } from "../kernels/gradient.ts";
import type { Gradients } from "./gradients.ts";
import type { ParameterTable } from "./parameters.ts";

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
  readonly #norm: Dispatch<typeof gradientNorm>;
  readonly #adamw: Dispatch<typeof adamwStep>;
  readonly #table: ParameterTable;

  constructor(gpu: Gpu, table: ParameterTable, weights: Slice, gradients: Gradients) {
    this.#gpu = gpu;
    this.#table = table;
    this.firstMoment = gpu.buffers.storage("first moment", table.totalFloats * 4);
    this.secondMoment = gpu.buffers.storage("second moment", table.totalFloats * 4);
    this.changeSquares = gpu.buffers.storage("change squares", partialsOf(table.totalFloats) * 4);
    const { matrixSlab: matrix_slab, vectorSlab: vector_slab, partialSquares: partial_squares } = gradients;
    this.#program = new Program(gpu, "optimizer");
    addGradientReduce(
      this.#program,
      gpu,
      { matrix_slab, vector_slab, gradient: gradients.total, partial_squares },
      {
        matrices4: table.matrixFloats / 4,
        total4: table.totalFloats / 4,
        matrix_slabs: gradients.matrices.count,
        vector_slabs: gradients.vectors.count,
      },
    );
    this.#norm = addGradientNorm(
      this.#program,
      gpu,
      { partial_squares, result: gradients.normAndScale },
      { partials: partialsOf(table.totalFloats), limit: 0 },
    );
    this.#adamw = addAdamw(
      this.#program,
      gpu,
      {
        gradient: gradients.total,
        norm_and_scale: gradients.normAndScale,
        weight: weights,
        first_moment: this.firstMoment,
        second_moment: this.secondMoment,
        partial_squares: this.changeSquares,
      },
      {
        total4: table.totalFloats / 4,
        rate: 0,
        blend1: 0,
        blend2: 0,
        eps: 1,
        decay: 0,
        correction1: 1,
        correction2: 1,
      },
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
    this.#norm.setParams({ partials: partialsOf(this.#table.totalFloats), limit: settings.gradientClip });
    this.#adamw.setParams({
      total4: this.#table.totalFloats / 4,
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
