import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { ceilDiv, foldGrid } from "../gpu/kernel.ts";
import type { Dispatch, Program } from "../gpu/program.ts";
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

/** Floats per token of the `token` binding: weight, advantage, old log-prob, reference log-prob. */
export const GRPO_TOKEN_FLOATS = 4;

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

export function grpoParams(settings: GrpoLossSettings) {
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
): Dispatch<typeof grpoLoss> {
  const kernel = gpu.pipelines.get(grpoLoss);
  return program.add(kernel, bindings, grpoParams(settings), (rows) => foldGrid(ceilDiv(rows, 64)));
}

/** Sums over tokens that the loss kernels leave behind, in the order of shaders/grpo/loss.wgsl. */
export interface LossStatistics {
  /** Σ weight · objective: the loss. */
  loss: number;
  /** Σ weight · clipped policy term. */
  policyLoss: number;
  /** Σ −log-prob of the sampled tokens. */
  surprisal: number;
  entropy: number;
  tokens: number;
  ratio: number;
  clippedLow: number;
  clippedHigh: number;
  dualClipped: number;
  /** Σ of the chosen estimator of KL to the reference. */
  kl: number;
  /** Σ old − new log-prob: the k1 estimate of the KL from the sampler. */
  policyKl: number;
  /** Σ ρ − 1 − log ρ: the k3 estimate of the same. */
  mismatchK3: number;
  ratioMinimum: number;
  ratioMaximum: number;
  /** Largest |new − old| log-prob. */
  mismatchMaximum: number;
}

/** Floats in one row of statistics: what one workgroup of a loss kernel writes. */
export const STATISTICS_FLOATS = 16;

/** Rows of statistics that `tokens` tokens give. */
export function statisticsRows(tokens: number): number {
  return ceilDiv(tokens, 64);
}

export function emptyStatistics(): LossStatistics {
  return {
    loss: 0,
    policyLoss: 0,
    surprisal: 0,
    entropy: 0,
    tokens: 0,
    ratio: 0,
    clippedLow: 0,
    clippedHigh: 0,
    dualClipped: 0,
    kl: 0,
    policyKl: 0,
    mismatchK3: 0,
    ratioMinimum: Number.POSITIVE_INFINITY,
    ratioMaximum: 0,
    mismatchMaximum: 0,
  };
}

/** Adds the rows of a GRPO statistics buffer to `total`, in row order and double precision. */
export function addGrpoStatistics(total: LossStatistics, rows: Float32Array): void {
  for (let at = 0; at < rows.length; at += STATISTICS_FLOATS) {
    const s = (index: number) => rows[at + index]!;
    total.loss += s(0);
    total.policyLoss += s(1);
    total.surprisal += s(2);
    total.entropy += s(3);
    total.tokens += s(4);
    total.ratio += s(5);
    total.clippedLow += s(6);
    total.clippedHigh += s(7);
    total.dualClipped += s(8);
    total.kl += s(9);
    total.policyKl += s(10);
    total.mismatchK3 += s(11);
    total.ratioMinimum = Math.min(total.ratioMinimum, s(13));
    total.ratioMaximum = Math.max(total.ratioMaximum, s(14));
    total.mismatchMaximum = Math.max(total.mismatchMaximum, s(15));
  }
}
