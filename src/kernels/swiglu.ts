import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { ceilDiv, foldGrid } from "../gpu/kernel.ts";
import type { Program } from "../gpu/program.ts";
import { shader } from "./sources.ts";

export const swigluForward = {
  id: "swiglu/forward",
  code: shader("swiglu/forward"),
  bindings: { inp: "read", out: "read_write", extent: "uniform" },
  params: { width4: "u32" },
} as const;

export const swigluBackward = {
  id: "swiglu/backward",
  code: shader("swiglu/backward"),
  bindings: { inp: "read", dout: "read", dinp: "read_write", extent: "uniform" },
  params: { width4: "u32" },
} as const;

/** `out = silu(gate) · up` with inp `[rows, 2 · width]`; `width` is a multiple of 4. */
export function addSwiglu(
  program: Program,
  gpu: Gpu,
  bindings: { inp: Slice; out: Slice; extent: Slice },
  width: number,
): void {
  const kernel = gpu.pipelines.get(swigluForward);
  program.add(kernel, bindings, { width4: width / 4 }, (rows) => foldGrid(ceilDiv((rows * width) / 4, 64)));
}

/** Gradient of {@link addSwiglu}. */
export function addSwigluBackward(
  program: Program,
  gpu: Gpu,
  bindings: { inp: Slice; dout: Slice; dinp: Slice; extent: Slice },
  width: number,
): void {
  const kernel = gpu.pipelines.get(swigluBackward);
  program.add(kernel, bindings, { width4: width / 4 }, (rows) => foldGrid(ceilDiv((rows * width) / 4, 64)));
}
