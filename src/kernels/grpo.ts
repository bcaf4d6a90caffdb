import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { foldGrid } from "../gpu/kernel.ts";
import type { Program } from "../gpu/program.ts";
import { statisticsRows } from "./loss.ts";
import { shader } from "./sources.ts";

export const grpoLoss = {
  id: "grpo/loss",
  code: shader("grpo/loss"),
  bindings: {
    target_token: "read",
    token: "read",
    logprob: "read",
    entropy: "read",
    dlogprob: "read_write",
    dentropy: "read_write",
    statistics: "read_write",
    extent: "uniform",
  },
  params: {
    clip_low: "f32",
    clip_high: "f32",
    dual_clip: "f32",
    entropy_coefficient: "f32",
    kl_coefficient: "f32",
    kl_kind: "u32",
  },
} as const;

/** Settings of the per-token objective. */
export interface GrpoLossSettings {
  readonly clipLow: number;
  readonly clipHigh: number;
  /** The constant c of dual clip; 0 switches it off. */
  readonly dualClip: number;
  readonly entropyCoefficient: number;
  readonly klCoefficient: number;
  readonly klKind: "none" | "k1" | "k2" | "k3";
}

function grpoParams(settings: GrpoLossSettings) {
  return {
    clip_low: settings.clipLow,
    clip_high: settings.clipHigh,
    dual_clip: settings.dualClip,
    entropy_coefficient: settings.entropyCoefficient,
    kl_coefficient: settings.klCoefficient,
    kl_kind: ["none", "k1", "k2", "k3"].indexOf(settings.klKind),
  };
}

/** The GRPO objective of each token, its gradients by log-prob and entropy, and statistics. */
export function addGrpoLoss(
  program: Program,
  gpu: Gpu,
  bindings: {
    target_token: Slice;
    token: Slice;
    logprob: Slice;
    entropy: Slice;
    dlogprob: Slice;
    dentropy: Slice;
    statistics: Slice;
    extent: Slice;
  },
  settings: GrpoLossSettings,
): void {
  const kernel = gpu.pipelines.get(grpoLoss);
  program.add(kernel, bindings, grpoParams(settings), (rows) => foldGrid(statisticsRows(rows)));
}
