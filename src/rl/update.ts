import {
  addGrpoStatistics,
  emptyStatistics,
  GRPO_TOKEN_FLOATS,
  type LossStatistics,
} from "../kernels/grpo.ts";
import type { Learner } from "../model/learner.ts";
import type { AdamwSettings } from "../model/optimizer.ts";
import type { Scorer } from "../model/scorer.ts";
import { type Aggregation, tokenWeights } from "./aggregation.ts";
import { pack, splitIntoMicroBatches, type TrainingSequence } from "./pack.ts";
import type { Trajectory } from "./rollout.ts";

/** A trajectory with its advantage, ready for the loss. */
export interface ScoredTrajectory extends Trajectory {
  readonly advantage: number;
  /** Left out of the loss as a whole (overlong filtering). */
  readonly masked: boolean;
}

export interface UpdateSettings {
  readonly aggregation: Aggregation;
  /** The constant L_max of the sum-norm aggregation; never the scheduled cap. */
  readonly lmax: number;
  readonly adamw: AdamwSettings;
  readonly learningRate: number;
  readonly microBatchTokens: number;
  /** True where the loss has terms beside the policy's: then tokens with advantage 0 still have a gradient. */
  readonly keepsZeroAdvantages: boolean;
}

export interface PolicyUpdate {
  readonly statistics: LossStatistics;
  /** Global norm before clipping; null where nothing was left to learn from. */
  readonly gradientNorm: number | null;
  /** Norm of the change of the weights; null likewise. */
  readonly updateNorm: number | null;
  readonly skipped: boolean;
  /** Tokens that went through forward and backward, prompts included. */
  readonly trainedTokens: number;
}

/**
 * One update of the policy on one mini-batch. The weights of the tokens are computed over the whole mini-batch before it
 * is split. Sequences whose advantage is exactly 0 have no gradient and are left out of the passes, but they count in the
 * normaliser. With a reference policy, its log-probs are found first.
 */
export async function updatePolicy(
  learner: Learner,
  batch: readonly ScoredTrajectory[],
  settings: UpdateSettings,
  reference?: Scorer,
): Promise<PolicyUpdate> {
  const extents = batch.map(({ response, masked }) => ({ length: response.length, masked }));
  const weights = tokenWeights(extents, settings.aggregation, settings.lmax);
  const sequences: TrainingSequence[] = [];
  for (const [index, trajectory] of batch.entries()) {
    const weight = weights[index]!;
    if (weight === 0 || (trajectory.advantage === 0 && !settings.keepsZeroAdvantages)) continue;
    sequences.push({ ...trajectory, lossInput: lossInput(trajectory, weight) });
  }
  const statistics = emptyStatistics();
  if (sequences.length === 0)
    return { statistics, gradientNorm: null, updateNorm: null, skipped: false, trainedTokens: 0 };

  const microBatches = splitIntoMicroBatches(sequences, settings.microBatchTokens);
  if (reference !== undefined) for (const micro of microBatches) await addReference(micro, reference);
  const packed = microBatches.map((micro) => pack(micro, GRPO_TOKEN_FLOATS));
  const result = await learner.update(packed, settings.adamw, settings.learningRate);
  addGrpoStatistics(statistics, result.statistics);
  return {
    statistics,
    gradientNorm: result.gradientNorm,
    updateNorm: result.updateNorm,
    skipped: result.skipped,
    trainedTokens: packed.reduce((sum, { token }) => sum + token.length, 0),
  };
}

/** Weight, advantage, old and reference log-prob of each token; the reference is the old policy until it is known. */
function lossInput({ response, logprobs, advantage }: ScoredTrajectory, weight: number): Float32Array {
  const input = new Float32Array(response.length * GRPO_TOKEN_FLOATS);
  for (let i = 0; i < response.length; i++) {
    input.set([weight, advantage, logprobs[i]!, logprobs[i]!], i * GRPO_TOKEN_FLOATS);
  }
  return input;
}

async function addReference(sequences: readonly TrainingSequence[], reference: Scorer): Promise<void> {
  const packed = pack(sequences, GRPO_TOKEN_FLOATS);
  const { logprob } = await reference.score(packed);
  let begin = 0;
  for (const { prompt, response, lossInput } of sequences) {
    const first = begin + prompt.length - 1;
    for (let i = 0; i < response.length; i++) lossInput[i * GRPO_TOKEN_FLOATS + 3] = logprob[first + i]!;
    begin += prompt.length + response.length - 1;
  }
}

/** Contiguous, nearly equal shares of the groups, one for each mini-batch. */
export function splitIntoMiniBatches<T>(groups: readonly (readonly T[])[], count: number): T[][] {
  return Array.from({ length: count }, (_, i) => {
    const begin = Math.floor((i * groups.length) / count);
    const end = Math.floor(((i + 1) * groups.length) / count);
    return groups.slice(begin, end).flat();
  });
}
