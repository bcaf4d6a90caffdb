const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

export type Counter = readonly [number, number, number, number];

/**
 * Philox 4x32-10 (Salmon et al., SC11): four random words from a counter and a key. The twin of
 * shaders/lib/philox.wgsl, so the host can tell which number a kernel drew.
 */
export function philox(counter: Counter, key: readonly [number, number]): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** The upper 32 bits of a 32 × 32 bit product. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle % 0x1_0000);
  return (aHigh * bHigh + Math.floor(middle / 0x1_0000) + Math.floor(carry / 0x1_0000)) >>> 0;
}

/**
 * What random numbers are for; each use has a stream of its own under the run's seed, so that one more draw
 * in one place changes nothing elsewhere. The numbers are part of the checkpoint format: never reuse one.
 */
export const STREAM = {
  init: 1,
  sftProblems: 2,
  trainProblems: 3,
  evalProblems: 4,
  trainSampling: 5,
  evalSampling: 6,
  shuffle: 7,
  showSampling: 8,
  trial: 9,
  method: 10,
  referenceSampling: 11,
  pairs: 12,
  adapters: 13,
} as const;

export type Stream = (typeof STREAM)[keyof typeof STREAM];

/** Splits a seed below 2⁵³ into the two words of a Philox key. */
export function seedKey(seed: number): [low: number, high: number] {
  return [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
}

/**
 * A sequence of random numbers that begins anew for each (seed, stream, index): to continue a run, nothing
 * but the index is needed.
 */
export class Random {
  readonly #key: readonly [number, number];
  readonly #stream: number;
  readonly #index: number;
  #block = 0;
  #words: number[] = [];

  /** `index` tells apart e.g. the steps of a run; below 2³². */
  constructor(seed: number, stream: Stream, index = 0) {
    this.#key = seedKey(seed);
    this.#stream = stream;
    this.#index = index;
  }

  /** 32 random bits. */
  bits(): number {
    if (this.#words.length === 0) {
      this.#words = philox([this.#block, 0, this.#index, this.#stream], this.#key);
      this.#block += 1;
    }
    return this.#words.shift()!;
  }

  /** Uniform in [0, 1) with 24 bits, as the kernels draw it. */
  uniform(): number {
    return (this.bits() >>> 8) / 2 ** 24;
  }

  /** A whole number, `low` ≤ n < `high`. */
  integer(low: number, high: number): number {
    return low + Math.floor((this.bits() / 2 ** 32) * (high - low));
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    return this.uniform() < p;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length)]!;
  }

  /** An index, with probability proportional to its weight. */
  weighted(weights: readonly number[]): number {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let rest = this.uniform() * total;
    for (const [index, weight] of weights.entries()) {
      rest -= weight;
      if (rest < 0) return index;
    }
    return weights.length - 1;
  }

  /** Standard normal, by Box and Muller. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A new array in random order (Fisher and Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.integer(0, i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    return shuffled;
  }
}
