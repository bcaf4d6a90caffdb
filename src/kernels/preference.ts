import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Grid } from "../gpu/kernel.ts";
import type { Program } from "../gpu/program.ts";
import { type LossStatistics, STATISTICS_FLOATS } from "./loss.ts";
import { shader } from "./sources.ts";

export const preferenceLoss = {
  id: "preference/loss",
  code: shader("preference/loss"),
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
  params: { beta: "f32", margin: "f32", nll_coefficient: "f32", simpo: "u32" },
} as const;

/** Settings of the loss of a pair. */
export interface PreferenceLossSettings {
  /** `simpo`: scores are mean log-probs, without a reference. `dpo`: sums of log-ratios to the reference policy. */
  readonly loss: "simpo" | "dpo";
  readonly beta: number;
  /** γ/β: what the chosen score must be ahead by. SimPO only; DPO has none. */
  readonly margin: number;
  /** Weight of the chosen response's mean negative log-prob (Iterative RPO). */
  readonly nllCoefficient: number;
}

/** The loss of pairs of responses, its gradient by log-prob, and statistics: one row a pair. */
export function addPreferenceLoss(
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
  settings: PreferenceLossSettings,
  grid: () => Grid,
): void {
  const { loss, beta, margin, nllCoefficient } = settings;
  const params = {
    beta,
    margin: loss === "simpo" ? margin : 0,
    nll_coefficient: nllCoefficient,
    simpo: Number(loss === "simpo"),
  };
  program.add(gpu.pipelines.get(preferenceLoss), bindings, params, grid);
}

/** Sums over pairs. A response's reward is β · its score, as the field reports it (DPO 2305.18290 §4). */
export interface PreferenceStatistics {
  pairs: number;
  /** Σ mean −log-prob of the chosen response. */
  nll: number;
  /** Pairs whose chosen response has the higher reward. */
  preferred: number;
  chosenReward: number;
  rejectedReward: number;
}

export function emptyPreferenceStatistics(): PreferenceStatistics {
  return { pairs: 0, nll: 0, preferred: 0, chosenReward: 0, rejectedReward: 0 };
}

/** Adds the rows of shaders/preference/loss.wgsl, in row order and double precision. */
export function addPreferenceStatistics(
  total: LossStatistics,
  pairs: PreferenceStatistics,
  rows: Float32Array,
): void {
  for (let at = 0; at < rows.length; at += STATISTICS_FLOATS) {
    const s = (index: number) => rows[at + index]!;
    total.loss += s(0);
    total.policyLoss += s(1);
    total.surprisal += s(2);
    total.entropy += s(3);
    total.tokens += s(4);
    pairs.pairs += s(5);
    pairs.nll += s(6);
    pairs.preferred += s(7);
    pairs.chosenReward += s(8);
    pairs.rejectedReward += s(9);
  }
}
