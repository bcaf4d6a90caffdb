import { describe, test } from "vitest";
import { addRmsnorm, addRmsnormBackward } from "../../src/kernels/rmsnorm.ts";
import { rmsnormBackward, rmsnormForward } from "../reference/rmsnorm.ts";
import { expectClose, sumTolerance, TOLERANCE } from "../support/compare.ts";
import { runKernels, useGpu } from "../support/gpu.ts";
import { normals } from "../support/random.ts";

const EPS = 0.1; // large enough to matter to numbers of the order of one
const SHAPES = [
  { rows: 1, width: 4 },
  { rows: 63, width: 64 },
  { rows: 64, width: 60 },
  { rows: 65, width: 64 },
  { rows: 131, width: 260 },
  { rows: 70_001, width: 4 },
];

describe("rmsnorm", () => {
  const gpu = useGpu();

  test.each(SHAPES)("forward, $rows rows of $width", async ({ rows, width }) => {
    const inp = normals(1, rows * width);
    const weight = normals(2, width);
    const { out, scale } = await runKernels(gpu(), {
      inputs: { inp, weight },
      outputs: { out: rows * width, scale: rows },
      extent: [rows],
      build: (program, slices) => addRmsnorm(program, gpu(), slices, width, EPS),
    });
    const expected = rmsnormForward(Float64Array.from(inp), Float64Array.from(weight), EPS);
    expectClose("out", out, expected.out, TOLERANCE.elementwise);
    expectClose("scale", scale, expected.scale, TOLERANCE.elementwise);
  });

  // Backward is for micro-batches, which hold at most 32,768 rows (model/gradients.ts).
  test.each(
    SHAPES.filter(({ rows }) => rows < 32_768)
      .flatMap((shape) => [
        { ...shape, slabs: 1, residual: false, accumulate: false },
        { ...shape, slabs: 5, residual: true, accumulate: true },
      ])
      .filter(({ rows, slabs }) => rows / slabs <= 256),
  )(
    "backward, $rows rows of $width in $slabs slabs, residual $residual, accumulate $accumulate",
    async (shape) => {
      const { rows, width, slabs, residual, accumulate } = shape;
      const inp = normals(1, rows * width);
      const weight = normals(2, width);
      const dout = normals(3, rows * width);
      const earlier = { dinp: normals(4, rows * width), dweight: normals(5, slabs * width) };
      const expected = rmsnormBackward(
        Float64Array.from(inp),
        Float64Array.from(weight),
        EPS,
        Float64Array.from(dout),
      );
      const scale = Float32Array.from(
        rmsnormForward(Float64Array.from(inp), Float64Array.from(weight), EPS).scale,
      );
      const { dinp, dweight } = await runKernels(gpu(), {
        inputs: { inp, weight, scale, dout },
        outputs: {
          dinp: residual ? earlier.dinp : rows * width,
          dweight: accumulate ? earlier.dweight : slabs * width,
        },
        extent: [rows, 0, 0, Number(accumulate)],
        build: (program, slices) =>
          addRmsnormBackward(program, gpu(), slices, width, { count: slabs, stride: width }, residual),
      });
      const added = expected.dinp.map((value, i) => value + (residual ? earlier.dinp[i]! : 0));
      expectClose("dinp", dinp, added, sumTolerance(width));
      const summed = expected.dweight.map((value, c) => {
        for (let s = 0; accumulate && s < slabs; s++) value += earlier.dweight[s * width + c]!;
        return value;
      });
      const total = Float64Array.from({ length: width }, (_, c) => {
        let sum = 0;
        for (let s = 0; s < slabs; s++) sum += dweight[s * width + c]!;
        return sum;
      });
      expectClose("dweight", total, summed, sumTolerance(rows + slabs, 2));
    },
  );
});
