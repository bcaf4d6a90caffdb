import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { type Constants, ceilDiv, foldGrid } from "../gpu/kernel.ts";
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

/** A bias, or what stands in its place where there is none: the kernel must be given a buffer, which it does not read. */
function biasOr(standIn: Slice, bias: Slice | undefined): { bias: Slice; constants: Constants } {
  return bias === undefined ? { bias: standIn, constants: { BIASED: 0 } } : { bias, constants: {} };
}

/** Adds the bias, where there is one, to `qkv` and rotates query and key heads by their positions, in place. */
export function addRope(
  program: Program,
  gpu: Gpu,
  bindings: { qkv: Slice; bias: Slice | undefined; position: Slice; rotary: Slice; extent: Slice },
  layout: HeadLayout,
): void {
  const { bias, constants } = biasOr(bindings.rotary, bindings.bias);
  addRotation(program, gpu, { ...bindings, bias }, layout, constants);
}

function addRotation(
  program: Program,
  gpu: Gpu,
  bindings: { qkv: Slice; bias: Slice; position: Slice; rotary: Slice; extent: Slice },
  layout: HeadLayout,
  constants: Constants,
): void {
  const params = ropeParams(layout);
  const units = params.width4 - params.rotated4 / 2;
  program.add(gpu.pipelines.get(ropeForward, constants), bindings, params, (rows) =>
    foldGrid(ceilDiv(rows * units, 64)),
  );
}

/** {@link addRope} of one new token per live row, whose key and value go to the cache of `positions` per sequence. */
export function addRopeDecode(
  program: Program,
  gpu: Gpu,
  bindings: {
    qkv: Slice;
    bias: Slice | undefined;
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
  const { bias, constants } = biasOr(bindings.rotary, bindings.bias);
  program.add(gpu.pipelines.get(ropeDecode, constants), { ...bindings, bias }, params, (rows) =>
    foldGrid(ceilDiv(rows * units, 64)),
  );
}

/**
 * Gradient of {@link addRope}: rotates `dqkv` back in place and, where there is a bias, sums its gradient. Slab stride in
 * floats.
 */
export function addRopeBackward(
  program: Program,
  gpu: Gpu,
  bindings: { dqkv: Slice; position: Slice; rotary: Slice; dbias: Slice | undefined; extent: Slice },
  layout: HeadLayout,
  slabs: { count: number; stride: number },
): void {
  const { dbias, dqkv, rotary } = bindings;
  if (dbias === undefined) {
    const unbiased = { ...bindings, qkv: dqkv, bias: rotary };
    addRotation(program, gpu, unbiased, layout, { BIASED: 0, DIRECTION: -1 });
    return;
  }
  const params = { ...ropeParams(layout), slabs: slabs.count, slab_stride4: slabs.stride / 4 };
  program.add(gpu.pipelines.get(ropeBackward), { ...bindings, dbias }, params, [slabs.count]);
}

/** How a model that was trained on longer sequences turns more slowly, in the names of Hugging Face's `rope_scaling`. */
export type RopeScaling =
  /** Every frequency is divided by the factor (Chen et al., 2306.15595). */
  | { readonly rope_type: "linear"; readonly factor: number }
  /** So are the low ones alone, with a ramp between low and high (Llama 3.1, 2407.21783). */
  | {
      readonly rope_type: "llama3";
      readonly factor: number;
      readonly low_freq_factor: number;
      readonly high_freq_factor: number;
      readonly original_max_position_embeddings: number;
    };

/** Radians by which each pair of channels turns from one position to the next; [headDim / 2]. */
export function rotaryFrequencies(headDim: number, theta: number, scaling: RopeScaling | null): number[] {
  return Array.from({ length: headDim / 2 }, (_, i) => scaled(theta ** ((-2 * i) / headDim), scaling));
}

function scaled(frequency: number, scaling: RopeScaling | null): number {
  switch (scaling?.rope_type) {
    case undefined:
      return frequency;
    case "linear":
      return frequency / scaling.factor;
    case "llama3": {
      const { factor, low_freq_factor: low, high_freq_factor: high } = scaling;
      const turns = (scaling.original_max_position_embeddings * frequency) / (2 * Math.PI);
      const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
      return kept * frequency + ((1 - kept) * frequency) / factor;
    }
  }
}

/** Cosines and sines of every position, `[positions, 2, headDim / 2]`, computed in double precision. */
export function rotaryTable(
  positions: number,
  headDim: number,
  theta: number,
  scaling: RopeScaling | null = null,
): Float32Array<ArrayBuffer> {
  const half = headDim / 2;
  const frequencies = rotaryFrequencies(headDim, theta, scaling);
  const table = new Float32Array(positions * headDim);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * frequencies[i]!;
      table[position * headDim + i] = Math.cos(angle);
      table[position * headDim + half + i] = Math.sin(angle);
    }
  }
  return table;
}
