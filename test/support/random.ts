import { Random, STREAM } from "../../src/random.ts";

/** `count` normal numbers with the given deviation, rounded to single precision: what GPU and reference both start from. */
export function normals(seed: number, count: number, deviation = 1): Float32Array<ArrayBuffer> {
  const random = new Random(seed, STREAM.trial);
  return Float32Array.from({ length: count }, () => random.normal() * deviation);
}

/** `count` whole numbers, `low` ≤ n < `high`. */
export function integers(seed: number, count: number, low: number, high: number): Uint32Array<ArrayBuffer> {
  const random = new Random(seed, STREAM.trial);
  return Uint32Array.from({ length: count }, () => random.integer(low, high));
}
