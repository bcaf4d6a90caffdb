import {
  addPolicyStatistics,
  emptyStatistics,
  LOSS_TOKEN_FLOATS,
  type LossStatistics,
} from "../kernels/loss.ts";
import type { PreferenceStatistics } from "../kernels/preference.ts";
import type { Learner } from "../model/learner.ts";
import type { AdamwSettings } from "../model/optimizer.ts";
import type { Scorer } from "../model/scorer.ts";
import { type Aggregation, tokenWeights } from "./aggregation.ts";
import { pack, packedLength, splitIntoMicroBatches, type TrainingSequence } from "./pack.ts";
import type { Trajectory } from "./rollout.ts";

/** A trajectory with its advantage, ready for the loss. */
export interface ScoredTrajectory extends Trajectory {
  readonly advantage: number;
  /** Left out of the loss as a whole (overlong filtering). */
  readonly masked: boolean;
}

/** What every update needs to know, whatever its loss. */
export interface UpdateSettings {
  readonly adamw: AdamwSettings;
  readonly learningRate: number;
  readonly microBatchTokens: number;
}

export interface PolicyUpdateSettings extends UpdateSettings {
  readonly aggregation: Aggregation;
  /** The constant L_max of the sum-norm aggregation; never the scheduled cap. */
  readonly lmax: number;
  /** True where the loss has terms beside the policy's: then tokens with advantage 0 still have a gradient. */
  readonly keepsZeroAdvantages: boolean;
}

export interface PolicyUpdate {
  readonly statistics: LossStatistics;
  /** Present where the loss is one of pairs. */
  readonly preference?: PreferenceStatistics;
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
  settings: PolicyUpdateSettings,
  reference?: Scorer,
): Promise<PolicyUpdate> {
  const extents = batch.map(({ response, masked }) => ({ length: response.length, masked }));
  const weights = tokenWeights(extents, settings.aggregation, settings.lmax);
  const sequences: TrainingSequence[] = [];
  for (const [index, trajectory] of batch.entries()) {
    const weight = weights[index]!;
    if (weight === 0 || (trajectory.advantage === 0 && !settings.keepsZeroAdvantages)) continue;
    sequences.push({ ...trajectory, lossInput: policyLossInput(trajectory, weight) });
  }
  const microBatches = splitIntoMicroBatches(sequences, settings.microBatchTokens);
  if (reference !== undefined) await addReference(microBatches, reference);
  return learn(learner, microBatches, settings, addPolicyStatistics);
}

/**
 * Makes one step on micro-batches that a loss has prepared; none where there is nothing to learn from.
 * @param add adds the rows of the loss kernel's statistics to the total.
 */
export async function learn(
  learner: Learner,
  microBatches: readonly (readonly TrainingSequence[])[],
  settings: UpdateSettings,
  add: (total: LossStatistics, rows: Float32Array) => void,
): Promise<PolicyUpdate> {
  const statistics = emptyStatistics();
  if (microBatches.length === 0)
    return { statistics, gradientNorm: null, updateNorm: null, skipped: false, trainedTokens: 0 };

  const result = await learner.update(microBatches.map(pack), settings.adamw, settings.learningRate);
  add(statistics, result.statistics);
  return {
    statistics,
    gradientNorm: result.gradientNorm,
    updateNorm: result.updateNorm,
    skipped: result.skipped,
    trainedTokens: microBatches.flat().reduce((sum, sequence) => sum + packedLength(sequence), 0),
  };
}

/** Weight, advantage, old and reference log-prob of each token; the reference is the old policy until it is known. */
export function policyLossInput(
  { response, logprobs, advantage }: ScoredTrajectory,
  weight: number,
): Float32Array {
  const input = new Float32Array(response.length * LOSS_TOKEN_FLOATS);
  for (let i = 0; i < response.length; i++) {
    input.set([weight, advantage, logprobs[i]!, logprobs[i]!], i * LOSS_TOKEN_FLOATS);
  }
  return input;
}

/** Puts the reference policy's log-probs into the loss inputs. */
export async function addReference(
  microBatches: readonly (readonly TrainingSequence[])[],
  reference: Scorer,
): Promise<void> {
  for (const sequences of microBatches) {
    const { logprob } = await reference.score(pack(sequences));
    let begin = 0;
    for (const { prompt, response, lossInput } of sequences) {
      const first = begin + prompt.length - 1;
      for (let i = 0; i < response.length; i++) lossInput[i * LOSS_TOKEN_FLOATS + 3] = logprob[first + i]!;
      begin += prompt.length + response.length - 1;
    }
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
