import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decimate, maximum, smooth } from "../../web/charts/series.ts";

/** Measurements with gaps. */
const columns = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.integer({ min: -1000, max: 1000 }) }, fc.constant(Number.NaN)), {
    maxLength: 400,
  })
  .map((values) => Float64Array.from(values));

const measured = (values: Iterable<number>) => [...values].filter((value) => !Number.isNaN(value));

describe("decimate", () => {
  test("keeps the lowest and the highest of every bucket, whatever the values", () => {
    fc.assert(
      fc.property(columns, fc.integer({ min: 1, max: 40 }), (values, buckets) => {
        const { kept, size } = decimate(values, buckets);
        for (let begin = 0; begin < values.length; begin += size) {
          const bucket = measured(values.subarray(begin, begin + size));
          const left = measured(
            [...kept].filter((i) => i >= begin && i < begin + size).map((i) => values[i]!),
          );
          expect(Math.min(...left)).toBe(Math.min(...bucket));
          expect(Math.max(...left)).toBe(Math.max(...bucket));
        }
      }),
    );
  });

  test("keeps at most two points a bucket, in their order, and every gap as long as a bucket", () => {
    fc.assert(
      fc.property(columns, fc.integer({ min: 1, max: 40 }), (values, buckets) => {
        const { kept, size } = decimate(values, buckets);
        expect(kept.length).toBeLessThanOrEqual(2 * buckets);
        expect([...kept]).toEqual([...new Set(kept)].sort((a, b) => a - b));
        for (let begin = 0; begin < values.length; begin += size) {
          expect(kept.some((i) => i >= begin && i < begin + size)).toBe(true);
        }
      }),
    );
  });

  test("leaves a column alone that is short enough, and says so", () => {
    const { kept, size } = decimate(Float64Array.of(3, 1, 2, 5), 2);
    expect([...kept]).toEqual([0, 1, 2, 3]);
    expect(size).toBe(1);
    expect(decimate(new Float64Array(5), 2).size).toBe(3);
    expect(decimate(new Float64Array(0), 2)).toEqual({ kept: new Uint32Array(0), size: 1 });
  });
});

describe("smooth", () => {
  const smoothed = (values: Float64Array, factor: number) => {
    const out = new Float64Array(values.length);
    smooth(values, factor, out);
    return out;
  };

  test("stays within the values so far, keeps constants, and leaves gaps", () => {
    fc.assert(
      fc.property(columns, fc.double({ min: 0, max: 0.99, noNaN: true }), (values, factor) => {
        for (const [i, mean] of smoothed(values, factor).entries()) {
          const soFar = measured(values.subarray(0, i + 1));
          if (Number.isNaN(values[i]!)) expect(mean).toBeNaN();
          else {
            expect(mean).toBeGreaterThanOrEqual(Math.min(...soFar) - 1e-9);
            expect(mean).toBeLessThanOrEqual(Math.max(...soFar) + 1e-9);
          }
        }
      }),
    );
  });

  test("weighs as it says: 1 and 1/2, divided by their sum", () => {
    const [first, second, third] = smoothed(Float64Array.of(6, 0, 0), 0.5);
    expect(first).toBe(6);
    expect(second).toBeCloseTo(3 / 1.5);
    expect(third).toBeCloseTo(1.5 / 1.75);
  });

  test("changes nothing with factor 0", () => {
    expect([...smoothed(Float64Array.of(1, Number.NaN, 7), 0)]).toEqual([1, Number.NaN, 7]);
  });
});

test("maximum passes over gaps", () => {
  expect(maximum(Float64Array.of(Number.NaN, 2, Number.NaN, 5), 0)).toBe(5);
  expect(maximum(Float64Array.of(Number.NaN, -2), 0)).toBe(0);
});
