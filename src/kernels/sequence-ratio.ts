import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Grid } from "../gpu/kernel.ts";
import type { Program } from "../gpu/program.ts";
import type { GrpoLossSettings } from "./grpo.ts";
import { shader } from "./sources.ts";

export const sequenceRatioLoss = {
  id: "sequence_ratio/loss",
  code: shader("sequence_ratio/loss"),
  bindings: {
    target_token: "read",
    token: "read",
    sequence_begin: "read",
    logprob: "read",
    entropy: "read",
    dlogprob: "read_write",
    dentropy: "read_write",
    statistics: "read_write",
  },
  params: { clip_low: "f32", clip_high: "f32" },
} as const;

export type SequenceRatioSettings = Pick<GrpoLossSettings, "clipLow" | "clipHigh">;

/** The clipped loss of whole responses, its gradient by log-prob, and statistics: one row a sequence. */
export function addSequenceRatioLoss(
  program: Program,
  gpu: Gpu,
  bindings: {
    target_token: Slice;
    token: Slice;
    sequence_begin: Slice;
    logprob: Slice;
    entropy: Slice;
    dlogprob: Slice;
    dentropy: Slice;
    statistics: Slice;
  },
  { clipLow, clipHigh }: SequenceRatioSettings,
  grid: () => Grid,
): void {
  const params = { clip_low: clipLow, clip_high: clipHigh };
  program.add(gpu.pipelines.get(sequenceRatioLoss), bindings, params, grid);
}
