import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { ceilDiv, foldGrid } from "../gpu/kernel.ts";
import type { Program } from "../gpu/program.ts";
import { shader } from "./sources.ts";

export const ropeForward = {
  id: "rope/forward",
  code: shader("rope/forward"),
  bindings: { qkv: "read_write", bias: "read", position: "read", rotary: "read", extent: "uniform" },
  params: { width4: "u32", rotated4: "u32", half4: "u32" },
} as const;

export const ropeBackward = {
  id: "rope/backward",
  code: shader("rope/backward"),
  bindings: { dqkv: "read_write", position: "read", rotary: "read", dbias: "read_write", extent: "uniform" },
  params: { width4: "u32", rotated4: "u32", half4: "u32", slabs: "u32", slab_stride4: "u32" },
} as const;

export const ropeDecode = {
  id: "rope/decode",
  code: shader("rope/decode"),
  bindings: {
    qkv: "read_write",
    bias: "read",
    sequence: "read",
    position: "read",
    rotary: "read",
    cache: "read_write",
    extent: "uniform",
  },
  params: { width4: "u32", rotated4: "u32", half4: "u32", positions: "u32" },
} as const;

/** How heads lie in a row of `qkv`: H query heads, K key heads, K value heads of D channels each. */
export interface HeadLayout {
  readonly heads: number;
  readonly keyHeads: number;
  readonly headDim: number;
}

/** Floats of one row of `qkv`. */
export function qkvWidth(layout: HeadLayout): number {
  return (layout.heads + 2 * layout.keyHeads) * layout.headDim;
}

function ropeParams(layout: HeadLayout) {
  return {
    width4: qkvWidth(layout) / 4,
    rotated4: ((layout.heads + layout.keyHeads) * layout.headDim) / 4,
    half4: layout.headDim / 8,
  };
}

/** Adds the bias to `qkv` and rotates query and key heads by their positions, in place. */
export function addRope(
  program: Program,
  gpu: Gpu,
  bindings: { qkv: Slice; bias: Slice; position: Slice; rotary: Slice; extent: Slice },
  layout: HeadLayout,
): void {
  const params = ropeParams(layout);
  const units = params.width4 - params.rotated4 / 2;
  program.add(gpu.pipelines.get(ropeForward), bindings, params, (rows) =>
    foldGrid(ceilDiv(rows * units, 64)),
  );
}

/** {@link addRope} of one new token per live row, whose key and value go to the cache of `positions` per sequence. */
export function addRopeDecode(
  program: Program,
  gpu: Gpu,
  bindings: {
    qkv: Slice;
    bias: Slice;
    sequence: Slice;
    position: Slice;
    rotary: Slice;
    cache: Slice;
    extent: Slice;
  },
  layout: HeadLayout,
  positions: number,
): void {
  const params = { ...ropeParams(layout), positions };
  const units = params.width4 - params.rotated4 / 2;
  program.add(gpu.pipelines.get(ropeDecode), bindings, params, (rows) => foldGrid(ceilDiv(rows * units, 64)));
}

/** Gradient of {@link addRope}: rotates `dqkv` back in place and sums the bias gradient. Slab stride in floats. */
export function addRopeBackward(
  program: Program,
  gpu: Gpu,
  bindings: { dqkv: Slice; position: Slice; rotary: Slice; dbias: Slice; extent: Slice },
  layout: HeadLayout,
  slabs: { count: number; stride: number },
): void {
  const params = { ...ropeParams(layout), slabs: slabs.count, slab_stride4: slabs.stride / 4 };
  program.add(gpu.pipelines.get(ropeBackward), bindings, params, [slabs.count]);
}

/** Cosines and sines of every position, `[positions, 2, headDim / 2]`, computed in double precision. */
export function rotaryTable(positions: number, headDim: number, theta: number): Float32Array {
  const half = headDim / 2;
  const table = new Float32Array(positions * headDim);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * theta ** ((-2 * i) / headDim);
      table[position * headDim + i] = Math.cos(angle);
      table[position * headDim + half + i] = Math.sin(angle);
    }
  }
  return table;
}
