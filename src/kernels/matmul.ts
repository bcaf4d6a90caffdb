import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { ceilDiv, type Grid } from "../gpu/kernel.ts";
import type { Program } from "../gpu/program.ts";
import { shader } from "./sources.ts";

/**
 * How a matmul is tiled. All give the same bits (shaders/lib/multiply_add.wgsl); which is fastest depends
 * on the adapter and is measured at start-up (model/variants.ts).
 */
export type MatmulVariant = "register" | "workgroup" | "subgroup";

/**
 * With `half` the weight is in half precision and everything else as ever: it gives the bits of the other variants with the
 * rounded weight. It is tiled like `register`, and needs `shader-f16`.
 */
export type WeightVariant = MatmulVariant | "half";

const NT_PARAMS = { columns: "u32", inner4: "u32", out_stride4: "u32" } as const;

function ntSpec(id: string) {
  return {
    id,
    code: shader(id),
    bindings: { inp: "read", weight: "read", out: "read_write", extent: "uniform" },
    params: NT_PARAMS,
  } as const;
}

function ntResidualSpec(id: string) {
  return {
    id,
    code: shader(id),
    bindings: { inp: "read", weight: "read", residual: "read", out: "read_write", extent: "uniform" },
    params: NT_PARAMS,
  } as const;
}

function ntRmsnormSpec(id: string) {
  return {
    id,
    code: shader(id),
    bindings: { inp: "read", norm_weight: "read", weight: "read", out: "read_write", extent: "uniform" },
    params: { ...NT_PARAMS, eps: "f32" },
  } as const;
}

function nnSpec(id: string) {
  return {
    id,
    code: shader(id),
    bindings: { dout: "read", weight: "read", dinp: "read_write", extent: "uniform" },
    params: { inner: "u32", columns4: "u32", dout_stride4: "u32" },
  } as const;
}

function tnSpec(id: string) {
  return {
    id,
    code: shader(id),
    bindings: { dout: "read", inp: "read", dweight: "read_write", extent: "uniform" },
    params: { outputs: "u32", columns4: "u32", dout_stride4: "u32", slabs: "u32", slab_stride4: "u32" },
  } as const;
}

export const matmulNt = {
  register: ntSpec("matmul/nt_register"),
  workgroup: ntSpec("matmul/nt_workgroup"),
  subgroup: ntSpec("matmul/nt_subgroup"),
  half: ntSpec("matmul/nt_half"),
};

export const matmulNtResidual = {
  register: ntResidualSpec("matmul/nt_residual_register"),
  workgroup: ntResidualSpec("matmul/nt_residual_workgroup"),
  subgroup: ntResidualSpec("matmul/nt_residual_subgroup"),
  half: ntResidualSpec("matmul/nt_residual_half"),
};

export const matmulNtRmsnorm = {
  register: ntRmsnormSpec("matmul/nt_rmsnorm_register"),
  subgroup: ntRmsnormSpec("matmul/nt_rmsnorm_subgroup"),
  half: ntRmsnormSpec("matmul/nt_rmsnorm_half"),
};

export const matmulNtSwiglu = {
  register: ntResidualSpec("matmul/nt_swiglu_register"),
  subgroup: ntResidualSpec("matmul/nt_swiglu_subgroup"),
  half: ntResidualSpec("matmul/nt_swiglu_half"),
};

export const matmulNn = {
  register: nnSpec("matmul/nn_register"),
  workgroup: nnSpec("matmul/nn_workgroup"),
  subgroup: nnSpec("matmul/nn_subgroup"),
  half: nnSpec("matmul/nn_half"),
};

export const matmulTn = {
  register: tnSpec("matmul/tn_register"),
  workgroup: tnSpec("matmul/tn_workgroup"),
  subgroup: tnSpec("matmul/tn_subgroup"),
};

/** Rows × columns of the output that one workgroup computes. */
interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly constants: Readonly<Record<string, number>>;
}

function tileOf(variant: WeightVariant, columns: number): Tile {
  switch (variant) {
    case "register":
    case "half":
      return { rows: 32, columns: 64, constants: {} };
    case "workgroup":
      return { rows: 64, columns: 64, constants: {} };
    case "subgroup": {
      // Narrow outputs get narrow workgroups, so that no lane computes columns that do not exist.
      const lanes = columns <= 32 ? 8 : 16;
      return { rows: 16, columns: lanes * 4, constants: { LANES: lanes } };
    }
  }
}

function tileGrid(tile: Tile, columns: number): (rows: number) => Grid {
  const across = ceilDiv(columns, tile.columns);
  return (rows) => [across, ceilDiv(rows, tile.rows)];
}

/** Shape of `out[r, n] = Σ_k inp[r, k] weight[n, k]`. */
export interface LinearShape {
  /** N, rows of the weight. */
  readonly outputs: number;
  /** K, columns of the weight; a multiple of 4. */
  readonly inputs: number;
  /** Floats from one row of out to the next; N rounded up to a multiple of 4 if left out. */
  readonly stride?: number;
}

function strideOf(shape: LinearShape): number {
  return shape.stride ?? ceilDiv(shape.outputs, 4) * 4;
}

function ntParams(shape: LinearShape) {
  return { columns: shape.outputs, inner4: shape.inputs / 4, out_stride4: strideOf(shape) / 4 };
}

/** `out = inp · weightᵀ`. */
export function addMatmulNt(
  program: Program,
  gpu: Gpu,
  variant: WeightVariant,
  bindings: { inp: Slice; weight: Slice; out: Slice; extent: Slice },
  shape: LinearShape,
): void {
  const tile = tileOf(variant, shape.outputs);
  const kernel = gpu.pipelines.get(matmulNt[variant], tile.constants);
  program.add(kernel, bindings, ntParams(shape), tileGrid(tile, shape.outputs));
}

/** `out = residual + inp · weightᵀ`. */
export function addMatmulNtResidual(
  program: Program,
  gpu: Gpu,
  variant: WeightVariant,
  bindings: { inp: Slice; weight: Slice; residual: Slice; out: Slice; extent: Slice },
  shape: LinearShape,
): void {
  const tile = tileOf(variant, shape.outputs);
  const kernel = gpu.pipelines.get(matmulNtResidual[variant], tile.constants);
  program.add(kernel, bindings, ntParams(shape), tileGrid(tile, shape.outputs));
}

/** Matmuls with a fused input are for decoding, where rows are few: there is no form tiled through workgroup memory. */
function fusedVariant(variant: WeightVariant): "register" | "subgroup" | "half" {
  return variant === "workgroup" ? "register" : variant;
}

/** `out = rmsnorm(inp) · weightᵀ`. */
export function addMatmulNtRmsnorm(
  program: Program,
  gpu: Gpu,
  variant: WeightVariant,
  bindings: { inp: Slice; norm_weight: Slice; weight: Slice; out: Slice; extent: Slice },
  shape: LinearShape,
  eps: number,
): void {
  const fused = fusedVariant(variant);
  const tile = tileOf(fused, shape.outputs);
  const kernel = gpu.pipelines.get(matmulNtRmsnorm[fused], tile.constants);
  program.add(kernel, bindings, { ...ntParams(shape), eps }, tileGrid(tile, shape.outputs));
}

/** `out = residual + swiglu(inp) · weightᵀ` with inp `[rows, 2K]`. */
export function addMatmulNtSwiglu(
  program: Program,
  gpu: Gpu,
  variant: WeightVariant,
  bindings: { inp: Slice; weight: Slice; residual: Slice; out: Slice; extent: Slice },
  shape: LinearShape,
): void {
  const fused = fusedVariant(variant);
  const tile = tileOf(fused, shape.outputs);
  const kernel = gpu.pipelines.get(matmulNtSwiglu[fused], tile.constants);
  program.add(kernel, bindings, ntParams(shape), tileGrid(tile, shape.outputs));
}

/** `dinp = dout · weight`. dout's padding columns must be zero. */
export function addMatmulNn(
  program: Program,
  gpu: Gpu,
  variant: WeightVariant,
  bindings: { dout: Slice; weight: Slice; dinp: Slice; extent: Slice },
  shape: LinearShape,
): void {
  const tile = tileOf(variant, shape.inputs);
  program.add(
    gpu.pipelines.get(matmulNn[variant], tile.constants),
    bindings,
    { inner: shape.outputs, columns4: shape.inputs / 4, dout_stride4: strideOf(shape) / 4 },
    tileGrid(tile, shape.inputs),
  );
}

/** `dweight (+)= doutᵀ · inp`, each slab over its own chunk of rows. Strides in floats. */
export function addMatmulTn(
  program: Program,
  gpu: Gpu,
  variant: MatmulVariant,
  bindings: { dout: Slice; inp: Slice; dweight: Slice; extent: Slice },
  shape: LinearShape,
  slabs: { count: number; stride: number },
): void {
  const tile = tileOf(variant, shape.inputs);
  program.add(
    gpu.pipelines.get(matmulTn[variant], tile.constants),
    bindings,
    {
      outputs: shape.outputs,
      columns4: shape.inputs / 4,
      dout_stride4: strideOf(shape) / 4,
      slabs: slabs.count,
      slab_stride4: slabs.stride / 4,
    },
    [ceilDiv(shape.inputs, tile.columns), ceilDiv(shape.outputs, tile.rows), slabs.count],
  );
}
