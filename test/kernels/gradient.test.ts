import { describe, expect, test } from "vitest";
import { addGradientNorm, addGradientReduce, partialsOf } from "../../src/kernels/gradient.ts";
import { gradientNorm, reduceSlabs } from "../reference/gradient.ts";
import { expectClose, sumTolerance, TOLERANCE } from "../support/compare.ts";
import { runKernels, useGpu } from "../support/gpu.ts";
import { normals } from "../support/random.ts";

describe("gradient", () => {
  const gpu = useGpu();

  // In floats; the last has more than 256 workgroups' worth, so that invocations stride.
  test.each([
    { matrices: 4, vectors: 0, matrixSlabs: 1, vectorSlabs: 1 },
    { matrices: 64, vectors: 188, matrixSlabs: 3, vectorSlabs: 1 },
    { matrices: 128, vectors: 128, matrixSlabs: 1, vectorSlabs: 5 },
    { matrices: 64, vectors: 196, matrixSlabs: 2, vectorSlabs: 128 },
    { matrices: 70_016, vectors: 320, matrixSlabs: 4, vectorSlabs: 7 },
  ])(
    "reduce, $matrices floats in $matrixSlabs slabs and $vectors in $vectorSlabs",
    async ({ matrices, vectors, matrixSlabs, vectorSlabs }) => {
      const total = matrices + vectors;
      const matrix_slab = normals(1, matrices * matrixSlabs);
      const vector_slab = normals(2, vectors * vectorSlabs);
      const { gradient, partial_squares } = await runKernels(gpu(), {
        inputs: { matrix_slab, vector_slab },
        outputs: { gradient: total, partial_squares: partialsOf(total) },
        build: (program, slices) =>
          addGradientReduce(program, gpu(), slices, {
            matrices4: matrices / 4,
            total4: total / 4,
            matrix_slabs: matrixSlabs,
            vector_slabs: vectorSlabs,
            matrix_stride4: matrices / 4,
            vector_stride4: vectors / 4,
          }),
      });
      const expected = Float64Array.of(
        ...reduceSlabs(Float64Array.from(matrix_slab), matrixSlabs),
        ...reduceSlabs(Float64Array.from(vector_slab), vectorSlabs),
      );
      expectClose("gradient", gradient, expected, sumTolerance(Math.max(matrixSlabs, vectorSlabs), 2));
      const squares = expected.reduce((sum, g) => sum + g ** 2, 0);
      const summed = partial_squares.reduce((sum, partial) => sum + partial, 0);
      expect(summed / squares).toBeCloseTo(1, 5);
    },
  );

  test.each([
    { parts: 1, limit: 1 },
    { parts: 7, limit: 1 },
    { parts: 256, limit: 1 },
    { parts: 7, limit: 100 },
    { parts: 7, limit: 0 },
  ])("norm of $parts partial sums, limit $limit", async ({ parts, limit }) => {
    const gradient = normals(1, parts);
    const result = await norm(
      gradient.map((g) => g * g),
      limit,
    );
    const expected = gradientNorm(Float64Array.from(gradient), limit);
    expectClose("norm and scale", result, [expected.norm, expected.scale], TOLERANCE.elementwise);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("a partial sum of %d skips the step", async (partial) => {
    expect((await norm(Float32Array.of(1, partial, 2), 1))[1]).toBe(0);
    expect((await norm(Float32Array.of(1, partial, 2), 0))[1]).toBe(0);
  });

  async function norm(partial_squares: Float32Array, limit: number): Promise<Float32Array> {
    const { result } = await runKernels(gpu(), {
      inputs: { partial_squares },
      outputs: { result: 2 },
      build: (program, slices) =>
        void addGradientNorm(program, gpu(), slices, { partials: partial_squares.length, limit }),
    });
    return result;
  }
});
