import { addPolicyStatistics } from "../kernels/loss.ts";
import type { Learner } from "../model/learner.ts";
import { splitIntoMicroBatches } from "./pack.ts";
import {
  learn,
  type PolicyUpdate,
  policyLossInput,
  type ScoredTrajectory,
  type UpdateSettings,
} from "./update.ts";

/**
 * One update by the loss of whole responses, clipped by their length-normalised ratio (shaders/sequence_ratio/loss.wgsl).
 * The loss is the mean over the responses that are not masked; those of advantage 0 have no gradient and are left out of
 * the passes, but they count in the mean.
 */
export async function updateSequences(
  learner: Learner,
  batch: readonly ScoredTrajectory[],
  settings: UpdateSettings,
): Promise<PolicyUpdate> {
  const counting = batch.filter(({ response, masked }) => !masked && response.length > 0);
  const sequences = counting
    .filter(({ advantage }) => advantage !== 0)
    .map((trajectory) => ({ ...trajectory, lossInput: policyLossInput(trajectory, 1 / counting.length) }));
  const microBatches = splitIntoMicroBatches(sequences, settings.microBatchTokens);
  return learn(learner, microBatches, settings, addPolicyStatistics);
}
