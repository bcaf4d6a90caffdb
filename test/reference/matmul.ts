import { addScaled, dot, rowOf } from "./vector.ts";

/** A linear layer without bias, weight [N, K] as in PyTorch:  out[r, n] = Σ_k inp[r, k] · weight[n, k] */
export function linearForward(inp: Float64Array, weight: Float64Array, inputs: number): Float64Array {
  const rows = inp.length / inputs;
  const outputs = weight.length / inputs;
  const out = new Float64Array(rows * outputs);
  for (let r = 0; r < rows; r++) {
    for (let n = 0; n < outputs; n++) {
      out[r * outputs + n] = dot(rowOf(inp, r, inputs), rowOf(weight, n, inputs));
    }
  }
  return out;
}

/**
 * Each out[r, n] pulls at every factor of its sum by what that factor was multiplied with:
 *   dinp[r, k]    = Σ_n dout[r, n] · weight[n, k]
 *   dweight[n, k] = Σ_r dout[r, n] · inp[r, k]
 */
export function linearBackward(inp: Float64Array, weight: Float64Array, inputs: number, dout: Float64Array) {
  const rows = inp.length / inputs;
  const outputs = weight.length / inputs;
  const dinp = new Float64Array(inp.length);
  const dweight = new Float64Array(weight.length);
  for (let r = 0; r < rows; r++) {
    for (let n = 0; n < outputs; n++) {
      const d = dout[r * outputs + n]!;
      addScaled(rowOf(dinp, r, inputs), d, rowOf(weight, n, inputs));
      addScaled(rowOf(dweight, n, inputs), d, rowOf(inp, r, inputs));
    }
  }
  return { dinp, dweight };
}
