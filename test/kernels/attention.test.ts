import { describe, expect, test } from "vitest";
import {
  type AttentionVariant,
  addAttention,
  addAttentionBackward,
  addAttentionDecode,
  addFillCache,
  attentionTiles,
  TILE_ROWS,
} from "../../src/kernels/attention.ts";
import { addRope, addRopeDecode, type HeadLayout, qkvWidth, rotaryTable } from "../../src/kernels/rope.ts";
import { attentionBackward, attentionForward } from "../reference/attention.ts";
import { expectClose, expectSameBits, sumTolerance, TOLERANCE } from "../support/compare.ts";
import { requireVariant, runKernels, useGpu } from "../support/gpu.ts";
import { integers, normals } from "../support/random.ts";

const LAYOUTS: readonly HeadLayout[] = [
  { heads: 4, keyHeads: 2, headDim: 8 },
  { heads: 6, keyHeads: 2, headDim: 16 },
  { heads: 3, keyHeads: 1, headDim: 24 },
];

// Mesa's software driver compiles a kernel for large heads for 5 (64) to 40 (128) seconds, so these run less often.
const LARGE: HeadLayout = { heads: 4, keyHeads: 4, headDim: 64 };
const LARGEST: HeadLayout = { heads: 3, keyHeads: 1, headDim: 128 };

// Tiles are 16 or 32 queries, blocks are 8 keys.
const LENGTHS = [
  { name: "one row", lengths: [1] },
  { name: "lengths around a block and a tile", lengths: [7, 8, 9, 15, 16, 17, 31, 32, 33] },
];

const withLengths = (layout: HeadLayout) => LENGTHS.map((lengths) => ({ ...lengths, ...layout }));
const SHAPES = [
  ...LAYOUTS.flatMap(withLengths),
  { name: "rows of their own", lengths: Array<number>(20).fill(1), ...LAYOUTS[1]! },
  { name: "ragged lengths up to 100", lengths: [...integers(9, 12, 1, 100), 100, 1], ...LAYOUTS[1]! },
];
type Shape = (typeof SHAPES)[number];

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

describe("attention", () => {
  const gpu = useGpu();

  async function forward(variant: AttentionVariant, { lengths, ...layout }: Shape) {
    const rows = sum(lengths);
    const tile = attentionTiles(lengths, TILE_ROWS[variant]);
    return runKernels(gpu(), {
      inputs: { qkv: normals(1, rows * qkvWidth(layout)), tile },
      outputs: { out: rows * layout.heads * layout.headDim, lse: rows * layout.heads },
      build: (program, slices) =>
        addAttention(program, gpu(), variant, slices, layout, () => tile.length / 4),
    });
  }

  async function backward(variant: AttentionVariant, { lengths, ...layout }: Shape) {
    const rows = sum(lengths);
    const qkv = normals(1, rows * qkvWidth(layout));
    const { out, lse } = attentionForward(Float64Array.from(qkv), lengths, layout);
    const tile = attentionTiles(lengths, TILE_ROWS[variant]);
    return runKernels(gpu(), {
      inputs: {
        qkv,
        tile,
        out: Float32Array.from(out),
        lse: Float32Array.from(lse),
        dout: normals(2, rows * layout.heads * layout.headDim),
      },
      outputs: { dqkv: rows * qkvWidth(layout), delta: rows * layout.heads },
      build: (program, slices) =>
        addAttentionBackward(program, gpu(), variant, slices, layout, () => tile.length / 4),
    });
  }

  test.each([...SHAPES, ...withLengths(LARGE), ...withLengths(LARGEST)])(
    "forward, $name, $heads heads over $keyHeads of $headDim",
    async (shape) => {
      const { out, lse } = await forward("direct", shape);
      const qkv = Float64Array.from(normals(1, sum(shape.lengths) * qkvWidth(shape)));
      const expected = attentionForward(qkv, shape.lengths, shape);
      expectClose("out", out, expected.out, TOLERANCE.softmax);
      expectClose("lse", lse, expected.lse, TOLERANCE.softmax);
    },
  );

  test.each([...SHAPES, ...withLengths(LARGE)])(
    "backward, $name, $heads heads over $keyHeads of $headDim",
    async (shape) => {
      const { dqkv } = await backward("direct", shape);
      const rows = sum(shape.lengths);
      const qkv = Float64Array.from(normals(1, rows * qkvWidth(shape)));
      const dout = Float64Array.from(normals(2, rows * shape.heads * shape.headDim));
      const expected = attentionBackward(qkv, shape.lengths, shape, dout);
      expectClose("dqkv", dqkv, expected, sumTolerance(Math.max(...shape.lengths) + shape.headDim, 2));
    },
  );

  test.for(SHAPES)(
    "subgroup gives the same bits, $name, $heads heads over $keyHeads of $headDim",
    async (shape, { skip }) => {
      requireVariant(gpu(), "subgroup", skip);
      const there = await forward("subgroup", shape);
      const here = await forward("direct", shape);
      expectSameBits("out", there.out, here.out);
      expectSameBits("lse", there.lse, here.lse);
      const thereBack = await backward("subgroup", shape);
      const hereBack = await backward("direct", shape);
      expectSameBits("dqkv", thereBack.dqkv, hereBack.dqkv);
      expectSameBits("delta", thereBack.delta, hereBack.delta);
    },
  );

  test("scores far apart: a key may take all the weight", async () => {
    const layout = { heads: 1, keyHeads: 1, headDim: 8 };
    const qkv = normals(1, 20 * 24, 30);
    const { out, lse } = await runKernels(gpu(), {
      inputs: { qkv, tile: attentionTiles([20], TILE_ROWS.direct) },
      outputs: { out: 20 * 8, lse: 20 },
      build: (program, slices) => addAttention(program, gpu(), "direct", slices, layout, () => 1),
    });
    const expected = attentionForward(Float64Array.from(qkv), [20], layout);
    expectClose("lse", lse, expected.lse, TOLERANCE.softmax);
    expectClose("out", out, expected.out, TOLERANCE.saturatedSoftmax);
  });

  const DECODED = [1, 33, 8, 9, 17, 24]; // lengths of the sequences
  const ROWS = sum(DECODED);
  const BEGINS = DECODED.map((_, s) => sum(DECODED.slice(0, s)));
  const POSITIONS = Math.max(...DECODED);

  const projections = (layout: HeadLayout) => normals(1, ROWS * qkvWidth(layout));
  const commonInputs = (layout: HeadLayout) => ({
    bias: normals(2, qkvWidth(layout)),
    rotary: rotaryTable(POSITIONS, layout.headDim, 10_000),
  });

  /** The given rows of a matrix, one after the other. */
  function gather(matrix: Float32Array, rows: readonly number[]): Float32Array<ArrayBuffer> {
    const width = matrix.length / ROWS;
    return Float32Array.from(rows.flatMap((row) => [...matrix.subarray(row * width, (row + 1) * width)]));
  }

  /** As in training: all rows at once. */
  function attendPacked(layout: HeadLayout) {
    const tile = attentionTiles(DECODED, TILE_ROWS.direct);
    const position = Uint32Array.from(DECODED.flatMap((length) => [...Array(length).keys()]));
    return runKernels(gpu(), {
      inputs: { ...commonInputs(layout), position, tile },
      outputs: {
        qkv: projections(layout),
        out: ROWS * layout.heads * layout.headDim,
        lse: ROWS * layout.heads,
      },
      extent: [ROWS],
      build: (program, slices) => {
        addRope(program, gpu(), slices, layout);
        addAttention(program, gpu(), "direct", slices, layout, () => tile.length / 4);
      },
    });
  }

  /**
   * The dispatches of a rollout from position `prompt` on: each takes the rows of the sequences that reach its position,
   * in an order of its own.
   */
  function decodeSteps(prompt: number) {
    return Array.from({ length: POSITIONS - prompt }, (_, i) => {
      const alive = [...DECODED.keys()].filter((s) => DECODED[s]! > prompt + i);
      const sequence = i % 2 === 0 ? alive : alive.toReversed();
      return { at: prompt + i, sequence, rows: sequence.map((s) => BEGINS[s]! + prompt + i) };
    });
  }

  /** As in a rollout: a prompt that was prefilled, then position by position. */
  async function attendByPosition(layout: HeadLayout, prompt: number, prefilled: Float32Array) {
    const inputs: Record<string, Float32Array | Uint32Array> = {
      ...commonInputs(layout),
      prefilled,
      begin: Uint32Array.from(BEGINS),
      length: Uint32Array.from(DECODED, (length) => Math.min(length, prompt)),
      sequences: Uint32Array.of(DECODED.length, 0, 0, 0),
    };
    const outputs: Record<string, Float32Array | number> = {
      cache: DECODED.length * POSITIONS * 2 * layout.keyHeads * layout.headDim,
    };
    const steps = decodeSteps(prompt);
    for (const { at, sequence, rows } of steps) {
      inputs[`sequence ${at}`] = Uint32Array.from(sequence);
      inputs[`position ${at}`] = new Uint32Array(rows.length).fill(at);
      inputs[`extent ${at}`] = Uint32Array.of(rows.length, 0, 0, 0);
      outputs[`qkv ${at}`] = gather(projections(layout), rows);
      outputs[`out ${at}`] = rows.length * layout.heads * layout.headDim;
    }
    const results = await runKernels(gpu(), {
      inputs,
      outputs,
      rows: DECODED.length,
      build: (program, slices) => {
        const slice = (name: string) => slices[name]!;
        const cache = slice("cache");
        if (prompt > 0) {
          const prefix = { qkv: slice("prefilled"), begin: slice("begin"), length: slice("length") };
          const bindings = { ...prefix, cache, extent: slice("sequences") };
          addFillCache(program, gpu(), bindings, layout, POSITIONS, prompt);
        }
        for (const { at } of steps) {
          const bindings = {
            qkv: slice(`qkv ${at}`),
            bias: slice("bias"),
            sequence: slice(`sequence ${at}`),
            position: slice(`position ${at}`),
            rotary: slice("rotary"),
            cache,
            out: slice(`out ${at}`),
            extent: slice(`extent ${at}`),
          };
          addRopeDecode(program, gpu(), bindings, layout, POSITIONS);
          addAttentionDecode(program, gpu(), bindings, layout, POSITIONS);
        }
      },
    });
    return Float32Array.from(steps.flatMap(({ at }) => [...results[`out ${at}`]!]));
  }

  // The rollout and the training pass must see the same probabilities, so this is to the bit.
  test.each(
    [...LAYOUTS, LARGE].flatMap((layout) => [
      { ...layout, prompt: 0 },
      { ...layout, prompt: 11 },
    ]),
  )(
    "decode equals rope and forward on the packed sequences, $heads heads over $keyHeads of $headDim, prompt $prompt",
    async ({ prompt, ...layout }) => {
      const packed = await attendPacked(layout);
      const out = await attendByPosition(layout, prompt, packed.qkv);
      const rows = decodeSteps(prompt).flatMap((step) => step.rows);
      expectSameBits("out", out, gather(packed.out, rows));
    },
  );

  test("fill_cache copies a prompt to every sequence that starts with it, and touches nothing else", async () => {
    const layout = { heads: 2, keyHeads: 1, headDim: 8 };
    const [width, keyValue, positions] = [qkvWidth(layout), 16, 9];
    // Two prompts of 5 and 3 rows; sequences 0, 2 and 3 share the first, one of them with a shorter prefix.
    const begin = Uint32Array.of(0, 5, 0, 0);
    const length = Uint32Array.of(5, 3, 5, 2);
    const qkv = normals(1, 8 * width);
    const before = normals(2, 4 * positions * keyValue);
    const { cache } = await runKernels(gpu(), {
      inputs: { qkv, begin, length },
      outputs: { cache: before },
      extent: [4],
      build: (program, slices) => addFillCache(program, gpu(), slices, layout, positions, 5),
    });
    const expected = before.slice();
    for (let s = 0; s < 4; s++) {
      for (let p = 0; p < length[s]!; p++) {
        const end = (begin[s]! + p + 1) * width;
        expected.set(qkv.subarray(end - keyValue, end), (s * positions + p) * keyValue);
      }
    }
    expectSameBits("cache", cache, expected);
  });

  test("tiles cover each segment once", () => {
    const tiles = attentionTiles([1, 33, 16], 16);
    expect([...tiles]).toEqual([0, 1, 0, 0, 1, 34, 1, 0, 1, 34, 17, 0, 1, 34, 33, 0, 34, 50, 34, 0]);
  });
});
