import { expect, test } from "vitest";
import { boundSpeed, forwardFlops } from "../../src/model/speed.ts";
import { defaultVariants } from "../../src/model/variants.ts";
import { useGpu } from "../support/gpu.ts";
import { MODEL_SHAPES } from "../support/models.ts";

const gpu = useGpu();

test.each([
  // Two layers of (H + 2K) D C + H D C + 3 F C weights, and the head's V C; the untied embedding is looked up.
  ["toy", 2 * (2 * (3 * 64 * 64 + 64 * 64 + 3 * 160 * 64) + 29 * 64)],
  ["llama", 2 * (2 * (128 * 48 + 64 * 48 + 3 * 68 * 48) + 301 * 48)],
])("a token of %s takes two operations for each weight that it is multiplied with", (name, flops) => {
  // Between matrices there may be padding.
  expect(forwardFlops(MODEL_SHAPES[name]!)).toBeGreaterThanOrEqual(flops);
  expect(forwardFlops(MODEL_SHAPES[name]!)).toBeLessThan(1.02 * flops);
});

test("sampling and training have a bound, and the measurement leaves nothing behind", async () => {
  const before = gpu().buffers.bytes;
  const batch = { tokens: 64, sequences: 8, frozen: false };
  const { sampling, training } = await boundSpeed(gpu(), MODEL_SHAPES.wide!, defaultVariants(gpu()), batch);
  expect(sampling).toBeGreaterThan(0);
  expect(training).toBeGreaterThan(0);
  expect(gpu().buffers.bytes).toBe(before);
});
