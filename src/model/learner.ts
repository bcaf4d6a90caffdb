import { Readback } from "../gpu/readback.ts";
import { STATISTICS_FLOATS } from "../kernels/loss.ts";
import type { PackedBatch } from "./batch.ts";
import type { Model } from "./model.ts";
import type { AdamwSettings, Optimizer } from "./optimizer.ts";
import type { TrainingPass } from "./training-pass.ts";

const STATISTICS_ROW_BYTES = STATISTICS_FLOATS * 4;
const NORM_BYTES = 8;

/** What one update left behind. */
export interface UpdateResult {
  /** Statistics of the loss kernel, [rows, 16], all micro-batches one after another. */
  readonly statistics: Float32Array;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** Norm of what the update changed. */
  readonly updateNorm: number;
  /** True where the gradient was not finite: nothing was changed. */
  readonly skipped: boolean;
}

/** One objective and one optimizer: turns micro-batches into an update of the weights, with one readback. */
export class Learner {
  readonly pass: TrainingPass;
  readonly optimizer: Optimizer;
  readonly #model: Pick<Model, "context" | "gradients">;
  #readback: Readback | undefined;

  constructor(model: Pick<Model, "context" | "gradients">, pass: TrainingPass, optimizer: Optimizer) {
    this.#model = model;
    this.pass = pass;
    this.optimizer = optimizer;
  }

  /** Adds the gradients of all micro-batches and makes one step. One submit for each micro-batch. */
  async update(
    batches: readonly PackedBatch[],
    settings: AdamwSettings,
    learningRate: number,
  ): Promise<UpdateResult> {
    const { gpu } = this.#model.context;
    const { changeSquares } = this.optimizer;
    const rows = batches.reduce((sum, batch) => sum + this.pass.statisticsRows(batch), 0);
    const readback = this.#readbackFor(rows * STATISTICS_ROW_BYTES + NORM_BYTES + changeSquares.size);
    this.optimizer.prepare(settings, learningRate);
    let at = 0;
    for (const [index, batch] of batches.entries()) {
      this.pass.write(batch, index > 0);
      const encoder = gpu.device.createCommandEncoder({ label: "update" });
      this.pass.encode(encoder);
      const bytes = this.pass.statisticsRows(batch) * STATISTICS_ROW_BYTES;
      readback.encode(encoder, this.pass.activations.statistics, bytes, at);
      at += bytes;
      if (index === batches.length - 1) {
        this.optimizer.program.encode(encoder, 0);
        readback.encode(encoder, this.#model.gradients.normAndScale, NORM_BYTES, at);
        readback.encode(encoder, changeSquares, changeSquares.size, at + NORM_BYTES);
      }
      gpu.device.queue.submit([encoder.finish()]);
    }
    const result = new Float32Array(await readback.read(at + NORM_BYTES + changeSquares.size));
    const statistics = result.subarray(0, at / 4);
    const [gradientNorm = Number.NaN, scale = 0, ...squares] = result.subarray(at / 4);
    const updateNorm = Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
    const skipped = scale === 0;
    if (!skipped) this.optimizer.updates += 1;
    return { statistics, gradientNorm, updateNorm, skipped };
  }

  /** Forward, loss and backward of one micro-batch, without an update: returns the statistics. */
  async evaluateLoss(batch: PackedBatch): Promise<Float32Array> {
    const { gpu } = this.#model.context;
    this.pass.write(batch, false);
    const bytes = this.pass.statisticsRows(batch) * STATISTICS_ROW_BYTES;
    const readback = this.#readbackFor(bytes);
    const encoder = gpu.device.createCommandEncoder({ label: "loss" });
    this.pass.encode(encoder);
    readback.encode(encoder, this.pass.activations.statistics, bytes);
    gpu.device.queue.submit([encoder.finish()]);
    return new Float32Array(await readback.read(bytes));
  }

  #readbackFor(bytes: number): Readback {
    if (this.#readback === undefined || this.#readback.capacity < bytes) {
      this.#readback?.destroy();
      this.#readback = new Readback(this.#model.context.gpu, "update statistics", bytes * 2);
    }
    return this.#readback;
  }
}
