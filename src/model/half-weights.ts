import { BellowsError } from "../errors.ts";
import { type Slice, subslice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { ceilDiv } from "../gpu/kernel.ts";
import { readOnce } from "../gpu/readback.ts";
import { fromHalf, LARGEST_HALF, toHalves } from "./half.ts";
import { bindRange, type ParameterTable, type Range } from "./parameters.ts";
import { type OwnWeights, pieces, type WeightStore } from "./weights.ts";

/** A binding may start at every so many halves. */
const HALF_ALIGNMENT = 128;

/** Weights whose matrices are in half precision, which takes half the memory. They can be read, not trained. */
class HalfWeights implements OwnWeights {
  readonly format = "f16";
  readonly flat = undefined;
  readonly #gpu: Gpu;
  readonly #table: ParameterTable;
  /** Matrices by where they begin in the table, and where they begin here, in halves. */
  readonly #places = new Map<number, { readonly range: Range; readonly begin: number }>();
  readonly #matrices: Slice;
  readonly #vectors: Slice;

  /** @throws BellowsError `config-invalid` where the device has no `shader-f16`. */
  constructor(gpu: Gpu, table: ParameterTable) {
    if (!gpu.has("shader-f16")) {
      throw new BellowsError(
        "config-invalid",
        "train.weights is f16; it must be f32, as this device has no shader-f16",
        { field: "train.weights", hint: "`npm run doctor` says what the device offers." },
      );
    }
    this.#gpu = gpu;
    this.#table = table;
    let halves = 0;
    for (const range of matrixRanges(table)) {
      this.#places.set(range.offset, { range, begin: halves });
      halves += ceilDiv(range.size, HALF_ALIGNMENT) * HALF_ALIGNMENT;
    }
    this.#matrices = gpu.buffers.storage("matrices in half precision", halves * 2);
    this.#vectors = gpu.buffers.storage("vectors", (table.totalFloats - table.matrixFloats) * 4);
  }

  bind({ offset, size }: Range): Slice {
    const place = this.#places.get(offset);
    if (place !== undefined) return subslice(this.#matrices, place.begin * 2, size * 2);
    return bindRange(this.#vectors, { offset: offset - this.#table.matrixFloats, size });
  }

  /**
   * Replaces everything, elements of matrices by the nearest half.
   * @param flat in the layout of the {@link ParameterTable}.
   * @throws BellowsError `checkpoint-invalid` naming a tensor with a value that is beyond every half.
   */
  write(flat: Float32Array<ArrayBuffer>): void {
    const { queue } = this.#gpu.device;
    for (const { range, begin } of this.#places.values()) {
      for (const { offset, size } of pieces(range.size)) {
        const first = range.offset + offset;
        const values = flat.subarray(first, first + size);
        const beyond = values.findIndex((value) => Math.abs(value) > LARGEST_HALF);
        if (beyond >= 0) this.#refuse(first + beyond, values[beyond]!);
        queue.writeBuffer(this.#matrices.buffer, (begin + offset) * 2, toHalves(values));
      }
    }
    queue.writeBuffer(this.#vectors.buffer, 0, flat.subarray(this.#table.matrixFloats));
  }

  /** What was written, with matrices as they were rounded. In the layout of the {@link ParameterTable}. */
  async read(): Promise<Float32Array<ArrayBuffer>> {
    const flat = new Float32Array(this.#table.totalFloats);
    for (const { range, begin } of this.#places.values()) {
      for (const { offset, size } of pieces(range.size)) {
        const piece = subslice(this.#matrices, (begin + offset) * 2, size * 2);
        const halves = new Uint16Array(await readOnce(this.#gpu, piece));
        flat.set(Float32Array.from(halves, fromHalf), range.offset + offset);
      }
    }
    flat.set(new Float32Array(await readOnce(this.#gpu, this.#vectors)), this.#table.matrixFloats);
    return flat;
  }

  #refuse(at: number, value: number): never {
    const { name } = this.#table.parameters.findLast(({ offset }) => offset <= at)!;
    throw new BellowsError(
      "checkpoint-invalid",
      `${name} has an element ${value}; F16 ends at ${LARGEST_HALF}`,
      {
        field: name,
        hint: "Leave train.weights at f32 for this model.",
      },
    );
  }
}

/** Every matrix once; a tied head is the embedding. */
function matrixRanges({ embedding, layers, head }: ParameterTable): Range[] {
  const ranges = layers.flatMap(({ qkvWeight, outputWeight, gateUpWeight, downWeight }) => {
    return [qkvWeight, outputWeight, gateUpWeight, downWeight];
  });
  return [embedding, ...ranges, ...(head === embedding ? [] : [head])];
}

/** Makes weights in half precision. @throws BellowsError `config-invalid` where the device has no `shader-f16`. */
export const halfStore: WeightStore = (gpu, table) => new HalfWeights(gpu, table);
