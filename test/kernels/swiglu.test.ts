import { describe, test } from "vitest";
import { addSwiglu, addSwigluBackward } from "../../src/kernels/swiglu.ts";
import { swigluBackward, swigluForward } from "../reference/swiglu.ts";
import { expectClose, TOLERANCE } from "../support/compare.ts";
import { runKernels, useGpu } from "../support/gpu.ts";
import { normals } from "../support/random.ts";

const SHAPES = [
  { rows: 1, width: 4 },
  { rows: 63, width: 4 },
  { rows: 64, width: 4 },
  { rows: 65, width: 4 },
  { rows: 31, width: 60 },
  { rows: 131, width: 172 },
  { rows: 70_001, width: 4 },
];

/** Gates and ups; the first gates are extreme, where e^−gate overflows or vanishes. */
function gateUp(rows: number, width: number): Float32Array<ArrayBuffer> {
  const inp = normals(1, rows * 2 * width, 2);
  inp.set([-100, -90, 90, 100]);
  return inp;
}

describe("swiglu", () => {
  const gpu = useGpu();

  test.each(SHAPES)("forward, $rows rows of $width", async ({ rows, width }) => {
    const inp = gateUp(rows, width);
    const { out } = await runKernels(gpu(), {
      inputs: { inp },
      outputs: { out: rows * width },
      extent: [rows],
      build: (program, slices) => addSwiglu(program, gpu(), slices, width),
    });
    expectClose("out", out, swigluForward(Float64Array.from(inp), width), TOLERANCE.exponential);
  });

  test.each(SHAPES)("backward, $rows rows of $width", async ({ rows, width }) => {
    const inp = gateUp(rows, width);
    const dout = normals(2, rows * width);
    const { dinp } = await runKernels(gpu(), {
      inputs: { inp, dout },
      outputs: { dinp: rows * 2 * width },
      extent: [rows],
      build: (program, slices) => addSwigluBackward(program, gpu(), slices, width),
    });
    const expected = swigluBackward(Float64Array.from(inp), width, Float64Array.from(dout));
    expectClose("dinp", dinp, expected, TOLERANCE.exponential);
  });
});
