import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { ceilDiv, foldGrid } from "../gpu/kernel.ts";
import type { Program } from "../gpu/program.ts";
import { type HeadLayout, qkvWidth } from "./rope.ts";
import { shader } from "./sources.ts";

/** How attention kernels get at the rows that a whole workgroup walks through. Both give the same bits. */
export type AttentionVariant = "direct" | "subgroup";

/** Queries (or keys) of one tile, by variant: what one workgroup takes. */
export const TILE_ROWS: Readonly<Record<AttentionVariant, number>> = { direct: 32, subgroup: 16 };

/** Largest head_dim that the kernels have registers for (shaders/attention/lib/common.wgsl). */
export const MAX_HEAD_DIM = 128;

const PARAMS = { qkv4: "u32", heads: "u32", key_heads: "u32", scale: "f32" } as const;

function forwardSpec<I extends string>(id: I) {
  return {
    id,
    code: shader(id),
    bindings: { qkv: "read", tile: "read", out: "read_write", lse: "read_write" },
    params: PARAMS,
  } as const;
}

function backwardQuerySpec<I extends string>(id: I) {
  return {
    id,
    code: shader(id),
    bindings: {
      qkv: "read",
      tile: "read",
      out: "read",
      lse: "read",
      dout: "read",
      delta: "read_write",
      dqkv: "read_write",
    },
    params: PARAMS,
  } as const;
}

function backwardKeyValueSpec<I extends string>(id: I) {
  return {
    id,
    code: shader(id),
    bindings: { qkv: "read", tile: "read", lse: "read", delta: "read", dout: "read", dqkv: "read_write" },
    params: PARAMS,
  } as const;
}

export const attentionForward = {
  direct: forwardSpec("attention/forward"),
  subgroup: forwardSpec("attention/forward_subgroup"),
};

export const attentionBackwardQuery = {
  direct: backwardQuerySpec("attention/backward_query"),
  subgroup: backwardQuerySpec("attention/backward_query_subgroup"),
};

export const attentionBackwardKeyValue = {
  direct: backwardKeyValueSpec("attention/backward_key_value"),
  subgroup: backwardKeyValueSpec("attention/backward_key_value_subgroup"),
};

export const attentionDecode = {
  id: "attention/decode",
  code: shader("attention/decode"),
  bindings: {
    qkv: "read",
    sequence: "read",
    position: "read",
    cache: "read",
    out: "read_write",
    extent: "uniform",
  },
  params: { heads: "u32", key_heads: "u32", positions: "u32", scale: "f32" },
} as const;

export const attentionFillCache = {
  id: "attention/fill_cache",
  code: shader("attention/fill_cache"),
  bindings: { qkv: "read", begin: "read", length: "read", cache: "read_write", extent: "uniform" },
  params: { qkv4: "u32", key_value4: "u32", positions: "u32", filled: "u32" },
} as const;

function attentionParams(layout: HeadLayout) {
  return {
    qkv4: qkvWidth(layout) / 4,
    heads: layout.heads,
    key_heads: layout.keyHeads,
    scale: 1 / Math.sqrt(layout.headDim),
  };
}

/** Causal attention over packed segments. The grid is called with the number of tiles. */
export function addAttention(
  program: Program,
  gpu: Gpu,
  variant: AttentionVariant,
  bindings: { qkv: Slice; tile: Slice; out: Slice; lse: Slice },
  layout: HeadLayout,
  tiles: () => number,
): void {
  const constants = { HEAD4: layout.headDim / 4, LANES: TILE_ROWS[variant] };
  const kernel = gpu.pipelines.get(attentionForward[variant], constants);
  program.add(kernel, bindings, attentionParams(layout), () => [tiles(), layout.heads]);
}

/** Gradients of {@link addAttention} in two dispatches: queries (which also finds `delta`), then keys and values. */
export function addAttentionBackward(
  program: Program,
  gpu: Gpu,
  variant: AttentionVariant,
  bindings: { qkv: Slice; tile: Slice; out: Slice; lse: Slice; dout: Slice; delta: Slice; dqkv: Slice },
  layout: HeadLayout,
  tiles: () => number,
): void {
  const constants = { HEAD4: layout.headDim / 4, LANES: TILE_ROWS[variant] };
  const params = attentionParams(layout);
  const query = gpu.pipelines.get(attentionBackwardQuery[variant], constants);
  program.add(query, bindings, params, () => [tiles(), layout.heads]);
  const keyValue = gpu.pipelines.get(attentionBackwardKeyValue[variant], constants);
  program.add(keyValue, bindings, params, () => [tiles(), layout.keyHeads]);
}

/** Attention of one new token per live row over its cached keys; `positions` is the cache's capacity per sequence. */
export function addAttentionDecode(
  program: Program,
  gpu: Gpu,
  bindings: { qkv: Slice; sequence: Slice; position: Slice; cache: Slice; out: Slice; extent: Slice },
  layout: HeadLayout,
  positions: number,
): void {
  const kernel = gpu.pipelines.get(attentionDecode, { HEAD4: layout.headDim / 4 });
  const { heads, key_heads, scale } = attentionParams(layout);
  program.add(kernel, bindings, { heads, key_heads, positions, scale }, (rows) =>
    foldGrid(ceilDiv(rows * heads, 32)),
  );
}

/** Copies prefilled keys and values to the sequences that share the prompt; `filled` is the longest prefix. */
export function addFillCache(
  program: Program,
  gpu: Gpu,
  bindings: { qkv: Slice; begin: Slice; length: Slice; cache: Slice; extent: Slice },
  layout: HeadLayout,
  positions: number,
  filled: number,
): void {
  const keyValue4 = (2 * layout.keyHeads * layout.headDim) / 4;
  program.add(
    gpu.pipelines.get(attentionFillCache),
    bindings,
    { qkv4: qkvWidth(layout) / 4, key_value4: keyValue4, positions, filled },
    (sequences) => foldGrid(ceilDiv(sequences * filled * keyValue4, 64)),
  );
}

/**
 * Cuts packed segments into tiles of `rows` rows: (segment begin, segment end, first row, 0) each.
 * `lengths` are the segments' lengths in packing order.
 */
export function attentionTiles(lengths: readonly number[], rows: number): Uint32Array {
  const tiles: number[] = [];
  let begin = 0;
  for (const length of lengths) {
    for (let first = 0; first < length; first += rows) tiles.push(begin, begin + length, begin + first, 0);
    begin += length;
  }
  return Uint32Array.from(tiles);
}
