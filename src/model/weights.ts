import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { ceilDiv } from "../gpu/kernel.ts";
import { readOnce } from "../gpu/readback.ts";
import type { MatmulVariant, WeightVariant } from "../kernels/matmul.ts";
import { bindRange, type ParameterTable, type Range } from "./parameters.ts";

/** Formats of matrices on the GPU. Vectors (norm weights, biases) and all arithmetic are F32 with either. */
export const WEIGHT_FORMATS = ["f32", "f16"] as const;
export type WeightFormat = (typeof WEIGHT_FORMATS)[number];

/** All parameters of a model, as kernels bind them. */
export interface Weights {
  readonly format: WeightFormat;
  /** A range of the {@link ParameterTable}. */
  bind(range: Range): Slice;
}

/** Weights that a model owns. */
export interface OwnWeights extends Weights {
  /** Everything in the layout of the {@link ParameterTable}, which can be trained; absent in another format. */
  readonly flat: Slice | undefined;
  /** Replaces everything. @param flat in the layout of the {@link ParameterTable}. */
  write(flat: Float32Array<ArrayBuffer>): void;
  /** What is there, in that layout. */
  read(): Promise<Float32Array<ArrayBuffer>>;
}

/** Makes the weights of a model on a device. */
export type WeightStore = (gpu: Gpu, table: ParameterTable) => OwnWeights;

/** Weights of which everything is F32, in one flat buffer. */
export function flatWeights(flat: Slice): Weights {
  return { format: "f32", bind: (range) => bindRange(flat, range) };
}

/** The store of {@link flatWeights}. */
export const flatStore: WeightStore = (gpu, table) => {
  const flat = gpu.buffers.storage("weights", table.totalFloats * 4);
  return {
    ...flatWeights(flat),
    flat,
    write: (values) => writeFlat(gpu, flat, values),
    read: () => readFlat(gpu, flat),
  };
};

/** The variant of a matmul with these weights: of halves there is but one. */
export function weightVariant({ format }: Weights, variant: MatmulVariant): WeightVariant {
  return format === "f16" ? "half" : variant;
}

/** Numbers that go to the GPU or come from it at once: what is staged for them is memory beside the buffer itself. */
const PIECE = 2 ** 24;

/** Cuts so many numbers into pieces. */
export function pieces(count: number): Range[] {
  return Array.from({ length: ceilDiv(count, PIECE) }, (_, i) => {
    return { offset: i * PIECE, size: Math.min(PIECE, count - i * PIECE) };
  });
}

/** Writes floats to a buffer, piece by piece. */
export function writeFlat({ device }: Gpu, { buffer }: Slice, values: Float32Array<ArrayBuffer>): void {
  for (const { offset, size } of pieces(values.length)) {
    device.queue.writeBuffer(buffer, offset * 4, values, offset, size);
  }
}

/** Reads a buffer of floats, piece by piece. */
export async function readFlat(gpu: Gpu, slice: Slice): Promise<Float32Array<ArrayBuffer>> {
  const flat = new Float32Array(slice.size / 4);
  for (const piece of pieces(flat.length)) {
    flat.set(new Float32Array(await readOnce(gpu, bindRange(slice, piece))), piece.offset);
  }
  return flat;
}
