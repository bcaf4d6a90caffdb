import { BellowsError } from "../errors.ts";
import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { attentionTiles } from "../kernels/attention.ts";
import { tokenRuns } from "../kernels/embedding.ts";
import { LOSS_TOKEN_FLOATS } from "../kernels/loss.ts";

/** Sequences packed end to end without padding. All arrays [rows]. */
export interface PackedBatch {
  readonly token: Uint32Array;
  /** Position of each token in its own sequence. */
  readonly position: Uint32Array;
  /** The token that follows, where it counts for the loss; else NO_TOKEN. */
  readonly target: Uint32Array;
  /** Lengths of the sequences, in packing order. */
  readonly lengths: readonly number[];
  /**
   * What the loss needs to know of each token: [rows] weights for cross-entropy, or [rows, 4] (weight, advantage,
   * old log-prob, reference log-prob) for the others. A loss of whole sequences takes weight and advantage of the last row.
   */
  readonly lossInput: Float32Array;
}

/** The GPU side of a micro-batch: made once for a capacity, written for each micro-batch. */
export class BatchBuffers {
  readonly capacity: number;
  readonly token: Slice;
  readonly position: Slice;
  readonly target: Slice;
  readonly lossInput: Slice;
  readonly tile: Slice;
  readonly order: Slice;
  readonly runToken: Slice;
  readonly runBegin: Slice;
  /** Where each sequence begins, and the number of rows at the end. */
  readonly sequenceBegin: Slice;
  readonly extent: Slice;
  readonly #gpu: Gpu;
  readonly #vocabulary: number;
  readonly #tileRows: number;
  #tiles = 0;
  #sequences = 0;

  constructor(gpu: Gpu, capacity: number, vocabulary: number, tileRows: number) {
    this.#gpu = gpu;
    this.#vocabulary = vocabulary;
    this.#tileRows = tileRows;
    this.capacity = capacity;
    const rows = (label: string, words: number) =>
      gpu.buffers.storage(`batch ${label}`, capacity * words * 4);
    this.token = rows("token", 1);
    this.position = rows("position", 1);
    this.target = rows("target", 1);
    this.lossInput = rows("loss input", LOSS_TOKEN_FLOATS);
    this.tile = rows("tile", 4);
    this.order = rows("order", 1);
    this.runToken = rows("run token", 1);
    this.runBegin = gpu.buffers.storage("batch run begin", (capacity + 1) * 4);
    this.sequenceBegin = gpu.buffers.storage("batch sequence begin", (capacity + 1) * 4);
    this.extent = gpu.buffers.uniform("batch extent", 16);
  }

  /** Attention tiles of the batch in hand, for the grids of the attention kernels. */
  get tiles(): number {
    return this.#tiles;
  }

  /** Sequences of the batch in hand, for the grids of losses that take whole sequences. */
  get sequences(): number {
    return this.#sequences;
  }

  /**
   * Sends a batch to the GPU. With `accumulate`, its gradients will add to those of the batch before.
   * @throws BellowsError `limit-exceeded` where the batch is larger than the capacity.
   */
  write(batch: PackedBatch, accumulate: boolean): void {
    const rows = batch.token.length;
    if (rows > this.capacity || rows === 0) {
      throw new BellowsError(
        "limit-exceeded",
        `a micro-batch of ${rows} tokens; this pass holds 1 to ${this.capacity}`,
        {
          field: "train.microBatchTokens",
        },
      );
    }
    const { queue } = this.#gpu.device;
    const runs = tokenRuns(batch.token, this.#vocabulary);
    const tiles = attentionTiles(batch.lengths, this.#tileRows);
    this.#tiles = tiles.length / 4;
    this.#sequences = batch.lengths.length;
    const put = (slice: Slice, data: Uint32Array | Float32Array) =>
      queue.writeBuffer(slice.buffer, slice.offset, data.buffer, data.byteOffset, data.byteLength);
    put(this.token, batch.token);
    put(this.position, batch.position);
    put(this.target, batch.target);
    put(this.lossInput, batch.lossInput);
    put(this.tile, tiles);
    put(this.order, runs.order);
    put(this.runToken, runs.token);
    put(this.runBegin, runs.begin);
    put(this.sequenceBegin, sequenceBegins(batch.lengths));
    put(this.extent, Uint32Array.of(rows, this.#tiles, runs.token.length, Number(accumulate)));
  }
}

/** Where sequences that lie end to end begin, and the end of the last; [sequences + 1]. */
export function sequenceBegins(lengths: readonly number[]): Uint32Array {
  const begins = new Uint32Array(lengths.length + 1);
  for (const [index, length] of lengths.entries()) begins[index + 1] = begins[index]! + length;
  return begins;
}
