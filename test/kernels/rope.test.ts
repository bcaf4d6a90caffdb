import { readFileSync } from "node:fs";
import { describe, test } from "vitest";
import {
  addRope,
  addRopeBackward,
  addRopeDecode,
  qkvWidth,
  type RopeScaling,
  rotaryFrequencies,
  rotaryTable,
} from "../../src/kernels/rope.ts";
import { reduceSlabs } from "../reference/gradient.ts";
import { ropeBackward, ropeForward } from "../reference/rope.ts";
import { expectClose, expectSameBits, sumTolerance, TOLERANCE } from "../support/compare.ts";
import { runKernels, useGpu } from "../support/gpu.ts";
import { integers, normals } from "../support/random.ts";

const THETA = 10_000;
const POSITIONS = 300;

const SHAPES = [
  { rows: 1, heads: 1, keyHeads: 1, headDim: 8 },
  { rows: 63, heads: 4, keyHeads: 2, headDim: 8 },
  { rows: 64, heads: 6, keyHeads: 2, headDim: 16 },
  { rows: 65, heads: 4, keyHeads: 4, headDim: 16 },
  { rows: 131, heads: 3, keyHeads: 1, headDim: 64 },
  { rows: 37, heads: 2, keyHeads: 1, headDim: 128 },
  { rows: 31, heads: 3, keyHeads: 1, headDim: 24 },
];

/** What transformers computes in single precision (test/fixtures/io/make_models.py). */
const SCALED: { head_dim: number; rope_theta: number; rope_scaling: RopeScaling; frequencies: number[] }[] =
  JSON.parse(readFileSync(new URL("../fixtures/io/models/rope.json", import.meta.url), "utf8"));

const SINGLE = { absolute: 0, relative: 1e-6, reason: "powers and quotients, rounded to single precision" };

test.each(SCALED)(
  "frequencies of a scaled rotation are those of transformers, $rope_scaling",
  ({ head_dim, rope_theta, rope_scaling, frequencies }) => {
    const found = rotaryFrequencies(head_dim, rope_theta, rope_scaling);
    expectClose("frequencies", Float32Array.from(found), frequencies, SINGLE);
  },
);

describe("rope", () => {
  const gpu = useGpu();

  test.each([...SHAPES, { rows: 70_001, heads: 1, keyHeads: 1, headDim: 8 }])(
    "forward, $rows rows of $heads heads over $keyHeads of $headDim",
    async ({ rows, ...layout }) => {
      const width = qkvWidth(layout);
      const inp = normals(1, rows * width);
      const bias = normals(2, width);
      const position = integers(3, rows, 0, POSITIONS);
      const { qkv } = await runKernels(gpu(), {
        inputs: { bias, position, rotary: rotaryTable(POSITIONS, layout.headDim, THETA) },
        outputs: { qkv: inp },
        extent: [rows],
        build: (program, slices) => addRope(program, gpu(), slices, layout),
      });
      const expected = ropeForward(Float64Array.from(inp), Float64Array.from(bias), position, layout, THETA);
      expectClose("qkv", qkv, expected, TOLERANCE.rotation);
    },
  );

  test.each(SHAPES)(
    "without bias, forward and backward, $rows rows of $heads heads over $keyHeads of $headDim",
    async ({ rows, ...layout }) => {
      const width = qkvWidth(layout);
      const inp = normals(1, rows * width);
      const position = integers(3, rows, 0, POSITIONS);
      const { qkv, dqkv } = await runKernels(gpu(), {
        inputs: { position, rotary: rotaryTable(POSITIONS, layout.headDim, THETA) },
        outputs: { qkv: inp, dqkv: inp },
        extent: [rows],
        build: (program, slices) => {
          addRope(program, gpu(), { ...slices, bias: undefined }, layout);
          addRopeBackward(program, gpu(), { ...slices, dbias: undefined }, layout, { count: 1, stride: 4 });
        },
      });
      const none = new Float64Array(width);
      const rows64 = Float64Array.from(inp);
      expectClose("qkv", qkv, ropeForward(rows64, none, position, layout, THETA), TOLERANCE.rotation);
      expectClose("dqkv", dqkv, ropeBackward(rows64, position, layout, THETA).dqkv, TOLERANCE.rotation);
    },
  );

  test.each(
    SHAPES.flatMap((shape) => [
      { ...shape, slabs: 1, accumulate: false },
      { ...shape, slabs: 5, accumulate: true },
    ]),
  )(
    "backward, $rows rows of $heads heads over $keyHeads of $headDim in $slabs slabs, accumulate $accumulate",
    async ({ rows, slabs, accumulate, ...layout }) => {
      const width = qkvWidth(layout);
      const dout = normals(1, rows * width);
      const position = integers(2, rows, 0, POSITIONS);
      const earlier = normals(3, slabs * width);
      const { dqkv, dbias } = await runKernels(gpu(), {
        inputs: { position, rotary: rotaryTable(POSITIONS, layout.headDim, THETA) },
        outputs: { dqkv: dout, dbias: accumulate ? earlier : slabs * width },
        extent: [rows, 0, 0, Number(accumulate)],
        build: (program, slices) =>
          addRopeBackward(program, gpu(), slices, layout, { count: slabs, stride: width }),
      });
      const expected = ropeBackward(Float64Array.from(dout), position, layout, THETA);
      expectClose("dqkv", dqkv, expected.dqkv, TOLERANCE.rotation);
      const before = reduceSlabs(Float64Array.from(earlier), slabs);
      const summed = expected.dbias.map((value, c) => value + (accumulate ? before[c]! : 0));
      expectClose(
        "dbias",
        reduceSlabs(Float64Array.from(dbias), slabs),
        summed,
        sumTolerance(rows + slabs, 2),
      );
    },
  );

  test.each(SHAPES.flatMap((shape) => [true, false].map((biased) => ({ ...shape, biased }))))(
    "decode equals forward to the bit, $rows rows of $heads heads over $keyHeads of $headDim, bias $biased",
    async ({ rows, biased, ...layout }) => {
      const width = qkvWidth(layout);
      const keyValues = 2 * layout.keyHeads * layout.headDim;
      const positions = 5;
      const inp = normals(1, rows * width);
      const before = normals(2, rows * positions * keyValues);
      const position = integers(3, rows, 0, positions);
      const sequence = Uint32Array.from({ length: rows }, (_, r) => rows - 1 - r);
      const inputs = {
        bias: normals(4, width),
        position,
        sequence,
        rotary: rotaryTable(positions, layout.headDim, THETA),
      };
      const { forward, decoded, cache } = await runKernels(gpu(), {
        inputs,
        outputs: { forward: inp, decoded: inp, cache: before },
        extent: [rows],
        build: (program, slices) => {
          const bias = biased ? slices.bias : undefined;
          addRope(program, gpu(), { ...slices, qkv: slices.forward, bias }, layout);
          addRopeDecode(program, gpu(), { ...slices, qkv: slices.decoded, bias }, layout, positions);
        },
      });
      const expectedCache = before.slice();
      const expectedRows = inp.slice();
      for (let r = 0; r < rows; r++) {
        const row = forward.subarray(r * width, (r + 1) * width);
        expectedRows.set(row.subarray(0, width - keyValues), r * width);
        const place = sequence[r]! * positions + position[r]!;
        expectedCache.set(row.subarray(width - keyValues), place * keyValues);
      }
      expectSameBits("qkv", decoded, expectedRows);
      expectSameBits("cache", cache, expectedCache);
    },
  );
});
