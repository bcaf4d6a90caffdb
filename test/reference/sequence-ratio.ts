import { emptyStatistics, type LossStatistics } from "../../src/kernels/loss.ts";
import type { SequenceRatioSettings } from "../../src/kernels/sequence-ratio.ts";
import { policyTerm } from "./grpo.ts";

/** A sampled token, as the rollout and this step's forward pass know it. */
export interface RatioToken {
  readonly logprob: number;
  /** Log-prob under the distribution that sampled it. */
  readonly oldLogprob: number;
  /** Entropy of the distribution it was drawn from, in nats. */
  readonly entropy: number;
}

export interface RatioSequence {
  /** 1 / (responses of the whole batch), so that a batch may be split anywhere. */
  readonly weight: number;
  readonly advantage: number;
  readonly tokens: readonly RatioToken[];
}

const logRatioOf = ({ logprob, oldLogprob }: RatioToken) => logprob - oldLogprob;

/**
 * GRPO's policy term with one ratio for a whole response, the geometric mean of its tokens' ratios (GSPO 2507.18071 §4.1; the
 * code of O1-Pruner and AdaptThink):
 *   ρ    = e^(mean of logprob − oldLogprob)
 *   loss = max(−A · ρ, −A · clip(ρ, 1 − clipLow, 1 + clipHigh))
 * A response is clipped as one; each log-prob is 1/n of log ρ, so each token's slope is 1/n of that of the term.
 */
export function sequenceTerm({ advantage, tokens }: RatioSequence, settings: SequenceRatioSettings) {
  const logRatio = tokens.reduce((sum, token) => sum + logRatioOf(token), 0) / tokens.length;
  const term = policyTerm(logRatio, advantage, { ...settings, dualClip: 0 });
  return { ...term, slope: term.slope / tokens.length };
}

/**
 * loss = Σ weight · policy   over the sequences; gradients by log-prob, sequence by sequence, and the statistics that the kernel
 * reports.
 */
export function sequenceRatioLoss(sequences: readonly RatioSequence[], settings: SequenceRatioSettings) {
  const statistics = emptyStatistics();
  const dlogprob = sequences.flatMap((sequence) => {
    const term = sequenceTerm(sequence, settings);
    statistics.loss += sequence.weight * term.value;
    statistics.policyLoss += sequence.weight * term.value;
    for (const token of sequence.tokens) countToken(statistics, token, sequence.advantage, term);
    return sequence.tokens.map(() => sequence.weight * term.slope);
  });
  return { loss: statistics.loss, dlogprob: Float64Array.from(dlogprob), statistics };
}

/** Ratio and clipping are those of the response; what sampler and trainer disagree on is a matter of the token. */
function countToken(
  s: LossStatistics,
  token: RatioToken,
  advantage: number,
  { ratio, clipped }: ReturnType<typeof sequenceTerm>,
): void {
  const logRatio = logRatioOf(token);
  s.tokens += 1;
  s.surprisal -= token.logprob;
  s.entropy += token.entropy;
  s.ratio += ratio;
  s.clippedLow += clipped && advantage < 0 ? 1 : 0;
  s.clippedHigh += clipped && advantage > 0 ? 1 : 0;
  s.policyKl -= logRatio;
  s.mismatchK3 += Math.exp(logRatio) - 1 - logRatio;
  s.ratioMinimum = Math.min(s.ratioMinimum, ratio);
  s.ratioMaximum = Math.max(s.ratioMaximum, ratio);
  s.mismatchMaximum = Math.max(s.mismatchMaximum, Math.abs(logRatio));
}
