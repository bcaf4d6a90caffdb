import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { ceilDiv, foldGrid } from "../gpu/kernel.ts";
import type { Program } from "../gpu/program.ts";
import { shader } from "./sources.ts";

export const rmsnormForward = {
  id: "rmsnorm/forward",
  code: shader("rmsnorm/forward"),
  bindings: { inp: "read", weight: "read", out: "read_write", scale: "read_write", extent: "uniform" },
  params: { width: "u32", eps: "f32" },
} as const;

export const rmsnormBackward = {
  id: "rmsnorm/backward",
  code: shader("rmsnorm/backward"),
  bindings: {
    inp: "read",
    weight: "read",
    scale: "read",
    dout: "read",
    dinp: "read_write",
    dweight: "read_write",
    extent: "uniform",
  },
  params: { width: "u32", slabs: "u32", slab_stride4: "u32", residual: "u32" },
} as const;

/** `out = inp · scale · weight`, row by row; `width` channels, a multiple of 4. */
export function addRmsnorm(
  program: Program,
  gpu: Gpu,
  bindings: { inp: Slice; weight: Slice; out: Slice; scale: Slice; extent: Slice },
  width: number,
  eps: number,
): void {
  const kernel = gpu.pipelines.get(rmsnormForward);
  program.add(kernel, bindings, { width, eps }, (rows) => foldGrid(ceilDiv(rows, 64)));
}

/** Gradients of {@link addRmsnorm}; `dinp` accumulates where `residual`. Slab stride in floats. */
export function addRmsnormBackward(
  program: Program,
  gpu: Gpu,
  bindings: {
    inp: Slice;
    weight: Slice;
    scale: Slice;
    dout: Slice;
    dinp: Slice;
    dweight: Slice;
    extent: Slice;
  },
  width: number,
  slabs: { count: number; stride: number },
  residual: boolean,
): void {
  const kernel = gpu.pipelines.get(rmsnormBackward);
  const params = { width, slabs: slabs.count, slab_stride4: slabs.stride / 4, residual: Number(residual) };
  program.add(kernel, bindings, params, [slabs.count]);
}
