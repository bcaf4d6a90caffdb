import { LOSS_TOKEN_FLOATS } from "../kernels/loss.ts";
import { addPreferenceStatistics, emptyPreferenceStatistics } from "../kernels/preference.ts";
import type { Learner } from "../model/learner.ts";
import type { Scorer } from "../model/scorer.ts";
import type { PreferencePair } from "./method.ts";
import { splitTogether, type TrainingSequence } from "./pack.ts";
import { addReference, learn, type PolicyUpdate, type UpdateSettings } from "./update.ts";

/**
 * One update on pairs of responses; the loss (SimPO, or DPO) is the learner's. Every pair counts the same: the loss is the
 * mean over the pairs of the batch. Micro-batches hold whole pairs, so two responses with their prompts must fit in one.
 * @param reference the policy that DPO measures from; SimPO has none.
 */
export async function updatePreference(
  learner: Learner,
  pairs: readonly PreferencePair[],
  settings: UpdateSettings,
  reference?: Scorer,
): Promise<PolicyUpdate> {
  const weight = 1 / pairs.length;
  const sets = pairs.map(({ prompt, chosen, rejected }) =>
    [chosen, rejected].map((response) => asTraining(prompt, response, weight)),
  );
  const microBatches = splitTogether(sets, settings.microBatchTokens);
  if (reference !== undefined) await addReference(microBatches, reference);
  const preference = emptyPreferenceStatistics();
  const update = await learn(learner, microBatches, settings, (total, rows) =>
    addPreferenceStatistics(total, preference, rows),
  );
  return { ...update, preference };
}

/** Each token carries the weight of its pair; the reference log-prob is 0 until it is known. */
function asTraining(
  prompt: readonly number[],
  response: readonly number[],
  weight: number,
): TrainingSequence {
  const lossInput = new Float32Array(response.length * LOSS_TOKEN_FLOATS);
  for (let i = 0; i < response.length; i++) lossInput[i * LOSS_TOKEN_FLOATS] = weight;
  return { prompt, response, lossInput };
}
