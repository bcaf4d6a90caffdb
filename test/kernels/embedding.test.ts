import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addEmbedding, addEmbeddingBackward, tokenRuns } from "../../src/kernels/embedding.ts";
import { fromHalf, toHalves } from "../../src/model/half.ts";
import { embeddingBackward, embeddingForward } from "../reference/embedding.ts";
import { expectClose, sumTolerance, TOLERANCE } from "../support/compare.ts";
import { requireFeature, runKernels, useGpu } from "../support/gpu.ts";
import { integers, normals } from "../support/random.ts";

describe("embedding", () => {
  const gpu = useGpu();

  test.each([
    { rows: 1, width: 4, vocabulary: 2 },
    { rows: 31, width: 60, vocabulary: 29 },
    { rows: 64, width: 64, vocabulary: 257 },
    { rows: 131, width: 68, vocabulary: 5003 },
    { rows: 70_001, width: 4, vocabulary: 29 },
    { rows: 65_600, width: 256, vocabulary: 29 }, // more than 65,535 workgroups: the grid folds
  ])("forward, $rows rows of $width from $vocabulary tokens", async ({ rows, width, vocabulary }) => {
    const token = integers(1, rows, 0, vocabulary);
    const weight = normals(2, vocabulary * width);
    const { out } = await runKernels(gpu(), {
      inputs: { token, weight },
      outputs: { out: rows * width },
      extent: [rows],
      build: (program, slices) => addEmbedding(program, gpu(), slices, width),
    });
    expectClose("out", out, embeddingForward(token, Float64Array.from(weight), width), TOLERANCE.exact);
  });

  test("forward of a weight in half precision gives the rounded weight", async ({ skip }) => {
    requireFeature(gpu(), "shader-f16", skip);
    const [rows, width, vocabulary] = [131, 68, 301];
    const token = integers(1, rows, 0, vocabulary);
    const halves = toHalves(normals(2, vocabulary * width));
    const { out } = await runKernels(gpu(), {
      inputs: { token, weight: new Uint32Array(halves.buffer) },
      outputs: { out: rows * width },
      extent: [rows],
      build: (program, slices) => addEmbedding(program, gpu(), slices, width, "f16"),
    });
    const weight = Float64Array.from(halves, fromHalf);
    expectClose("out", out, embeddingForward(token, weight, width), TOLERANCE.exact);
  });

  test.each([
    { rows: 1, width: 4, vocabulary: 2 },
    { rows: 63, width: 64, vocabulary: 29 },
    { rows: 257, width: 60, vocabulary: 5 },
    { rows: 131, width: 68, vocabulary: 5003 },
    { rows: 70_001, width: 4, vocabulary: 4999 },
  ])("backward adds to the head's gradient, $rows rows of $width from $vocabulary tokens", async (shape) => {
    const { rows, width, vocabulary } = shape;
    const token = integers(1, rows, 0, vocabulary);
    const dout = normals(2, rows * width);
    const earlier = normals(3, vocabulary * width);
    const runs = tokenRuns(token, vocabulary);
    const { dweight } = await runKernels(gpu(), {
      inputs: { dout, order: runs.order, run_token: runs.token, run_begin: runs.begin },
      outputs: { dweight: earlier },
      extent: [rows, 0, runs.token.length],
      build: (program, slices) => addEmbeddingBackward(program, gpu(), slices, width, vocabulary),
    });
    const gradient = embeddingBackward(token, Float64Array.from(dout), width, vocabulary);
    const expected = gradient.map((value, i) => value + earlier[i]!);
    expectClose("dweight", dweight, expected, sumTolerance(Math.ceil(rows / vocabulary) + 1, 2));
  });

  test("token runs sort the rows by token and keep their order", () => {
    const tokens = fc.array(fc.nat({ max: 11 }), { minLength: 1 });
    fc.assert(
      fc.property(tokens, (token) => {
        const runs = tokenRuns(Uint32Array.from(token), 12);
        const rows = token.map((_, row) => row);
        expect([...runs.order]).toEqual(rows.toSorted((a, b) => token[a]! - token[b]! || a - b));
        expect([...runs.token]).toEqual([...new Set(token)].sort((a, b) => a - b));
        const lengths = [...runs.token].map((_, u) => runs.begin[u + 1]! - runs.begin[u]!);
        expect(lengths).toEqual([...runs.token].map((v) => token.filter((t) => t === v).length));
      }),
    );
  });
});
