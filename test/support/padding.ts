/** Gives rows of `width` floats a stride and fills the padding, by default with NaN: no result may depend on it. */
export function padRows(
  rows: Float32Array,
  width: number,
  stride: number,
  padding = Number.NaN,
): Float32Array<ArrayBuffer> {
  const padded = new Float32Array((rows.length / width) * stride).fill(padding);
  for (let r = 0; r < rows.length / width; r++)
    padded.set(rows.subarray(r * width, (r + 1) * width), r * stride);
  return padded;
}

/** The first `width` floats of every row: what {@link padRows} was given. */
export function unpadRows(padded: Float32Array, width: number, stride: number): Float32Array {
  return padded.filter((_, i) => i % stride < width);
}
