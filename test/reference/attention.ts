import type { HeadLayout } from "../../src/kernels/rope.ts";
import { addScaled, dot, logSumExp } from "./vector.ts";

/**
 * Causal attention with grouped queries (Ainslie et al., 2305.13245) over sequences that are packed end to end; their
 * `lengths` are given. qkv [rows, (H + 2K) D] holds rotated queries, rotated keys, and values. For each head h of row
 * q, over the keys j ≤ q of q's own sequence, with scale = 1/√D and g = H / K heads that share a key head:
 *   score[j] = scale · Q[q, h] · K[j, h/g],   lse[q, h] = log Σ_j e^score[j],   W[j] = e^(score[j] − lse)
 *   out[q, h] = Σ_j W[j] · V[j, h/g]
 */
export function attentionForward(qkv: Float64Array, lengths: readonly number[], layout: HeadLayout) {
  const { heads, headDim } = layout;
  const { value } = headsOf(qkv, layout);
  const rows = lengths.reduce((sum, length) => sum + length, 0);
  const out = new Float64Array(rows * heads * headDim);
  const lse = new Float64Array(rows * heads);
  for (const { begin, q, h } of queries(lengths, heads)) {
    const weights = softmaxWeights(qkv, begin, q, h, layout);
    const index = q * heads + h;
    lse[index] = weights.lse;
    const sum = out.subarray(index * headDim, (index + 1) * headDim);
    for (const [j, weight] of weights.values.entries()) addScaled(sum, weight, value(begin + j, h));
  }
  return { out, lse };
}

/**
 * Backwards through the three lines above:
 *   dV[j] += W[j] · dout          dW[j] = dout · V[j]
 *   dscore[j] = W[j] · (dW[j] − Σ_k W[k] dW[k])          the derivative of softmax: only what beats the average counts
 *   dQ += scale · dscore[j] · K[j]          dK[j] += scale · dscore[j] · Q
 * The sum over k is dout · out, which is why the kernels need not store W.
 */
export function attentionBackward(
  qkv: Float64Array,
  lengths: readonly number[],
  layout: HeadLayout,
  dout: Float64Array,
): Float64Array {
  const { heads, headDim } = layout;
  const scale = 1 / Math.sqrt(headDim);
  const dqkv = new Float64Array(qkv.length);
  const { query, key, value } = headsOf(qkv, layout);
  const d = headsOf(dqkv, layout);
  for (const { begin, q, h } of queries(lengths, heads)) {
    const weights = softmaxWeights(qkv, begin, q, h, layout).values;
    const index = q * heads + h;
    const pull = dout.subarray(index * headDim, (index + 1) * headDim);
    const dweights = weights.map((_, j) => dot(pull, value(begin + j, h)));
    const average = dot(weights, dweights);
    for (const [j, weight] of weights.entries()) {
      const dscore = weight * (dweights[j]! - average);
      addScaled(d.value(begin + j, h), weight, pull);
      addScaled(d.query(q, h), scale * dscore, key(begin + j, h));
      addScaled(d.key(begin + j, h), scale * dscore, query(q, h));
    }
  }
  return dqkv;
}

/** Views of the heads of a buffer laid out like qkv: what head h of a row asks, and what it finds. */
function headsOf(buffer: Float64Array, { heads, keyHeads, headDim }: HeadLayout) {
  const width = (heads + 2 * keyHeads) * headDim;
  const view = (row: number, head: number) => {
    const at = row * width + head * headDim;
    return buffer.subarray(at, at + headDim);
  };
  const keyHead = (h: number) => Math.floor(h / (heads / keyHeads));
  return {
    query: (row: number, h: number) => view(row, h),
    key: (row: number, h: number) => view(row, heads + keyHead(h)),
    value: (row: number, h: number) => view(row, heads + keyHeads + keyHead(h)),
  };
}

/** Every head h of every row q, with the row where its sequence begins. */
function* queries(lengths: readonly number[], heads: number) {
  let begin = 0;
  for (const length of lengths) {
    for (let q = begin; q < begin + length; q++) {
      for (let h = 0; h < heads; h++) yield { begin, q, h };
    }
    begin += length;
  }
}

function softmaxWeights(qkv: Float64Array, begin: number, q: number, h: number, layout: HeadLayout) {
  const { query, key } = headsOf(qkv, layout);
  const scale = 1 / Math.sqrt(layout.headDim);
  const scores = Float64Array.from(
    { length: q - begin + 1 },
    (_, j) => scale * dot(query(q, h), key(begin + j, h)),
  );
  const lse = logSumExp(scores);
  return { values: scores.map((score) => Math.exp(score - lse)), lse };
}
