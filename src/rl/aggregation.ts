import { invalid } from "../errors.ts";

/**
 * How the losses of tokens become one number. With l_it the loss of token t of response i, |o_i| its tokens,
 * B the number of responses and N = Σ_i |o_i|:
 *
 * - `token-mean`: Σ_i Σ_t l_it / N; every token counts the same (DAPO 2503.14476 §3.3; verl's default, TRL's
 *   `dapo`).
 * - `seq-mean-token-mean`: Σ_i (Σ_t l_it / |o_i|) / B; every response counts the same, so a token of a long
 *   one counts less (GRPO as printed in DeepSeekMath 2402.03300 §4.1 and in SIRI).
 * - `seq-mean-token-sum-norm`: Σ_i Σ_t l_it / (B · L_max); Dr. GRPO (2503.20783), TRL's `dr_grpo`. verl's
 *   mode of this name divides by the length alone, so it is B times ours and grows with the batch (verl issue
 *   #3741).
 * - `seq-mean-token-sum`: Σ_i Σ_t l_it / B.
 */
export const AGGREGATIONS = [
  "token-mean",
  "seq-mean-token-mean",
  "seq-mean-token-sum-norm",
  "seq-mean-token-sum",
] as const;

export type Aggregation = (typeof AGGREGATIONS)[number];

/** What aggregation needs to know of a response. */
export interface SequenceExtent {
  /** Tokens that count for the loss. */
  readonly length: number;
  /** Left out of the loss as a whole, e.g. a truncated response under overlong filtering. */
  readonly masked: boolean;
}

/**
 * The weight w_i of each token of response i, such that the loss is Σ_i w_i Σ_t l_it.
 *
 * Call it with the whole mini-batch, before any split into micro-batches: weights carry the normaliser, so
 * the gradient does not depend on the split. Masked responses have weight 0 and are in no count. Responses of
 * groups with equal rewards are not masked: their gradient is 0 and may be skipped, yet their tokens belong
 * to the denominators.
 *
 * @param lmax the constant L_max of the run for `seq-mean-token-sum-norm`, never the moving L(t), which would
 * scale the gradient along; the other modes do not read it
 * @returns [B]; all 0 where nothing counts
 * @throws BellowsError `input-invalid` for a length that is not whole, or a bad L_max where it is read.
 */
export function tokenWeights(
  sequences: readonly SequenceExtent[],
  aggregation: Aggregation,
  lmax: number,
): Float64Array {
  for (const { length } of sequences) {
    if (!(Number.isSafeInteger(length) && length >= 0)) {
      throw invalid("input-invalid", "length", length, "a whole number of tokens");
    }
  }
  if (aggregation === "seq-mean-token-sum-norm" && !(Number.isFinite(lmax) && lmax > 0)) {
    throw invalid("input-invalid", "lmax", lmax, "a positive number of tokens");
  }
  const counting = sequences.filter(counts);
  const tokens = counting.reduce((sum, { length }) => sum + length, 0);
  const weight = ({ length }: SequenceExtent) => {
    switch (aggregation) {
      case "token-mean":
        return 1 / tokens;
      case "seq-mean-token-mean":
        return 1 / (counting.length * length);
      case "seq-mean-token-sum-norm":
        return 1 / (counting.length * lmax);
      case "seq-mean-token-sum":
        return 1 / counting.length;
    }
  };
  return Float64Array.from(sequences, (sequence) => (counts(sequence) ? weight(sequence) : 0));
}

function counts({ length, masked }: SequenceExtent): boolean {
  return !masked && length > 0;
}
