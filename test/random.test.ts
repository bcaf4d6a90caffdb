import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Counter, philox, Random, STREAM, seedKey } from "../src/random.ts";
import { PHILOX_KNOWN_ANSWERS } from "./support/philox.ts";
import { expectFrequencies } from "./support/statistics.ts";

describe("philox", () => {
  test.each(PHILOX_KNOWN_ANSWERS)("known answer for counter $counter", ({ counter, key, answer }) => {
    expect(philox(counter, key)).toEqual(answer);
  });

  test("every word of counter and key matters", () => {
    const counter: Counter = [1, 2, 3, 4];
    const counters = counter.map((_, i) => counter.map((word, j) => (i === j ? word ^ 1 : word)));
    const outputs = [
      philox(counter, [5, 6]),
      philox(counter, [4, 6]),
      philox(counter, [5, 7]),
      ...counters.map((changed) => philox(changed as unknown as Counter, [5, 6])),
    ];
    expect(new Set(outputs.flat()).size).toBe(outputs.length * 4);
  });
});

describe("seedKey", () => {
  test.each([
    { seed: 0, key: [0, 0] },
    { seed: 7, key: [7, 0] },
    { seed: 2 ** 32 + 5, key: [5, 1] },
    { seed: Number.MAX_SAFE_INTEGER, key: [0xffff_ffff, 0x1f_ffff] },
  ])("$seed", ({ seed, key }) => {
    expect(seedKey(seed)).toEqual(key);
  });
});

describe("Random", () => {
  const numbers = (random: Random, count = 20) => Array.from({ length: count }, () => random.bits());

  test("the same seed, stream and index give the same numbers", () => {
    expect(numbers(new Random(3, STREAM.init, 9))).toEqual(numbers(new Random(3, STREAM.init, 9)));
  });

  test("seeds, streams and indices have no number in common", () => {
    const sources = [
      new Random(3, STREAM.init, 9),
      new Random(4, STREAM.init, 9),
      new Random(3 + 2 ** 32, STREAM.init, 9),
      new Random(3, STREAM.shuffle, 9),
      new Random(3, STREAM.init, 10),
    ];
    expect(new Set(sources.flatMap((random) => numbers(random))).size).toBe(sources.length * 20);
  });

  test("no two uses share a stream", () => {
    const streams = Object.values(STREAM);
    expect(new Set(streams).size).toBe(streams.length);
  });

  test("uniform lies in [0, 1), evenly, with the mean and spread of a uniform number", () => {
    const random = new Random(1, STREAM.trial);
    const draws = Array.from({ length: 20_000 }, () => random.uniform());
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...draws)).toBeLessThan(1);
    const counts = Array.from({ length: 10 }, (_, i) => draws.filter((u) => Math.floor(u * 10) === i).length);
    expectFrequencies(counts, Array(10).fill(2000));
  });

  test("integer stays within its bounds and reaches both ends", () => {
    const bounds = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 6 }), fc.nat());
    fc.assert(
      fc.property(bounds, ([low, span, seed]) => {
        const random = new Random(seed, STREAM.trial);
        const seen = new Set(Array.from({ length: 200 }, () => random.integer(low, low + span)));
        expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: span }, (_, i) => low + i));
      }),
    );
  });

  test("shuffle gives a permutation and leaves its input alone", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.nat(), (items, seed) => {
        const before = [...items];
        const shuffled = new Random(seed, STREAM.shuffle).shuffle(items);
        expect(items).toEqual(before);
        expect(shuffled.toSorted((a, b) => a - b)).toEqual(items.toSorted((a, b) => a - b));
      }),
    );
  });

  test("shuffle gives every order equally often", () => {
    const random = new Random(1, STREAM.shuffle);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.shuffle(["a", "b", "c"]).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    expectFrequencies([...counts.values()], Array(6).fill(1000));
  });

  test("weighted draws in proportion, and never what has no weight", () => {
    const random = new Random(1, STREAM.trial);
    const weights = [1, 0, 5, 0.5, 3.5];
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < 20_000; i++) counts[random.weighted(weights)]! += 1;
    expectFrequencies(
      counts,
      weights.map((weight) => weight * 2000),
    );
  });

  test("normal has mean 0, deviation 1 and the tails of a normal", () => {
    const random = new Random(1, STREAM.trial);
    const draws = Array.from({ length: 20_000 }, () => random.normal());
    const mean = draws.reduce((a, b) => a + b) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    const beyondTwo = draws.filter((x) => Math.abs(x) > 2).length / draws.length;
    expect(Math.abs(mean)).toBeLessThan(0.03); // four standard errors
    expect(Math.abs(variance - 1)).toBeLessThan(0.04);
    expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(0.006);
  });

  test("chance and pick", () => {
    const random = new Random(1, STREAM.trial);
    const hits = Array.from({ length: 10_000 }, () => random.chance(0.3)).filter(Boolean).length;
    expect(Math.abs(hits - 3000)).toBeLessThan(184); // four standard errors
    const items = ["a", "b", "c"];
    expect(new Set(Array.from({ length: 100 }, () => random.pick(items)))).toEqual(new Set(items));
  });
});
