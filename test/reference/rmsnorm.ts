/**
 * RMSNorm (Zhang & Sennrich, 1910.07467), row by row:
 *   out[r, c] = inp[r, c] · scale[r] · weight[c],   scale[r] = 1 / √(mean_c inp[r, c]² + eps)
 */
export function rmsnormForward(inp: Float64Array, weight: Float64Array, eps: number) {
  const width = weight.length;
  const rows = inp.length / width;
  const out = new Float64Array(inp.length);
  const scale = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const x = inp.subarray(r * width, (r + 1) * width);
    const squares = x.reduce((sum, value) => sum + value * value, 0);
    scale[r] = 1 / Math.sqrt(squares / width + eps);
    for (let c = 0; c < width; c++) out[r * width + c] = x[c]! * scale[r]! * weight[c]!;
  }
  return { out, scale };
}

/**
 * With g[c] = dout[r, c] · weight[c] and s = scale[r]; the second term is what changing inp[r, c] does to s:
 *   dinp[r, c]  = s · g[c] − inp[r, c] · s³/C · Σ_k g[k] · inp[r, k]
 *   dweight[c] = Σ_r dout[r, c] · inp[r, c] · s
 */
export function rmsnormBackward(inp: Float64Array, weight: Float64Array, eps: number, dout: Float64Array) {
  const width = weight.length;
  const { scale } = rmsnormForward(inp, weight, eps);
  const dinp = new Float64Array(inp.length);
  const dweight = new Float64Array(width);
  for (const [r, s] of scale.entries()) {
    const x = inp.subarray(r * width, (r + 1) * width);
    const d = dout.subarray(r * width, (r + 1) * width);
    const pull = x.reduce((sum, value, c) => sum + d[c]! * weight[c]! * value, 0) * (s ** 3 / width);
    for (let c = 0; c < width; c++) {
      dinp[r * width + c] = s * d[c]! * weight[c]! - x[c]! * pull;
      dweight[c]! += d[c]! * x[c]! * s;
    }
  }
  return { dinp, dweight };
}
