import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { ceilDiv, foldGrid } from "../gpu/kernel.ts";
import type { Program } from "../gpu/program.ts";
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
  program.add(gpu.pipelines.get(crossentropyLoss), bindings, {}, (rows) => foldGrid(ceilDiv(rows, 64)));
}
