import { NO_TOKEN } from "../../src/kernels/logprob.ts";
import { logSumExp, rowOf } from "./vector.ts";

/** What turns logits [rows, V] into a distribution over the tokens that can be sampled. */
export interface Distribution {
  readonly vocabulary: number;
  /** A token of probability zero, or NO_TOKEN. */
  readonly excluded: number;
  readonly temperature: number;
}

/**
 * x = logits / temperature, −∞ for the excluded token. For every row with a target t:
 *   lse = log Σ_v e^x[v],   p = e^(x − lse),   logprob = log p[t] = x[t] − lse,   entropy = −Σ_v p log p
 * Rows without a target (NO_TOKEN) get zeros.
 */
export function logprobForward(logits: Float64Array, target: Uint32Array, distribution: Distribution) {
  const logprob = new Float64Array(target.length);
  const lse = new Float64Array(target.length);
  const entropy = new Float64Array(target.length);
  for (const [r, t] of target.entries()) {
    if (t === NO_TOKEN) continue;
    const x = scaledLogits(rowOf(logits, r, distribution.vocabulary), distribution);
    lse[r] = logSumExp(x);
    logprob[r] = x[t]! - lse[r]!;
    entropy[r] = entropyOf(x.map((value) => value - lse[r]!));
  }
  return { logprob, lse, entropy };
}

/**
 * With d log p[t] / dx[v] = 1[v = t] − p[v]  and  d entropy / dx[v] = −p[v] · (log p[v] + entropy):
 *   dlogits[v] = (dlogprob · (1[v = t] − p[v]) − dentropy · p[v] · (log p[v] + entropy)) / temperature
 */
export function logprobBackward(
  logits: Float64Array,
  target: Uint32Array,
  distribution: Distribution,
  dlogprob: Float64Array,
  dentropy: Float64Array,
): Float64Array {
  const dlogits = new Float64Array(logits.length);
  for (const [r, t] of target.entries()) {
    if (t === NO_TOKEN) continue;
    const x = scaledLogits(rowOf(logits, r, distribution.vocabulary), distribution);
    const lse = logSumExp(x);
    const logp = x.map((value) => value - lse);
    const entropy = entropyOf(logp);
    const d = rowOf(dlogits, r, distribution.vocabulary);
    for (const [v, lp] of logp.entries()) {
      const p = Math.exp(lp);
      if (p === 0) continue;
      const hit = v === t ? 1 : 0;
      d[v] = (dlogprob[r]! * (hit - p) - dentropy[r]! * p * (lp + entropy)) / distribution.temperature;
    }
  }
  return dlogits;
}

/** One row of logits / temperature, −∞ for the excluded token. */
export function scaledLogits(row: Float64Array, { excluded, temperature }: Distribution): Float64Array {
  return row.map((logit, v) => (v === excluded ? Number.NEGATIVE_INFINITY : logit / temperature));
}

/** −Σ p log p in nats, from log p; a token of probability zero adds nothing. */
function entropyOf(logp: Float64Array): number {
  return -logp.reduce((sum, lp) => sum + (lp === Number.NEGATIVE_INFINITY ? 0 : Math.exp(lp) * lp), 0);
}
