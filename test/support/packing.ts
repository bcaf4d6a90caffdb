import { NO_TOKEN } from "../../src/kernels/logprob.ts";
import { sequenceBegins } from "../../src/model/batch.ts";

/** Responses laid end to end, each behind 0 to 3 rows of a prompt, as a loss of whole sequences gets them. */
export interface PackedResponses<T> {
  /** undefined in the rows of prompts, which have no target. */
  readonly rows: readonly (T | undefined)[];
  readonly target_token: Uint32Array;
  readonly sequence_begin: Uint32Array;
}

export function packResponses<T>(responses: readonly (readonly T[])[]): PackedResponses<T> {
  const sequences = responses.map((response, s): (T | undefined)[] => [
    ...Array<undefined>(s % 4).fill(undefined),
    ...response,
  ]);
  const rows = sequences.flat();
  return {
    rows,
    target_token: Uint32Array.from(rows, (row) => (row === undefined ? NO_TOKEN : 5)),
    sequence_begin: sequenceBegins(sequences.map((sequence) => sequence.length)),
  };
}

/** A column of the rows; what stands in a row without a target must not matter. */
export function columnOf<T>(rows: readonly (T | undefined)[], of: (token: T) => number): Float32Array {
  return Float32Array.from(rows, (row) => (row === undefined ? Number.NaN : of(row)));
}

/** The reference's values of the tokens, one after another, in the rows they belong to; 0 in the others. */
export function inRows<T>(rows: readonly (T | undefined)[], values: Float64Array): Float64Array {
  let next = 0;
  return Float64Array.from(rows, (row) => (row === undefined ? 0 : values[next++]!));
}
