import { addCrossentropyStatistics } from "../kernels/crossentropy.ts";
import type { Learner } from "../model/learner.ts";
import type { Trace } from "./method.ts";
import { splitIntoMicroBatches } from "./pack.ts";
import { learn, type PolicyUpdate, type UpdateSettings } from "./update.ts";

/** One update by cross-entropy on responses: the loss is the mean over the response tokens of the batch. */
export async function updateImitation(
  learner: Learner,
  traces: readonly Trace[],
  settings: UpdateSettings,
): Promise<PolicyUpdate> {
  const tokens = traces.reduce((sum, { response }) => sum + response.length, 0);
  const sequences = traces.map((trace) => ({
    ...trace,
    lossInput: new Float32Array(trace.response.length).fill(1 / tokens),
  }));
  const microBatches = splitIntoMicroBatches(sequences, settings.microBatchTokens);
  return learn(learner, microBatches, settings, addCrossentropyStatistics);
}
