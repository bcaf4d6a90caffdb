import { BellowsError } from "../errors.ts";
import { OFFSET_ALIGNMENT, type Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { ceilDiv } from "../gpu/kernel.ts";
import { Readback } from "../gpu/readback.ts";
import { DRAWN_WORDS } from "../kernels/sample.ts";

/** How many sequences a decoder holds at once, and how long they may get. */
export interface DecoderCapacity {
  readonly sequences: number;
  readonly promptTokens: number;
  readonly responseTokens: number;
}

/** What to sample. */
export interface DecodeRequest {
  /** Distinct prompts; each is prefilled once, however many sequences share it. At least one token each. */
  readonly prompts: readonly (readonly number[])[];
  /** For each sequence, the index of its prompt. */
  readonly promptOf: Uint32Array;
  /**
   * For each sequence, the number that names it to the random generator: with the same seed, step and stream, the
   * same number gives the same response, whatever else is in the batch.
   */
  readonly randomId: Uint32Array;
  /** Response tokens that a sequence may use, its end token included. */
  readonly cap: number;
  /** 0 takes the likeliest token each time. */
  readonly temperature: number;
  readonly seed: number;
  readonly stream: number;
  /** Below 2³². */
  readonly step: number;
}

/** Sampled responses. */
export interface Decoded {
  /** Tokens of each response, with the end token where it was drawn. */
  readonly tokens: readonly Uint32Array[];
  /** Log-prob of each token under softmax(logits / temperature), in nats. */
  readonly logprobs: readonly Float32Array[];
  /** Entropy of the distribution that each token was drawn from, in nats. */
  readonly entropies: readonly Float32Array[];
}

/** @throws BellowsError `limit-exceeded` where a request does not fit. */
export function checkRequest(request: DecodeRequest, capacity: DecoderCapacity): void {
  const lengths = request.prompts.map((prompt) => prompt.length);
  const bounds = [
    ["sequences", request.promptOf.length, capacity.sequences],
    ["prompt tokens", Math.min(...lengths), capacity.promptTokens],
    ["prompt tokens", Math.max(...lengths), capacity.promptTokens],
    ["response tokens", request.cap, capacity.responseTokens],
  ] as const;
  for (const [what, value, most] of bounds) {
    if (value >= 1 && value <= most) continue;
    throw new BellowsError(
      "limit-exceeded",
      `a decode request of ${value} ${what}; this decoder holds 1 to ${most}`,
    );
  }
}

/**
 * Where the sequences of a decode stand, on the GPU: written at its start, advanced by the kernels, read back at its
 * end. All [sequences] unless it says otherwise; of those marked [rows] the live sequences fill the first part.
 */
export class DecodeState {
  /** [rows] Which sequence a row is. */
  readonly sequence: Slice;
  /** [rows] Its newest token. */
  readonly current: Slice;
  /** [rows] Where that token stands. */
  readonly position: Slice;
  readonly randomId: Slice;
  readonly promptLength: Slice;
  readonly alive: Slice;
  /** [1] Response tokens that were drawn. */
  readonly clock: Slice;
  readonly extent: Slice;
  /** [sequences, response tokens] of token, log-prob, entropy. */
  readonly drawn: Slice;
  /** Lengths of the responses. */
  readonly length: Slice;
  readonly #gpu: Gpu;
  readonly #capacity: DecoderCapacity;
  readonly #result: Slice;
  readonly #readback: Readback;

  constructor(gpu: Gpu, capacity: DecoderCapacity) {
    this.#gpu = gpu;
    this.#capacity = capacity;
    const { sequences, responseTokens } = capacity;
    const words = (label: string) => gpu.buffers.storage(`decode ${label}`, sequences * 4);
    this.sequence = words("sequence");
    this.current = words("current token");
    this.position = words("position");
    this.randomId = words("random id");
    this.promptLength = words("prompt length");
    this.alive = words("alive");
    this.clock = gpu.buffers.storage("decode clock", 4);
    this.extent = gpu.buffers.uniform("decode extent", 16);
    // One buffer, so that one copy and one map read everything back.
    const drawnBytes = sequences * responseTokens * DRAWN_WORDS * 4;
    const lengthAt = ceilDiv(drawnBytes, OFFSET_ALIGNMENT) * OFFSET_ALIGNMENT;
    this.#result = gpu.buffers.storage("decode result", lengthAt + sequences * 4);
    this.drawn = { buffer: this.#result.buffer, offset: 0, size: drawnBytes };
    this.length = { buffer: this.#result.buffer, offset: lengthAt, size: sequences * 4 };
    this.#readback = new Readback(gpu, "decode result", this.#result.size);
  }

  /** Every sequence starts with the last token of its prompt, which gives the first response token. */
  start({ prompts, promptOf, randomId }: DecodeRequest): void {
    const { queue } = this.#gpu.device;
    const count = promptOf.length;
    const put = (slice: Slice, data: Uint32Array<ArrayBuffer>) =>
      queue.writeBuffer(slice.buffer, slice.offset, data);
    const ofPrompt = (value: (prompt: readonly number[]) => number) =>
      Uint32Array.from(promptOf, (index) => value(prompts[index]!));
    put(
      this.sequence,
      Uint32Array.from({ length: count }, (_, i) => i),
    );
    put(
      this.current,
      ofPrompt((prompt) => prompt.at(-1)!),
    );
    put(
      this.position,
      ofPrompt((prompt) => prompt.length - 1),
    );
    put(
      this.promptLength,
      ofPrompt((prompt) => prompt.length),
    );
    put(this.randomId, Uint32Array.from(randomId));
    put(this.alive, new Uint32Array(count).fill(1));
    put(this.clock, Uint32Array.of(0));
    put(this.extent, Uint32Array.of(count, 0, 0, 0));
  }

  /** Encodes the copy that {@link read} waits for. */
  encodeReadback(encoder: GPUCommandEncoder): void {
    this.#readback.encode(encoder, this.#result);
  }

  /**
   * The responses of `count` sequences.
   * @throws BellowsError `numerics-failed` where a log-prob is not finite, `validation` where the GPU returned nonsense.
   */
  async read(count: number): Promise<Decoded> {
    const bytes = await this.#readback.read();
    const words = new Uint32Array(bytes);
    const floats = new Float32Array(bytes);
    const tokens: Uint32Array[] = [];
    const logprobs: Float32Array[] = [];
    const entropies: Float32Array[] = [];
    for (const [sequence, length] of new Uint32Array(bytes, this.length.offset, count).entries()) {
      this.#checkLength(length);
      const at = sequence * this.#capacity.responseTokens * DRAWN_WORDS;
      tokens.push(Uint32Array.from({ length }, (_, i) => words[at + i * DRAWN_WORDS]!));
      logprobs.push(Float32Array.from({ length }, (_, i) => floats[at + i * DRAWN_WORDS + 1]!));
      entropies.push(Float32Array.from({ length }, (_, i) => floats[at + i * DRAWN_WORDS + 2]!));
    }
    checkFinite(logprobs);
    return { tokens, logprobs, entropies };
  }

  /** Before anything of that size is allocated: a device that computes wrongly may say anything. */
  #checkLength(length: number): void {
    const { responseTokens } = this.#capacity;
    if (length <= responseTokens) return;
    throw new BellowsError(
      "validation",
      `the GPU returned a response of ${length} tokens, where there is room for ${responseTokens}`,
      { hint: "The driver computes wrongly; please report it with the output of `npm run doctor`." },
    );
  }
}

function checkFinite(logprobs: readonly Float32Array[]): void {
  for (const [sequence, values] of logprobs.entries()) {
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad < 0) continue;
    throw new BellowsError(
      "numerics-failed",
      `the log-prob of token ${bad} of sequence ${sequence} is ${values[bad]}: the weights have diverged`,
      { hint: "Lower the learning rate, or go on from an earlier checkpoint." },
    );
  }
}
