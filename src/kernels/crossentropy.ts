import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { foldGrid } from "../gpu/kernel.ts";
import type { Program } from "../gpu/program.ts";
import { type LossStatistics, STATISTICS_FLOATS, statisticsRows } from "./loss.ts";
import { shader } from "./sources.ts";

export const crossentropyLoss = {
  id: "crossentropy/loss",
  code: shader("crossentropy/loss"),
  bindings: {
    target_token: "read",
    weight: "read",
    logprob: "read",
    entropy: "read",
    dlogprob: "read_write",
    dentropy: "read_write",
    statistics: "read_write",
    extent: "uniform",
  },
  params: {},
} as const;

/** Weighted cross-entropy of each row's target, its gradient by log-prob, and statistics. */
export function addCrossentropy(
  program: Program,
  gpu: Gpu,
  bindings: {
    target_token: Slice;
    weight: Slice;
    logprob: Slice;
    entropy: Slice;
    dlogprob: Slice;
    dentropy: Slice;
    statistics: Slice;
    extent: Slice;
  },
): void {
  const kernel = gpu.pipelines.get(crossentropyLoss);
  program.add(kernel, bindings, {}, (rows) => foldGrid(statisticsRows(rows)));
}

/** Adds the rows of shaders/crossentropy/loss.wgsl to `total`, in row order and double precision. */
export function addCrossentropyStatistics(total: LossStatistics, rows: Float32Array): void {
  for (let at = 0; at < rows.length; at += STATISTICS_FLOATS) {
    total.loss += rows[at]!;
    total.surprisal += rows[at + 1]!;
    total.entropy += rows[at + 2]!;
    total.tokens += rows[at + 3]!;
  }
}
