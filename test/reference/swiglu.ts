import { rowOf } from "./vector.ts";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/**
 * SwiGLU (Shazeer, 2002.05202). inp [rows, 2F] holds gate in its first F columns and up in the others:
 *   out[r, f] = silu(gate[r, f]) · up[r, f],   silu(x) = x · σ(x)
 */
export function swigluForward(inp: Float64Array, width: number): Float64Array {
  const out = new Float64Array(inp.length / 2);
  for (let r = 0; r < out.length / width; r++) {
    const [gate, up] = [rowOf(inp, 2 * r, width), rowOf(inp, 2 * r + 1, width)];
    for (let f = 0; f < width; f++) out[r * width + f] = gate[f]! * sigmoid(gate[f]!) * up[f]!;
  }
  return out;
}

/**
 * With silu′(x) = σ(x) · (1 + x · (1 − σ(x))):
 *   dgate = dout · up · silu′(gate),   dup = dout · silu(gate)
 */
export function swigluBackward(inp: Float64Array, width: number, dout: Float64Array): Float64Array {
  const dinp = new Float64Array(inp.length);
  for (let r = 0; r < dout.length / width; r++) {
    const [gate, up, d] = [rowOf(inp, 2 * r, width), rowOf(inp, 2 * r + 1, width), rowOf(dout, r, width)];
    const [dgate, dup] = [rowOf(dinp, 2 * r, width), rowOf(dinp, 2 * r + 1, width)];
    for (let f = 0; f < width; f++) {
      const s = sigmoid(gate[f]!);
      dgate[f] = d[f]! * up[f]! * s * (1 + gate[f]! * (1 - s));
      dup[f] = d[f]! * gate[f]! * s;
    }
  }
  return dinp;
}
