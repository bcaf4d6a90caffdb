/** Row r of a matrix with `width` columns: a view, so that writing to it changes the matrix. */
export function rowOf(matrix: Float64Array, r: number, width: number): Float64Array {
  return matrix.subarray(r * width, (r + 1) * width);
}

/** Σ a[i] · b[i] */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** to[i] += factor · from[i] */
export function addScaled(to: Float64Array, factor: number, from: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i]! += factor * from[i]!;
}

/** log Σ e^x, with the largest x taken out so that nothing overflows. */
export function logSumExp(x: Float64Array): number {
  const maximum = x.reduce((a, b) => Math.max(a, b));
  return maximum + Math.log(x.reduce((sum, value) => sum + Math.exp(value - maximum), 0));
}
