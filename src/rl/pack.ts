import { NO_TOKEN } from "../kernels/logprob.ts";
import type { PackedBatch } from "../model/batch.ts";

/** A prompt with its response, as a loss sees it. */
export interface TrainingSequence {
  readonly prompt: ArrayLike<number>;
  /** At least one token. */
  readonly response: ArrayLike<number>;
  /** What the loss needs to know of each response token: [response, floats per token]. */
  readonly lossInput: Float32Array;
}

/** Rows that a sequence takes: every token but the last is an input. */
export function packedLength(sequence: TrainingSequence): number {
  return sequence.prompt.length + sequence.response.length - 1;
}

/**
 * Splits sequences, in order, into micro-batches of at most `maxTokens` rows. The loss does not depend on the split: its
 * normaliser is in the weights of the tokens.
 */
export function splitIntoMicroBatches<S extends TrainingSequence>(
  sequences: readonly S[],
  maxTokens: number,
): S[][] {
  return splitTogether(
    sequences.map((sequence) => [sequence]),
    maxTokens,
  );
}

/** The same for sequences whose loss is one, e.g. the two of a pair: a set stays together. */
export function splitTogether<S extends TrainingSequence>(
  sets: readonly (readonly S[])[],
  maxTokens: number,
): S[][] {
  const batches: S[][] = [];
  let rows = Number.POSITIVE_INFINITY;
  for (const set of sets) {
    const length = set.reduce((sum, sequence) => sum + packedLength(sequence), 0);
    if (rows + length > maxTokens) {
      batches.push([]);
      rows = 0;
    }
    batches.at(-1)!.push(...set);
    rows += length;
  }
  return batches;
}

/**
 * Packs sequences end to end. Row i of a sequence holds its token i; its target is token i + 1 where that belongs to the
 * response. The end token is a target like any other; nothing follows it.
 */
export function pack(sequences: readonly TrainingSequence[]): PackedBatch {
  const floats = sequences[0]!.lossInput.length / sequences[0]!.response.length;
  const lengths = sequences.map(packedLength);
  const rows = lengths.reduce((sum, length) => sum + length, 0);
  const token = new Uint32Array(rows);
  const position = new Uint32Array(rows);
  const target = new Uint32Array(rows).fill(NO_TOKEN);
  const lossInput = new Float32Array(rows * floats);
  let begin = 0;
  for (const [index, { prompt, response, lossInput: input }] of sequences.entries()) {
    const length = lengths[index]!;
    token.set(prompt, begin);
    token.set(Array.prototype.slice.call(response, 0, -1), begin + prompt.length);
    for (let i = 0; i < length; i++) position[begin + i] = i;
    const first = begin + prompt.length - 1; // the row that predicts the first response token
    target.set(response, first);
    lossInput.set(input, first * floats);
    begin += length;
  }
  return { token, position, target, lengths, lossInput };
}
