import { expect, test } from "vitest";
import { gradientNorm, reduceSlabs } from "./gradient.ts";

test("gradient: slabs are added element by element", () => {
  expect([...reduceSlabs(Float64Array.of(1, 2, 3, 10, 20, 30), 2)]).toEqual([11, 22, 33]);
});

test.each([
  { gradient: [3, -4], limit: 1, norm: 5, scale: 1 / 5 },
  { gradient: [3, -4], limit: 5.1, norm: 5, scale: 1 },
  { gradient: [3, -4], limit: 0, norm: 5, scale: 1 },
  { gradient: [0, 0], limit: 1, norm: 0, scale: 1 },
  { gradient: [3, Number.POSITIVE_INFINITY], limit: 1, norm: Number.POSITIVE_INFINITY, scale: 0 },
  { gradient: [3, Number.NaN], limit: 0, norm: Number.NaN, scale: 0 },
])(
  "gradient: $gradient under limit $limit has norm $norm and scale $scale",
  ({ gradient, limit, norm, scale }) => {
    const result = gradientNorm(Float64Array.from(gradient), limit);
    expect(result.norm).toBe(norm);
    expect(result.scale).toBeCloseTo(scale, 6);
  },
);
