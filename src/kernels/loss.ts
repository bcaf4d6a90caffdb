import { ceilDiv } from "../gpu/kernel.ts";

// What the loss kernels have in common: shaders/lib/loss_token.wgsl and shaders/lib/loss_statistics.wgsl.

/** Floats of a token's loss input: weight, advantage, old log-prob, reference log-prob. Cross-entropy has the weight alone. */
export const LOSS_TOKEN_FLOATS = 4;

/** Floats in one row of statistics: what one workgroup of a loss kernel writes. */
export const STATISTICS_FLOATS = 16;

/** Rows of statistics that `tokens` tokens give where a workgroup takes 64 tokens. */
export function statisticsRows(tokens: number): number {
  return ceilDiv(tokens, 64);
}

/** Sums over tokens that the loss kernels leave behind. What a loss does not have stays as {@link emptyStatistics} says. */
export interface LossStatistics {
  /** Σ weight · objective: the loss. */
  loss: number;
  /** The loss without KL, entropy and NLL terms: Σ weight · clipped policy term, or −log σ(margin) of pairs. */
  policyLoss: number;
  /** Σ −log-prob of the target tokens. */
  surprisal: number;
  entropy: number;
  tokens: number;
  /** Σ ρ; the ratio of a whole response counts for each of its tokens. */
  ratio: number;
  clippedLow: number;
  clippedHigh: number;
  dualClipped: number;
  /** Σ of the chosen estimator of KL to the reference. */
  kl: number;
  /** Σ old − new log-prob: the k1 estimate of the KL from the sampler. */
  policyKl: number;
  /** Σ ρ − 1 − log ρ, ρ of each token: the k3 estimate of the same. */
  mismatchK3: number;
  ratioMinimum: number;
  ratioMaximum: number;
  /** Largest |new − old| log-prob. */
  mismatchMaximum: number;
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

/** Adds the rows of the statistics of a policy loss (GRPO, sequence ratio) to `total`, in row order and double precision. */
export function addPolicyStatistics(total: LossStatistics, rows: Float32Array): void {
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
