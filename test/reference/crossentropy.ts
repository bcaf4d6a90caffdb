import { NO_TOKEN } from "../../src/kernels/logprob.ts";
import { dot } from "./vector.ts";

/**
 * loss = −Σ_r weight[r] · logprob[r]   over the rows that have a target, and so  dlogprob[r] = −weight[r].
 * The weights carry the normaliser, e.g. 1 / (targets of the whole batch), so a batch may be split anywhere.
 */
export function crossentropyLoss(target: Uint32Array, weight: Float64Array, logprob: Float64Array) {
  const dlogprob = weight.map((w, r) => (target[r] === NO_TOKEN ? 0 : -w));
  return { loss: dot(dlogprob, logprob), dlogprob };
}
