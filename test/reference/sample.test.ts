import { describe, expect, test } from "vitest";
import { NO_TOKEN } from "../../src/kernels/logprob.ts";
import { normals } from "../support/random.ts";
import { compact, drawNumber, drawToken, greedyToken } from "./sample.ts";

describe("sample", () => {
  test.each([
    { excluded: NO_TOKEN, temperature: 1 },
    { excluded: 2, temperature: 0.6 },
  ])("evenly spaced numbers draw each token as often as it is likely, %o", (rest) => {
    const distribution = { vocabulary: 6, ...rest };
    const logits = Float64Array.from(normals(1, 6));
    const power = logits.map((x, v) => (v === rest.excluded ? 0 : Math.exp(x / rest.temperature)));
    const total = power.reduce((a, b) => a + b);
    const draws = 100_000;
    const counts = new Float64Array(6);
    for (let i = 0; i < draws; i++) counts[drawToken(logits, distribution, (i + 0.5) / draws)]! += 1;
    for (const [v, count] of counts.entries()) expect(count / draws).toBeCloseTo(power[v]! / total, 4);
  });

  test("greedy takes the lowest of the likeliest, and never the excluded token", () => {
    const logits = Float64Array.of(1, 5, 7, 7, 9);
    expect(greedyToken(logits, { vocabulary: 5, excluded: 4, temperature: 2 })).toBe(2);
    expect(greedyToken(logits, { vocabulary: 5, excluded: NO_TOKEN, temperature: 2 })).toBe(4);
  });

  test("each part of the key changes the number", () => {
    const key = { seed: 2 ** 40 + 7, stream: 5, step: 3, randomId: 2, place: 11 };
    const others = Object.keys(key).map((name) => ({ ...key, [name]: key[name as keyof typeof key] + 1 }));
    const numbers = [key, ...others, { ...key, seed: key.seed + 2 ** 32 }].map(drawNumber);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  });

  test("compact lists the living in order", () => {
    const rows = compact([1, 0, 0, 1, 1], [10, 11, 12, 13, 14], [100, 200, 300, 400, 500], 3);
    expect(rows).toEqual({ sequence: [0, 3, 4], current: [10, 13, 14], position: [103, 403, 503] });
  });
});
