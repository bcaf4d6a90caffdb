import type { Slice } from "../gpu/buffers.ts";
import { subslice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { partialsOf } from "../kernels/gradient.ts";
import type { ParameterLayout, Range } from "./parameters.ts";

/** Slabs of every vector: chunks of rows whose sums are kept apart until gradient/reduce adds them. */
export const VECTOR_SLABS = 128;

/** Most tokens of a micro-batch: rmsnorm/backward keeps 256 rows of a slab in workgroup memory. */
export const MAX_BATCH_TOKENS = VECTOR_SLABS * 256;

const MAX_MATRIX_SLABS = 16;
const MATRIX_SLAB_FLOATS = 2 ** 24;

/**
 * Most parameters that the optimizer takes in one dispatch: 128 MiB of floats, which every device binds. It is the same on
 * all of them, since it decides in which order the norm of the gradient is summed.
 */
export const CHUNK_FLOATS = 2 ** 25;

/** Slabs of every matrix: many for a small model, whose few tiles would leave a GPU idle; one for a large model. */
export function matrixSlabs(table: ParameterLayout): number {
  return Math.max(1, Math.min(MAX_MATRIX_SLABS, Math.floor(MATRIX_SLAB_FLOATS / table.matrixFloats)));
}

/** A range of the flat parameters that the optimizer takes in one dispatch. */
export interface Chunk extends Range {
  /** Where its partial sums of squares lie among those of all chunks. In floats. */
  readonly partials: Range;
}

/** Cuts all parameters into chunks. Without a remainder all have as many partial sums, so these lie end to end. */
function chunksOf(totalFloats: number, chunkFloats: number): Chunk[] {
  const chunks: Chunk[] = [];
  let partials = 0;
  for (let offset = 0; offset < totalFloats; offset += chunkFloats) {
    const size = Math.min(chunkFloats, totalFloats - offset);
    chunks.push({ offset, size, partials: { offset: partials, size: partialsOf(size) } });
    partials += partialsOf(size);
  }
  return chunks;
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
  readonly chunks: readonly Chunk[];
  /** Partial sums of squares of all chunks. */
  readonly partials: number;
  readonly #table: ParameterLayout;

  /** @param chunkFloats a multiple of 16 384, so that every chunk's partial sums begin where a binding may. */
  constructor(gpu: Gpu, table: ParameterLayout, chunkFloats = CHUNK_FLOATS) {
    this.#table = table;
    this.matrices = { count: matrixSlabs(table), stride: table.matrixFloats };
    this.vectors = { count: VECTOR_SLABS, stride: table.totalFloats - table.matrixFloats };
    this.chunks = chunksOf(table.totalFloats, chunkFloats);
    this.partials = this.chunks.reduce((sum, { partials }) => sum + partials.size, 0);
    const floats = (label: string, count: number) => gpu.buffers.storage(label, count * 4);
    this.matrixSlab = floats("matrix gradient slabs", this.matrices.count * this.matrices.stride);
    this.vectorSlab = floats("vector gradient slabs", this.vectors.count * this.vectors.stride);
    this.total = floats("gradient", table.totalFloats);
    this.partialSquares = floats("gradient squares", this.partials);
    this.normAndScale = floats("gradient norm", 2);
  }

  /** The slabs of a matrix, from its first element in the first slab to its last in the last. */
  ofMatrix(range: Range): Slice {
    return slabsOf(this.matrixSlab, this.matrices, range);
  }

  /** The slabs of a vector, likewise. */
  ofVector(range: Range): Slice {
    return slabsOf(this.vectorSlab, this.vectors, {
      offset: range.offset - this.#table.matrixFloats,
      size: range.size,
    });
  }

  /** What a chunk has of matrices and of vectors; an empty range where it has none. Vectors count from the first. */
  partsOf({ offset, size }: Chunk): { matrices: Range; vectors: Range } {
    const { matrixFloats } = this.#table;
    const matrices = Math.max(0, Math.min(matrixFloats - offset, size));
    return {
      matrices: { offset: matrices > 0 ? offset : 0, size: matrices },
      vectors: { offset: Math.max(0, offset - matrixFloats), size: size - matrices },
    };
  }
}

/** The slabs of a range, as kernels bind them. An empty range still binds something, of which nothing is read. */
export function slabsOf(
  slab: Slice,
  { count, stride }: { readonly count: number; readonly stride: number },
  { offset, size }: Range,
): Slice {
  return subslice(slab, offset * 4, ((count - 1) * stride + Math.max(size, 4)) * 4);
}
