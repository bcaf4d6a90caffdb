import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { ceilDiv, foldGrid } from "../gpu/kernel.ts";
import type { Program } from "../gpu/program.ts";
import { shader } from "./sources.ts";

const PARAMS = {
  rank4: "u32",
  columns4: "u32",
  low_stride4: "u32",
  low_offset4: "u32",
  out_stride4: "u32",
  out_offset4: "u32",
  scale: "f32",
} as const;

export const loraForward = {
  id: "lora/forward",
  code: shader("lora/forward"),
  bindings: { low: "read", weight: "read", out: "read_write", extent: "uniform" },
  params: PARAMS,
} as const;

export const loraBackwardLow = {
  id: "lora/backward_low",
  code: shader("lora/backward_low"),
  bindings: { dout: "read", weight: "read", dlow: "read_write", extent: "uniform" },
  params: PARAMS,
} as const;

export const loraBackwardWeight = {
  id: "lora/backward_weight",
  code: shader("lora/backward_weight"),
  bindings: { dout: "read", low: "read", dweight: "read_write", extent: "uniform" },
  params: { ...PARAMS, slabs: "u32", slab_stride4: "u32" },
} as const;

export const loraBackwardInput = {
  id: "lora/backward_input",
  code: shader("lora/backward_input"),
  bindings: { dout: "read", weight: "read", dinp: "read_write", extent: "uniform" },
  params: { inner: "u32", columns4: "u32", dout_stride4: "u32" },
} as const;

/** Some columns of the rows of a buffer. In floats, all multiples of 4. */
export interface Columns {
  /** Floats from one row to the next. */
  readonly stride: number;
  /** First of the columns. */
  readonly offset: number;
  readonly count: number;
}

/** Shape of `out += scale · low · weightᵀ`; the weight is [out.count, low.count]. */
export interface LoraShape {
  readonly low: Columns;
  readonly out: Columns;
  /** α / r. */
  readonly scale: number;
}

function paramsOf({ low, out, scale }: LoraShape) {
  return {
    rank4: low.count / 4,
    columns4: out.count / 4,
    low_stride4: low.stride / 4,
    low_offset4: low.offset / 4,
    out_stride4: out.stride / 4,
    out_offset4: out.offset / 4,
    scale,
  };
}

/** `out += scale · low · weightᵀ`: the second half of a LoRA adapter, B; the first, `low = inp · Aᵀ`, is a matmul like any other. */
export function addLora(
  program: Program,
  gpu: Gpu,
  bindings: { low: Slice; weight: Slice; out: Slice; extent: Slice },
  shape: LoraShape,
): void {
  const across = ceilDiv(shape.out.count, 64);
  const kernel = gpu.pipelines.get(loraForward);
  program.add(kernel, bindings, paramsOf(shape), (rows) => [across, ceilDiv(rows, 32)]);
}

/** `dlow = scale · dout · weight`. */
export function addLoraBackwardLow(
  program: Program,
  gpu: Gpu,
  bindings: { dout: Slice; weight: Slice; dlow: Slice; extent: Slice },
  shape: LoraShape,
): void {
  const kernel = gpu.pipelines.get(loraBackwardLow);
  program.add(kernel, bindings, paramsOf(shape), (rows) =>
    foldGrid(ceilDiv((ceilDiv(rows, 4) * shape.low.count) / 4, 64)),
  );
}

/** `dweight (+)= scale · doutᵀ · low`, each slab over its own chunk of rows. Slab stride in floats. */
export function addLoraBackwardWeight(
  program: Program,
  gpu: Gpu,
  bindings: { dout: Slice; low: Slice; dweight: Slice; extent: Slice },
  shape: LoraShape,
  slabs: { count: number; stride: number },
): void {
  const params = { ...paramsOf(shape), slabs: slabs.count, slab_stride4: slabs.stride / 4 };
  const groups = ceilDiv((shape.out.count * shape.low.count) / 16, 64);
  program.add(gpu.pipelines.get(loraBackwardWeight), bindings, params, [groups, 1, slabs.count]);
}

/** `dinp += dout · weight` with the weight [rank, inputs]: A, or several of them one below the other. */
export function addLoraBackwardInput(
  program: Program,
  gpu: Gpu,
  bindings: { dout: Slice; weight: Slice; dinp: Slice; extent: Slice },
  { rank, inputs }: { rank: number; inputs: number },
): void {
  const across = ceilDiv(inputs, 64);
  const params = { inner: rank, columns4: inputs / 4, dout_stride4: rank / 4 };
  const kernel = gpu.pipelines.get(loraBackwardInput);
  program.add(kernel, bindings, params, (rows) => [across, ceilDiv(rows, 32)]);
}
