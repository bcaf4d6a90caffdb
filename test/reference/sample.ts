import { philox, seedKey } from "../../src/random.ts";
import { type Distribution, scaledLogits } from "./logprob.ts";
import { logSumExp } from "./vector.ts";

/** Which random number a token is drawn with. */
export interface DrawKey {
  readonly seed: number;
  readonly stream: number;
  readonly step: number;
  /** Number of the sequence within the step. */
  readonly randomId: number;
  /** Position in the response. */
  readonly place: number;
}

/** The uniform number of a token: the upper 24 bits of Philox's first word at (place, sequence, step, stream). */
export function drawNumber({ seed, stream, step, randomId, place }: DrawKey): number {
  const [word] = philox([place, randomId, step, stream], seedKey(seed));
  return (word >>> 8) / 2 ** 24;
}

/**
 * Sampling by inversion: the tokens share out [0, 1) in order, each a piece as long as its probability; the token drawn
 * is the one into whose piece the random number falls. This gives where each piece ends: Σ_{w ≤ v} p[w].
 */
export function cumulative(logits: Float64Array, distribution: Distribution): Float64Array {
  const x = scaledLogits(logits, distribution);
  const lse = logSumExp(x);
  let sum = 0;
  return x.map((value) => {
    sum += Math.exp(value - lse);
    return sum;
  });
}

/** The token that `uniform` in [0, 1) draws: the first whose piece ends beyond it. */
export function drawToken(logits: Float64Array, distribution: Distribution, uniform: number): number {
  return cumulative(logits, distribution).findIndex((end) => end > uniform);
}

/** The likeliest token, the lowest of equals. */
export function greedyToken(logits: Float64Array, distribution: Distribution): number {
  const x = scaledLogits(logits, distribution);
  return x.indexOf(x.reduce((a, b) => Math.max(a, b)));
}

/** The sequences that are still alive, in order, each with its newest token and where in the sequence that stands. */
export function compact(
  alive: ArrayLike<number>,
  newest: ArrayLike<number>,
  promptLength: ArrayLike<number>,
  place: number,
) {
  const sequence = Array.from(alive, (_, s) => s).filter((s) => alive[s] === 1);
  return {
    sequence,
    current: sequence.map((s) => newest[s]!),
    position: sequence.map((s) => promptLength[s]! + place),
  };
}
