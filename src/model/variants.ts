import type { AttentionVariant } from "../kernels/attention.ts";
import type { MatmulVariant } from "../kernels/matmul.ts";

/** Which variant of a kernel to run, where there are several. All give the same bits. */
export interface Variants {
  /** Matmuls over the many rows of a training batch. */
  readonly matmul: MatmulVariant;
  /** Matmuls over the few rows of a decode position. */
  readonly decodeMatmul: MatmulVariant;
  readonly attention: AttentionVariant;
}
