import { describe, expect, test } from "vitest";
import {
  addMatmulNn,
  addMatmulNt,
  addMatmulNtResidual,
  addMatmulNtRmsnorm,
  addMatmulNtSwiglu,
  addMatmulTn,
  type MatmulVariant,
} from "../../src/kernels/matmul.ts";
import { addRmsnorm } from "../../src/kernels/rmsnorm.ts";
import { addSwiglu } from "../../src/kernels/swiglu.ts";
import { fromHalf, toHalves } from "../../src/model/half.ts";
import { reduceSlabs } from "../reference/gradient.ts";
import { linearBackward, linearForward } from "../reference/matmul.ts";
import { rmsnormForward } from "../reference/rmsnorm.ts";
import { swigluForward } from "../reference/swiglu.ts";
import { expectClose, expectSameBits, sumTolerance } from "../support/compare.ts";
import { requireFeature, requireVariant, runKernels, useGpu } from "../support/gpu.ts";
import { padRows, unpadRows } from "../support/padding.ts";
import { normals } from "../support/random.ts";

const EPS = 0.1; // large enough to matter to numbers of the order of one

// Tiles are 32 × 64, 64 × 64, 16 × 32 and 16 × 64, strips 16 terms: sizes on either side of each.
const SHAPES = [
  { rows: 1, outputs: 1, inputs: 4 },
  { rows: 7, outputs: 29, inputs: 12 },
  { rows: 15, outputs: 32, inputs: 60 },
  { rows: 16, outputs: 33, inputs: 64 },
  { rows: 17, outputs: 63, inputs: 68 },
  { rows: 31, outputs: 64, inputs: 128 },
  { rows: 33, outputs: 65, inputs: 32 },
  { rows: 64, outputs: 127, inputs: 36 },
  { rows: 65, outputs: 128, inputs: 20 },
  { rows: 131, outputs: 257, inputs: 132 },
  { rows: 3, outputs: 5003, inputs: 16 },
];

/** How the variants other than `register` must relate to it: to the bit. */
const OTHERS: readonly MatmulVariant[] = ["workgroup", "subgroup"];
const OTHER_VARIANTS = SHAPES.flatMap((shape) => OTHERS.map((variant) => ({ variant, ...shape })));

type Shape = (typeof SHAPES)[number];

const strideOf = (outputs: number) => Math.ceil(outputs / 4) * 4;
const wide = (values: Float32Array) => Float64Array.from(values);

describe("matmul", () => {
  const gpu = useGpu();

  function forwardInputs({ rows, outputs, inputs }: Shape) {
    const residual = normals(3, rows * outputs);
    return {
      inp: normals(1, rows * inputs),
      weight: normals(2, outputs * inputs),
      residual: padRows(residual, outputs, strideOf(outputs), 0),
    };
  }

  async function nt(variant: MatmulVariant, shape: Shape) {
    const size = shape.rows * strideOf(shape.outputs);
    return runKernels(gpu(), {
      inputs: forwardInputs(shape),
      outputs: { plain: size, added: size },
      extent: [shape.rows],
      build: (program, { plain, added, ...slices }) => {
        addMatmulNt(program, gpu(), variant, { ...slices, out: plain }, shape);
        addMatmulNtResidual(program, gpu(), variant, { ...slices, out: added }, shape);
      },
    });
  }

  test.each(SHAPES)("nt and nt_residual, $rows × $inputs to $outputs", async (shape) => {
    const { outputs, inputs } = shape;
    const { plain, added } = await nt("register", shape);
    const { inp, weight, residual } = forwardInputs(shape);
    const expected = linearForward(wide(inp), wide(weight), inputs);
    const tolerance = sumTolerance(inputs);
    const stride = strideOf(outputs);
    expectClose("out", unpadRows(plain, outputs, stride), expected, tolerance);
    const before = unpadRows(residual, outputs, stride);
    const sum = expected.map((value, i) => value + before[i]!);
    expectClose("out with residual", unpadRows(added, outputs, stride), sum, tolerance);
    expect([...plain, ...added].every(Number.isFinite), "every float of the rows was written").toBe(true);
  });

  test.for(OTHER_VARIANTS)(
    "nt and nt_residual, $variant gives the same bits, $rows × $inputs to $outputs",
    async ({ variant, ...shape }, { skip }) => {
      requireVariant(gpu(), variant, skip);
      const [first, second] = [await nt("register", shape), await nt(variant, shape)];
      expectSameBits("out", second.plain, first.plain);
      expectSameBits("out with residual", second.added, first.added);
    },
  );

  async function nn(variant: MatmulVariant, { rows, outputs, inputs }: Shape) {
    const { dinp } = await runKernels(gpu(), {
      inputs: {
        dout: padRows(normals(1, rows * outputs), outputs, strideOf(outputs), 0),
        weight: normals(2, outputs * inputs),
      },
      outputs: { dinp: rows * inputs },
      extent: [rows],
      build: (program, slices) => addMatmulNn(program, gpu(), variant, slices, { outputs, inputs }),
    });
    return dinp;
  }

  test.each(SHAPES)("nn, $rows × $outputs to $inputs", async (shape) => {
    const { rows, outputs, inputs } = shape;
    const inp = new Float64Array(rows * inputs);
    const weight = wide(normals(2, outputs * inputs));
    const { dinp } = linearBackward(inp, weight, inputs, wide(normals(1, rows * outputs)));
    expectClose("dinp", await nn("register", shape), dinp, sumTolerance(outputs));
  });

  test.for(OTHER_VARIANTS)(
    "nn, $variant gives the same bits, $rows × $outputs to $inputs",
    async ({ variant, ...shape }, { skip }) => {
      requireVariant(gpu(), variant, skip);
      expectSameBits("dinp", await nn(variant, shape), await nn("register", shape));
    },
  );

  interface Slabs {
    readonly count: number;
    readonly accumulate: boolean;
  }

  /** Slabs of 8 floats more than a gradient needs, which must stay as they are. */
  const slabStride = ({ outputs, inputs }: Shape) => outputs * inputs + 8;
  const earlierSlabs = (shape: Shape, count: number) => normals(3, count * slabStride(shape));

  async function tn(variant: MatmulVariant, shape: Shape, { count, accumulate }: Slabs) {
    const { rows, outputs, inputs } = shape;
    const { dweight } = await runKernels(gpu(), {
      inputs: {
        dout: padRows(normals(1, rows * outputs), outputs, strideOf(outputs)),
        inp: normals(2, rows * inputs),
      },
      outputs: { dweight: earlierSlabs(shape, count) },
      extent: [rows, 0, 0, Number(accumulate)],
      build: (program, slices) =>
        addMatmulTn(program, gpu(), variant, slices, shape, { count, stride: slabStride(shape) }),
    });
    return dweight;
  }

  test.for(SHAPES)(
    "with a weight in half precision, the bits of the rounded weight: $rows × $inputs to $outputs",
    async (shape, { skip }) => {
      requireFeature(gpu(), "shader-f16", skip);
      const { rows, outputs, inputs } = shape;
      const { inp, weight, residual } = forwardInputs(shape);
      const halves = toHalves(weight);
      const size = rows * strideOf(outputs);
      const run = (variant: "register" | "half", weight: Float32Array | Uint32Array) =>
        runKernels(gpu(), {
          inputs: {
            inp,
            wide: normals(5, rows * 2 * inputs),
            norm_weight: normals(4, inputs),
            dout: padRows(normals(6, rows * outputs), outputs, strideOf(outputs), 0),
            weight,
            residual,
          },
          outputs: { plain: size, added: size, normed: size, gated: size, dinp: rows * inputs },
          extent: [rows],
          build: (program, slices) => {
            addMatmulNt(program, gpu(), variant, { ...slices, out: slices.plain }, shape);
            addMatmulNtResidual(program, gpu(), variant, { ...slices, out: slices.added }, shape);
            addMatmulNtRmsnorm(program, gpu(), variant, { ...slices, out: slices.normed }, shape, EPS);
            const gated = { ...slices, inp: slices.wide, out: slices.gated };
            addMatmulNtSwiglu(program, gpu(), variant, gated, shape);
            addMatmulNn(program, gpu(), variant, slices, { outputs, inputs });
          },
        });
      const half = await run("half", new Uint32Array(halves.buffer));
      const rounded = await run("register", Float32Array.from(halves, fromHalf));
      for (const [name, result] of Object.entries(half)) {
        expectSameBits(name, result, rounded[name as keyof typeof rounded]);
      }
    },
  );

  const TN_SHAPES = SHAPES.flatMap((shape) => [
    { ...shape, count: 1, accumulate: false },
    { ...shape, count: 5, accumulate: true },
  ]);

  test.each(TN_SHAPES)(
    "tn, $rows rows to $outputs × $inputs in $count slabs, accumulate $accumulate",
    async ({ count, accumulate, ...shape }) => {
      const { rows, outputs, inputs } = shape;
      const dweight = await tn("register", shape, { count, accumulate });
      const earlier = earlierSlabs(shape, count);
      const [dout, inp] = [normals(1, rows * outputs), normals(2, rows * inputs)];
      const weight = new Float64Array(outputs * inputs);
      const gradient = linearBackward(wide(inp), weight, inputs, wide(dout)).dweight;
      const before = reduceSlabs(wide(earlier), count);
      const after = reduceSlabs(wide(dweight), count);
      const expected = before.map((value, i) => {
        if (i >= gradient.length) return value; // behind the end of the slabs
        return gradient[i]! + (accumulate ? value : 0);
      });
      expectClose("dweight", after, expected, sumTolerance(rows + count, 2));
    },
  );

  test.for(TN_SHAPES.flatMap((shape) => OTHERS.map((variant) => ({ variant, ...shape }))))(
    "tn, $variant gives the same bits, $rows rows to $outputs × $inputs in $count slabs, accumulate $accumulate",
    async ({ variant, count, accumulate, ...shape }, { skip }) => {
      requireVariant(gpu(), variant, skip);
      const slabs = { count, accumulate };
      expectSameBits("dweight", await tn(variant, shape, slabs), await tn("register", shape, slabs));
    },
  );

  // Fused inputs: against the separate kernels, which have references of their own, and against both references at once.
  const FUSED = SHAPES.flatMap((shape) =>
    (["register", "subgroup"] as const).map((variant) => ({ variant, ...shape })),
  );

  test.for(FUSED)(
    "nt_rmsnorm, $variant, equals rmsnorm, then nt: $rows × $inputs to $outputs",
    async ({ variant, ...shape }, { skip }) => {
      requireVariant(gpu(), variant, skip);
      const { rows, outputs, inputs } = shape;
      const [inp, norm_weight] = [normals(1, rows * inputs), normals(4, inputs)];
      const weight = normals(2, outputs * inputs);
      const size = rows * strideOf(outputs);
      const { fused, separate } = await runKernels(gpu(), {
        inputs: { inp, norm_weight, weight },
        outputs: { fused: size, separate: size, normalized: rows * inputs, scale: rows },
        extent: [rows],
        build: (program, slices) => {
          const { normalized, scale, extent } = slices;
          addMatmulNtRmsnorm(program, gpu(), variant, { ...slices, out: slices.fused }, shape, EPS);
          const norm = { inp: slices.inp, weight: slices.norm_weight, out: normalized, scale, extent };
          addRmsnorm(program, gpu(), norm, inputs, EPS);
          const linear = { inp: normalized, weight: slices.weight, out: slices.separate, extent };
          addMatmulNt(program, gpu(), variant, linear, shape);
        },
      });
      expectSameBits("out", fused, separate);
      const { out } = rmsnormForward(wide(inp), wide(norm_weight), EPS);
      const expected = linearForward(out, wide(weight), inputs);
      expectClose("out", unpadRows(fused, outputs, strideOf(outputs)), expected, sumTolerance(inputs, 2));
    },
  );

  test.for(FUSED)(
    "nt_swiglu, $variant, equals swiglu, then nt_residual: $rows × $inputs to $outputs",
    async ({ variant, ...shape }, { skip }) => {
      requireVariant(gpu(), variant, skip);
      const { rows, outputs, inputs } = shape;
      const inp = normals(1, rows * 2 * inputs);
      const { weight, residual } = forwardInputs(shape);
      const size = rows * strideOf(outputs);
      const { fused, separate } = await runKernels(gpu(), {
        inputs: { inp, weight, residual },
        outputs: { fused: size, separate: size, hidden: rows * inputs },
        extent: [rows],
        build: (program, slices) => {
          const { hidden, extent } = slices;
          addMatmulNtSwiglu(program, gpu(), variant, { ...slices, out: slices.fused }, shape);
          addSwiglu(program, gpu(), { inp: slices.inp, out: hidden, extent }, inputs);
          const linear = { ...slices, inp: hidden, out: slices.separate };
          addMatmulNtResidual(program, gpu(), variant, linear, shape);
        },
      });
      expectSameBits("out", fused, separate);
      const before = unpadRows(residual, outputs, strideOf(outputs));
      const product = linearForward(swigluForward(wide(inp), inputs), wide(weight), inputs);
      const expected = product.map((value, i) => value + before[i]!);
      expectClose("out", unpadRows(fused, outputs, strideOf(outputs)), expected, sumTolerance(inputs, 2));
    },
  );
});
