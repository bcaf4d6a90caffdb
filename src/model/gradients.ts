import type { Slice } from "../gpu/buffers.ts";
import { subslice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { partialsOf } from "../kernels/gradient.ts";
import type { ParameterTable, Range } from "./parameters.ts";

/** Slabs of every vector: chunks of rows whose sums are kept apart until gradient/reduce adds them. */
export const VECTOR_SLABS = 128;

/** Most tokens of a micro-batch: rmsnorm/backward keeps 256 rows of a slab in workgroup memory. */
export const MAX_BATCH_TOKENS = VECTOR_SLABS * 256;

const MAX_MATRIX_SLABS = 16;
const MATRIX_SLAB_FLOATS = 2 ** 24;

/** Slabs of every matrix: many for a small model, whose few tiles would leave a GPU idle; one for a large model. */
export function matrixSlabs(table: ParameterTable): number {
  return Math.max(1, Math.min(MAX_MATRIX_SLABS, Math.floor(MATRIX_SLAB_FLOATS / table.matrixFloats)));
}

/** Where the gradients of all parameters are gathered, slab by slab, and then summed. */
export class Gradients {
  readonly matrixSlab: Slice;
  readonly vectorSlab: Slice;
  /** The sum, laid out like the parameters. */
  readonly total: Slice;
  readonly partialSquares: Slice;
  /** Global norm, and the factor that AdamW applies. */
  readonly normAndScale: Slice;
  readonly matrices: { readonly count: number; readonly stride: number };
  readonly vectors: { readonly count: number; readonly stride: number };
  readonly #table: ParameterTable;

  constructor(gpu: Gpu, table: ParameterTable) {
    this.#table = table;
    this.matrices = { count: matrixSlabs(table), stride: table.matrixFloats };
    this.vectors = { count: VECTOR_SLABS, stride: table.totalFloats - table.matrixFloats };
    const floats = (label: string, count: number) => gpu.buffers.storage(label, count * 4);
    this.matrixSlab = floats("matrix gradient slabs", this.matrices.count * this.matrices.stride);
    this.vectorSlab = floats("vector gradient slabs", this.vectors.count * this.vectors.stride);
    this.total = floats("gradient", table.totalFloats);
    this.partialSquares = floats("gradient squares", partialsOf(table.totalFloats));
    this.normAndScale = floats("gradient norm", 2);
  }

  /** The slabs of a matrix, from its first element in the first slab to its last in the last. */
  ofMatrix(range: Range): Slice {
    const span = (this.matrices.count - 1) * this.matrices.stride + range.size;
    return subslice(this.matrixSlab, range.offset * 4, span * 4);
  }

  /** The slabs of a vector, likewise. */
  ofVector(range: Range): Slice {
    const span = (this.vectors.count - 1) * this.vectors.stride + range.size;
    return subslice(this.vectorSlab, (range.offset - this.#table.matrixFloats) * 4, span * 4);
  }
}
