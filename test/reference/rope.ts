import type { HeadLayout } from "../../src/kernels/rope.ts";
import { rowOf } from "./vector.ts";

/**
 * Rotary position embedding (Su et al., 2104.09864), half-split as in Llama and Qwen. A row of qkv is H query heads,
 * K key heads and K value heads of D channels; first the bias is added, then in every query and key head the channels
 * i and i + D/2 turn as a pair, by the angle  position · theta^(−2i/D):
 *   (a, b) → (a·cos − b·sin, b·cos + a·sin)
 * A score is then a function of the distance between query and key, since turning both by the same angle leaves
 * their product as it is.
 */
export function ropeForward(
  qkv: Float64Array,
  bias: Float64Array,
  position: Uint32Array,
  layout: HeadLayout,
  theta: number,
): Float64Array {
  const out = qkv.map((value, i) => value + bias[i % bias.length]!);
  for (const [r, p] of position.entries()) rotateHeads(rowOf(out, r, bias.length), p, layout, theta);
  return out;
}

/**
 * A rotation is undone by its transpose, so the gradient turns by the angle's negative; the bias enters every row:
 *   dqkv[r] = rotate(dout[r], −position[r]),   dbias = Σ_r dqkv[r]
 */
export function ropeBackward(dout: Float64Array, position: Uint32Array, layout: HeadLayout, theta: number) {
  const width = dout.length / position.length;
  const dqkv = dout.slice();
  for (const [r, p] of position.entries()) rotateHeads(rowOf(dqkv, r, width), -p, layout, theta);
  const dbias = new Float64Array(width);
  for (const [i, value] of dqkv.entries()) dbias[i % width]! += value;
  return { dqkv, dbias };
}

/** Turns the query and key heads of one row in place. */
function rotateHeads(row: Float64Array, position: number, layout: HeadLayout, theta: number): void {
  const { heads, keyHeads, headDim } = layout;
  for (let h = 0; h < heads + keyHeads; h++) {
    const head = rowOf(row, h, headDim);
    for (let i = 0; i < headDim / 2; i++) {
      const angle = position * theta ** ((-2 * i) / headDim);
      const [a, b] = [head[i]!, head[i + headDim / 2]!];
      head[i] = a * Math.cos(angle) - b * Math.sin(angle);
      head[i + headDim / 2] = b * Math.cos(angle) + a * Math.sin(angle);
    }
  }
}
