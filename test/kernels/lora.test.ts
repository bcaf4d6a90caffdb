import { describe, expect, test } from "vitest";
import {
  addLora,
  addLoraBackwardInput,
  addLoraBackwardLow,
  addLoraBackwardWeight,
  type LoraShape,
} from "../../src/kernels/lora.ts";
import { addMatmulNn, addMatmulNt, addMatmulTn } from "../../src/kernels/matmul.ts";
import { reduceSlabs } from "../reference/gradient.ts";
import { loraBackward, loraForward } from "../reference/lora.ts";
import { expectClose, sumTolerance } from "../support/compare.ts";
import { runKernels, useGpu } from "../support/gpu.ts";
import { normals } from "../support/random.ts";

// `before` and `after` are columns of a row of out that are not the adapter's: those of the other projections.
const SHAPES = [
  { rows: 1, inputs: 4, outputs: 4, rank: 4, before: 0, after: 0 },
  { rows: 7, inputs: 12, outputs: 28, rank: 4, before: 4, after: 8 },
  { rows: 31, inputs: 60, outputs: 64, rank: 8, before: 0, after: 12 },
  { rows: 32, inputs: 64, outputs: 60, rank: 12, before: 8, after: 0 },
  { rows: 33, inputs: 68, outputs: 68, rank: 16, before: 64, after: 4 },
  { rows: 131, inputs: 132, outputs: 260, rank: 64, before: 20, after: 20 },
];
type Shape = (typeof SHAPES)[number];
const SCALE = 0.7;
const COLUMNS_BEFORE = 4; // columns of low that are of another adapter

function inputsOf({ rows, inputs, outputs, rank }: Shape) {
  return {
    inp: normals(1, rows * inputs),
    weight: normals(2, outputs * inputs),
    down: normals(3, rank * inputs),
    up: normals(4, outputs * rank),
    dout: normals(5, rows * outputs),
  };
}

const wide = (values: Float32Array) => Float64Array.from(values);

function layerOf(shape: Shape) {
  const { weight, down, up } = inputsOf(shape);
  const { inputs, rank } = shape;
  return { weight: wide(weight), down: wide(down), up: wide(up), inputs, rank, scale: SCALE };
}

function loraShape({ outputs, rank, before, after }: Shape): LoraShape {
  return {
    low: { stride: COLUMNS_BEFORE + rank, offset: COLUMNS_BEFORE, count: rank },
    out: { stride: before + outputs + after, offset: before, count: outputs },
    scale: SCALE,
  };
}

/** Puts rows of `count` columns into wider rows; the other columns hold `filling`. */
function widen(
  values: ArrayLike<number>,
  rows: number,
  { stride, offset, count }: LoraShape["out"],
  filling: number,
) {
  const result = new Float32Array(rows * stride).fill(filling);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < count; c++) result[r * stride + offset + c] = values[r * count + c]!;
  }
  return result;
}

function narrow(values: Float32Array, rows: number, { stride, offset, count }: LoraShape["out"]) {
  return Float32Array.from({ length: rows * count }, (_, i) => {
    return values[Math.floor(i / count) * stride + offset + (i % count)]!;
  });
}

/** What lies in the columns that are not the adapter's. */
function others(values: Float32Array, { stride, offset, count }: LoraShape["out"]) {
  return values.filter((_, i) => i % stride < offset || i % stride >= offset + count);
}

describe("lora", () => {
  const gpu = useGpu();

  test.each(SHAPES)("forward, $rows × $inputs to $outputs by rank $rank", async (shape) => {
    const { rows, inputs, outputs, rank } = shape;
    const columns = loraShape(shape);
    const expected = loraForward(wide(inputsOf(shape).inp), layerOf(shape));
    const extra = added(shape);
    const base = expected.out.map((value, i) => value - extra[i]!);
    const { out } = await runKernels(gpu(), {
      inputs: { ...inputsOf(shape), low: widen(expected.low, rows, columns.low, 1e6) },
      outputs: { out: widen(base, rows, columns.out, 7) },
      extent: [rows],
      build: (program, { low, up, out, extent }) =>
        addLora(program, gpu(), { low, weight: up, out, extent }, columns),
    });
    expectClose(
      "out",
      narrow(out, rows, columns.out),
      expected.out,
      sumTolerance(rank, 8 * Math.sqrt(inputs)),
    );
    expect(
      others(out, columns.out).every((value) => value === 7),
      "other columns are left alone",
    ).toBe(true);
    expect(out).toHaveLength(rows * (shape.before + outputs + shape.after));
  });

  /** scale · B A x */
  function added(shape: Shape) {
    const layer = layerOf(shape);
    const inp = wide(inputsOf(shape).inp);
    return loraForward(inp, { ...layer, weight: new Float64Array(layer.weight.length) }).out;
  }

  interface Slabs {
    readonly count: number;
    readonly accumulate: boolean;
  }
  const SLABS: readonly Slabs[] = [
    { count: 1, accumulate: false },
    { count: 5, accumulate: true },
  ];
  const spare = 8; // floats of a slab that are of no adapter, and must stay as they are
  const CASES = SHAPES.flatMap((shape) => SLABS.map((slabs) => ({ ...shape, ...slabs })));

  test.each(CASES)(
    "backward, $rows × $inputs to $outputs by rank $rank, $count slabs, accumulate $accumulate",
    async ({ count, accumulate, ...shape }) => {
      const { rows, inputs, outputs, rank } = shape;
      const columns = loraShape(shape);
      const { inp, weight, down, up, dout } = inputsOf(shape);
      const { low } = loraForward(wide(inp), layerOf(shape));
      const [upStride, downStride] = [outputs * rank + spare, rank * inputs + spare];
      const earlier = { dup: normals(6, count * upStride), ddown: normals(7, count * downStride) };
      const results = await runKernels(gpu(), {
        inputs: {
          inp,
          weight,
          down,
          up,
          plain: dout,
          dout: widen(dout, rows, columns.out, 1e6),
          low: widen(low, rows, columns.low, 1e6),
        },
        outputs: {
          dlow: rows * rank,
          wideLow: new Float32Array(rows * columns.low.stride),
          dinp: rows * inputs,
          ...earlier,
        },
        extent: [rows, 0, 0, Number(accumulate)],
        build: (program, slices) => {
          const { extent, dlow, dinp } = slices;
          const alone = { ...columns, low: { stride: rank, offset: 0, count: rank } };
          const bindings = { dout: slices.dout, weight: slices.up, extent };
          addLoraBackwardLow(program, gpu(), { ...bindings, dlow }, alone);
          addLoraBackwardLow(program, gpu(), { ...bindings, dlow: slices.wideLow }, columns);
          const up = { dout: slices.dout, low: slices.low, dweight: slices.dup, extent };
          addLoraBackwardWeight(program, gpu(), up, columns, { count, stride: upStride });
          const down = { dout: dlow, inp: slices.inp, dweight: slices.ddown, extent };
          addMatmulTn(
            program,
            gpu(),
            "register",
            down,
            { outputs: rank, inputs },
            { count, stride: downStride },
          );
          const base = { dout: slices.plain, weight: slices.weight, dinp, extent };
          addMatmulNn(program, gpu(), "register", base, { outputs, inputs });
          addLoraBackwardInput(
            program,
            gpu(),
            { dout: dlow, weight: slices.down, dinp, extent },
            { rank, inputs },
          );
        },
      });
      const expected = loraBackward(wide(inp), layerOf(shape), wide(dout));
      const lowScale = SCALE * Math.sqrt(outputs);
      expectClose("dlow", results.dlow, expected.dlow, sumTolerance(outputs, 2));
      expectClose(
        "dlow in wider rows",
        narrow(results.wideLow, rows, columns.low),
        expected.dlow,
        sumTolerance(outputs, 2),
      );
      expect(others(results.wideLow, columns.low).every((value) => value === 0)).toBe(true);
      expectClose("dinp", results.dinp, expected.dinp, sumTolerance(outputs + rank, 4 * lowScale));
      const slab = (name: "dup" | "ddown", gradient: Float64Array, scale: number) => {
        const before = reduceSlabs(wide(earlier[name]), count);
        const after = reduceSlabs(wide(results[name]), count);
        const sums = before.map((value, i) => {
          if (i >= gradient.length) return value; // behind the end of the slabs
          return gradient[i]! + (accumulate ? value : 0);
        });
        expectClose(name, after, sums, sumTolerance(rows + count, scale));
      };
      slab("dup", expected.dup, 4 * Math.sqrt(inputs));
      slab("ddown", expected.ddown, 4 * lowScale);
    },
  );

  test("a row does not depend on how many there are: decoding gives the bits of training", async () => {
    const shape = { rows: 41, inputs: 20, outputs: 36, rank: 8, before: 4, after: 4 };
    const columns = loraShape(shape);
    const { inp, down, up } = inputsOf(shape);
    const initial = normals(9, shape.rows * columns.out.stride);
    const run = async (rows: number) => {
      const { out } = await runKernels(gpu(), {
        inputs: { inp: inp.slice(0, rows * shape.inputs), down, up },
        outputs: { low: rows * shape.rank, out: initial.slice(0, rows * columns.out.stride) },
        extent: [rows],
        build: (program, { inp, down, up, low, out, extent }) => {
          const { rank, inputs } = shape;
          addMatmulNt(
            program,
            gpu(),
            "register",
            { inp, weight: down, out: low, extent },
            { outputs: rank, inputs },
          );
          const alone = { ...columns, low: { stride: rank, offset: 0, count: rank } };
          addLora(program, gpu(), { low, weight: up, out, extent }, alone);
        },
      });
      return out;
    };
    const many = await run(41);
    for (const rows of [1, 7, 33]) expect(await run(rows)).toEqual(many.slice(0, rows * columns.out.stride));
  });
});
