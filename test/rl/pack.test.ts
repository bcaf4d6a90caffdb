import { describe, expect, test } from "vitest";
import { NO_TOKEN } from "../../src/kernels/logprob.ts";
import { pack, splitIntoMicroBatches, splitTogether } from "../../src/rl/pack.ts";

/** A sequence that takes `rows` rows. */
function sequenceOf(rows: number) {
  return { prompt: [7], response: Array<number>(rows).fill(8), lossInput: new Float32Array(rows) };
}

const rowsOf = (batches: readonly (readonly { response: readonly number[] }[])[]) =>
  batches.map((batch) => batch.map(({ response }) => response.length));

describe("micro-batches", () => {
  test("are filled in order, up to and including the limit", () => {
    const sequences = [4, 6, 1, 9, 1, 1].map(sequenceOf);
    expect(rowsOf(splitIntoMicroBatches(sequences, 10))).toEqual([
      [4, 6],
      [1, 9],
      [1, 1],
    ]);
  });

  test("a sequence beyond the limit stands alone, for the pass to refuse", () => {
    expect(rowsOf(splitIntoMicroBatches([2, 11, 2].map(sequenceOf), 10))).toEqual([[2], [11], [2]]);
  });

  test("none of nothing", () => {
    expect(splitIntoMicroBatches([], 10)).toEqual([]);
  });

  test("hold whole sets", () => {
    const pairs = [
      [3, 3],
      [2, 2],
      [5, 5],
      [1, 4],
    ].map((pair) => pair.map(sequenceOf));
    expect(rowsOf(splitTogether(pairs, 10))).toEqual([
      [3, 3, 2, 2],
      [5, 5],
      [1, 4],
    ]);
  });
});

describe("pack", () => {
  test("lays sequences end to end; only response tokens are targets", () => {
    const packed = pack([
      { prompt: [5, 6], response: [7, 1], lossInput: Float32Array.of(0.1, 0.2) },
      { prompt: [8], response: [1], lossInput: Float32Array.of(0.3) },
    ]);
    expect({ ...packed, lossInput: [...packed.lossInput].map((x) => Number(x.toFixed(3))) }).toEqual({
      token: Uint32Array.of(5, 6, 7, 8),
      position: Uint32Array.of(0, 1, 2, 0),
      target: Uint32Array.of(NO_TOKEN, 7, 1, 1),
      lengths: [3, 1],
      lossInput: [0, 0.1, 0.2, 0.3],
    });
  });

  test("keeps the floats of a token together", () => {
    const { lossInput } = pack([
      { prompt: [5, 6], response: [7], lossInput: Float32Array.of(1, 2, 3, 4) },
      { prompt: [5], response: [7, 1], lossInput: Float32Array.of(5, 6, 7, 8, 9, 10, 11, 12) },
    ]);
    expect([...lossInput]).toEqual([0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });
});
