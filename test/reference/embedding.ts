import { addScaled, rowOf } from "./vector.ts";

/** out[r, :] = weight[token[r], :] */
export function embeddingForward(token: Uint32Array, weight: Float64Array, width: number): Float64Array {
  const out = new Float64Array(token.length * width);
  for (const [r, v] of token.entries()) rowOf(out, r, width).set(rowOf(weight, v, width));
  return out;
}

/** dweight[v, :] = Σ of dout[r, :] over the rows r whose token is v; tokens that do not occur get zero. */
export function embeddingBackward(
  token: Uint32Array,
  dout: Float64Array,
  width: number,
  vocabulary: number,
): Float64Array {
  const dweight = new Float64Array(vocabulary * width);
  for (const [r, v] of token.entries()) addScaled(rowOf(dweight, v, width), 1, rowOf(dout, r, width));
  return dweight;
}
