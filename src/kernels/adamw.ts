import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import type { ParamsOf } from "../gpu/kernel.ts";
import type { Dispatch, Program } from "../gpu/program.ts";
import { partialsOf } from "./gradient.ts";
import { shader } from "./sources.ts";

export const adamwStep = {
  id: "adamw/step",
  code: shader("adamw/step"),
  bindings: {
    gradient: "read",
    norm_and_scale: "read",
    weight: "read_write",
    first_moment: "read_write",
    second_moment: "read_write",
    partial_squares: "read_write",
  },
  params: {
    total4: "u32",
    rate: "f32",
    blend1: "f32",
    blend2: "f32",
    eps: "f32",
    decay: "f32",
    correction1: "f32",
    correction2: "f32",
  },
} as const;

/** One AdamW update of a chunk of the parameters, and the partial sums of squares of what it changed. */
export function addAdamw(
  program: Program,
  gpu: Gpu,
  bindings: {
    gradient: Slice;
    norm_and_scale: Slice;
    weight: Slice;
    first_moment: Slice;
    second_moment: Slice;
    partial_squares: Slice;
  },
  params: ParamsOf<typeof adamwStep>,
): Dispatch<typeof adamwStep> {
  const kernel = gpu.pipelines.get(adamwStep);
  return program.add(kernel, bindings, params, [partialsOf(params.total4 * 4)]);
}
