/** Arithmetic on columns of numbers, in which NaN stands for what was not measured. */

/**
 * The exponential mean of what was measured so far: each value counts `factor` times as much as the one after it. Divided by
 * the sum of the weights, so that the first values are not drawn towards zero. Gaps stay gaps.
 * @param factor in [0, 1); 0 changes nothing.
 * @param out where the means go; as long as the values.
 */
export function smooth(values: Float64Array, factor: number, out: Float64Array): void {
  let sum = 0;
  let weight = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) {
      out[i] = value;
      continue;
    }
    sum = factor * sum + value;
    weight = factor * weight + 1;
    out[i] = sum / weight;
  }
}

/** Which points are drawn of a column that has too many. */
export interface Decimation {
  /** Indices, ascending. */
  readonly kept: Uint32Array;
  /** How many points each pair of lowest and highest stands for; 1: all are kept. */
  readonly size: number;
}

/**
 * At most two points for each bucket of equally many: the lowest and the highest in their order, so no extreme is lost. A bucket
 * in which nothing was measured keeps one point, so that its gap stays. Buckets begin at multiples of their size: they stay
 * where they are while the column grows.
 * @param buckets how many at most.
 */
export function decimate(values: Float64Array, buckets: number): Decimation {
  const { length } = values;
  if (length <= 2 * buckets) return { kept: Uint32Array.from(values.keys()), size: 1 };
  const size = Math.ceil(length / buckets);
  const kept = new Uint32Array(2 * buckets);
  let count = 0;
  for (let begin = 0; begin < length; begin += size) {
    const [lowest, highest] = extremes(values, begin, Math.min(begin + size, length));
    kept[count++] = Math.min(lowest, highest);
    if (lowest !== highest) kept[count++] = Math.max(lowest, highest);
  }
  return { kept: kept.subarray(0, count), size };
}

/** Indices of the lowest and highest in [begin, end); both are `begin` where nothing was measured. */
function extremes(values: Float64Array, begin: number, end: number): [number, number] {
  let lowest = begin;
  let highest = begin;
  for (let i = begin; i < end; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    // What is compared with may be a NaN that the bucket begins with.
    if (!(values[lowest]! <= value)) lowest = i;
    if (!(values[highest]! >= value)) highest = i;
  }
  return [lowest, highest];
}

/** The largest of what was measured, no smaller than `least`. */
export function maximum(values: Float64Array, least: number): number {
  let most = least;
  for (const value of values) if (value > most) most = value;
  return most;
}
