import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { ceilDiv, type ParamsOf } from "../gpu/kernel.ts";
import type { Dispatch, Program } from "../gpu/program.ts";
import { shader } from "./sources.ts";

export const gradientReduce = {
  id: "gradient/reduce",
  code: shader("gradient/reduce"),
  bindings: {
    matrix_slab: "read",
    vector_slab: "read",
    gradient: "read_write",
    partial_squares: "read_write",
  },
  params: {
    matrices4: "u32",
    total4: "u32",
    matrix_slabs: "u32",
    vector_slabs: "u32",
    matrix_stride4: "u32",
    vector_stride4: "u32",
  },
} as const;

export const gradientNorm = {
  id: "gradient/norm",
  code: shader("gradient/norm"),
  bindings: { partial_squares: "read", result: "read_write" },
  params: { partials: "u32", limit: "f32" },
} as const;

/** Most workgroups that stride through the parameters, and so the most partial sums of squares. */
export const MAX_PARTIALS = 1024;

/** Partial sums of squares that a stride through `total` parameters leaves. */
export function partialsOf(total: number): number {
  return Math.min(MAX_PARTIALS, ceilDiv(total / 4, 64));
}

/** `gradient = Σ slabs` of a chunk of the parameters, and the partial sums of its squares. */
export function addGradientReduce(
  program: Program,
  gpu: Gpu,
  bindings: { matrix_slab: Slice; vector_slab: Slice; gradient: Slice; partial_squares: Slice },
  params: ParamsOf<typeof gradientReduce>,
): void {
  program.add(gpu.pipelines.get(gradientReduce), bindings, params, [partialsOf(params.total4 * 4)]);
}

/** Global norm of the gradient and the factor that clips it to `limit`; both in `result`. */
export function addGradientNorm(
  program: Program,
  gpu: Gpu,
  bindings: { partial_squares: Slice; result: Slice },
  params: ParamsOf<typeof gradientNorm>,
): Dispatch<typeof gradientNorm> {
  return program.add(gpu.pipelines.get(gradientNorm), bindings, params, [1]);
}
