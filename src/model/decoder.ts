import { BellowsError } from "../errors.ts";
import { OFFSET_ALIGNMENT, type Slice } from "../gpu/buffers.ts";
import { ceilDiv, type ParamsOf } from "../gpu/kernel.ts";
import { type Dispatch, Program } from "../gpu/program.ts";
import { Readback } from "../gpu/readback.ts";
import { addAttentionDecode, addFillCache } from "../kernels/attention.ts";
import { addEmbedding } from "../kernels/embedding.ts";
import { NO_TOKEN } from "../kernels/logprob.ts";
import { addMatmulNtResidual, addMatmulNtRmsnorm, addMatmulNtSwiglu } from "../kernels/matmul.ts";
import { addRopeDecode } from "../kernels/rope.ts";
import { addCompact, addDraw, DRAWN_WORDS, type sampleCompact, type sampleDraw } from "../kernels/sample.ts";
import { seedKey } from "../random.ts";
import type { Activations } from "./activations.ts";
import type { BatchBuffers, PackedBatch } from "./batch.ts";
import { headLayout, logitStride } from "./config.ts";
import { addPrefill, type ModelContext } from "./forward.ts";
import { bindRange, qkvFloats } from "./parameters.ts";

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
   * For each sequence, the number that names it to the random generator: with the same seed, step and stream, the same
   * number gives the same response, whatever else is in the batch.
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

/** Positions that go into one submit: bounds the memory of a command buffer. */
const POSITIONS_PER_SUBMIT = 128;

/**
 * Batched sampling with a key-value cache. The device drives itself: it samples, notices ends, compacts the
 * sequences that are still alive; the host encodes all positions ahead and reads back once.
 */
export class Decoder {
  readonly capacity: DecoderCapacity;
  readonly endToken: number;
  readonly #model: ModelContext;
  readonly #batch: BatchBuffers;
  readonly #position: Program;
  readonly #prefill: Program;
  readonly #fill: Program;
  readonly #draw: Dispatch<typeof sampleDraw>;
  readonly #compact: Dispatch<typeof sampleCompact>;
  readonly #drawParams: ParamsOf<typeof sampleDraw>;
  readonly #buffers: Record<"sequence" | "current" | "position" | "randomId" | "promptLength", Slice>;
  readonly #clock: Slice;
  readonly #extent: Slice;
  readonly #prefix: { readonly begin: Slice; readonly length: Slice };
  readonly #alive: Slice;
  /** Drawn tokens, then lengths: read back together. */
  readonly #result: Slice;
  readonly #lengthOffset: number;
  readonly #readback: Readback;

  /** `batch` and `acts` are those of a training pass: prefilling is a forward pass over the packed prompts. */
  constructor(
    model: ModelContext,
    weights: Slice,
    batch: BatchBuffers,
    acts: Activations,
    capacity: DecoderCapacity,
    endToken: number,
  ) {
    const { gpu, config, table, variants } = model;
    const { sequences: B, promptTokens, responseTokens } = capacity;
    const positions = promptTokens + responseTokens;
    if (positions > config.max_position_embeddings) {
      throw new BellowsError(
        "config-invalid",
        `prompts of ${promptTokens} and responses of ${responseTokens} tokens do not fit in ` +
          `model.max_position_embeddings, which is ${config.max_position_embeddings}`,
        { field: "model.max_position_embeddings" },
      );
    }
    this.capacity = capacity;
    this.endToken = endToken;
    this.#model = model;
    this.#batch = batch;

    const C = config.hidden_size;
    const F = config.intermediate_size;
    const heads = config.num_attention_heads * config.head_dim;
    const layout = headLayout(config);
    const words = (label: string, perSequence: number) =>
      gpu.buffers.storage(`decode ${label}`, B * perSequence * 4);
    this.#buffers = {
      sequence: words("sequence", 1),
      current: words("current token", 1),
      position: words("position", 1),
      randomId: words("random id", 1),
      promptLength: words("prompt length", 1),
    };
    this.#prefix = { begin: words("prefix begin", 1), length: words("prefix length", 1) };
    this.#alive = words("alive", 1);
    this.#clock = gpu.buffers.storage("decode clock", 4);
    this.#extent = gpu.buffers.uniform("decode extent", 16);
    const drawnBytes = B * responseTokens * DRAWN_WORDS * 4;
    this.#lengthOffset = ceilDiv(drawnBytes, OFFSET_ALIGNMENT) * OFFSET_ALIGNMENT;
    this.#result = gpu.buffers.storage("decode result", this.#lengthOffset + B * 4);
    const drawn = { buffer: this.#result.buffer, offset: 0, size: drawnBytes };
    const length = { buffer: this.#result.buffer, offset: this.#lengthOffset, size: B * 4 };
    this.#readback = new Readback(gpu, "decode result", this.#result.size);

    const cacheStep = 2 * layout.keyHeads * layout.headDim;
    const caches = table.layers.map((_, l) => words(`cache of layer ${l}`, positions * cacheStep));
    const x = words("residual before attention", C);
    const middle = words("residual before MLP", C);
    const qkv = words("qkv", qkvFloats(config));
    const attention = words("attention", heads);
    const gateUp = words("gate and up", 2 * F);
    const logits = words("logits", logitStride(config));
    const extent = this.#extent;
    const { sequence, current, position, randomId, promptLength } = this.#buffers;

    this.#position = new Program(gpu, "decode position");
    const p = this.#position;
    const matmul = variants.decodeMatmul;
    const eps = config.rms_norm_eps;
    addEmbedding(p, gpu, { token: current, weight: bindRange(weights, table.embedding), out: x, extent }, C);
    for (const [l, ranges] of table.layers.entries()) {
      const bind = (name: keyof typeof ranges) => bindRange(weights, ranges[name]);
      const inputNorm = {
        inp: x,
        norm_weight: bind("inputNorm"),
        weight: bind("qkvWeight"),
        out: qkv,
        extent,
      };
      addMatmulNtRmsnorm(p, gpu, matmul, inputNorm, { outputs: qkvFloats(config), inputs: C }, eps);
      const cache = caches[l]!;
      const rope = { qkv, bias: bind("qkvBias"), sequence, position, rotary: acts.rotary, cache, extent };
      addRopeDecode(p, gpu, rope, layout, positions);
      addAttentionDecode(
        p,
        gpu,
        { qkv, sequence, position, cache, out: attention, extent },
        layout,
        positions,
      );
      const output = { inp: attention, weight: bind("outputWeight"), residual: x, out: middle, extent };
      addMatmulNtResidual(p, gpu, matmul, output, { outputs: C, inputs: heads });
      const postNorm = {
        inp: middle,
        norm_weight: bind("postNorm"),
        weight: bind("gateUpWeight"),
        out: gateUp,
        extent,
      };
      addMatmulNtRmsnorm(p, gpu, matmul, postNorm, { outputs: 2 * F, inputs: C }, eps);
      const down = { inp: gateUp, weight: bind("downWeight"), residual: middle, out: x, extent };
      addMatmulNtSwiglu(p, gpu, matmul, down, { outputs: C, inputs: F });
    }
    const head = {
      norm_weight: bindRange(weights, table.finalNorm),
      weight: bindRange(weights, table.embedding),
    };
    const headShape = { outputs: config.vocab_size, inputs: C };
    addMatmulNtRmsnorm(p, gpu, matmul, { inp: x, ...head, out: logits, extent }, headShape, eps);
    this.#drawParams = {
      vocabulary: config.vocab_size,
      stride: logitStride(config),
      excluded: model.excludedToken,
      inverse_temperature: 1,
      capacity: responseTokens,
      cap: responseTokens,
      end_token: endToken,
      greedy: 0,
      seed_low: 0,
      seed_high: 0,
      step: 0,
      stream: 0,
    };
    this.#draw = addDraw(
      p,
      gpu,
      {
        logits,
        sequence,
        random_id: randomId,
        clock: this.#clock,
        drawn,
        length,
        alive: this.#alive,
        extent,
      },
      this.#drawParams,
    );
    this.#compact = addCompact(
      p,
      gpu,
      {
        alive: this.#alive,
        drawn,
        prompt_length: promptLength,
        sequence,
        current,
        position,
        clock: this.#clock,
        state: extent,
      },
      { sequences: B, capacity: responseTokens },
    );

    this.#prefill = new Program(gpu, "prefill");
    addPrefill(this.#prefill, model, weights, batch, acts);
    this.#fill = new Program(gpu, "fill cache");
    for (const [l, cache] of caches.entries()) {
      const bindings = { qkv: acts.layers[l]!.qkv, ...this.#prefix, cache, extent };
      addFillCache(this.#fill, gpu, bindings, layout, positions, Math.max(1, promptTokens - 1));
    }
  }

  /** Dispatches per position. */
  get length(): number {
    return this.#position.length;
  }

  /**
   * Samples a response for every sequence of the request, at most `capacity.sequences` of them.
   * @throws BellowsError `numerics-failed` where a log-prob is not finite.
   */
  async decode(request: DecodeRequest): Promise<Decoded> {
    this.#check(request);
    const { gpu } = this.#model;
    const { device } = gpu;
    const count = request.promptOf.length;
    this.#start(request);
    this.#prefillPrompts(request);

    for (let begin = 0; begin < request.cap; begin += POSITIONS_PER_SUBMIT) {
      const encoder = device.createCommandEncoder({ label: "decode" });
      const pass = encoder.beginComputePass({ label: "decode" });
      const end = Math.min(begin + POSITIONS_PER_SUBMIT, request.cap);
      for (let position = begin; position < end; position++) this.#position.encodeInto(pass, count);
      pass.end();
      if (end === request.cap) this.#readback.encode(encoder, this.#result);
      device.queue.submit([encoder.finish()]);
    }
    return this.#unpack(await this.#readback.read(), request);
  }

  #check(request: DecodeRequest): void {
    const { sequences, promptTokens, responseTokens } = this.capacity;
    const longest = Math.max(...request.prompts.map((prompt) => prompt.length));
    const bounds = [
      ["sequences", request.promptOf.length, sequences],
      ["prompt tokens", longest, promptTokens],
      ["response tokens", request.cap, responseTokens],
    ] as const;
    for (const [what, value, most] of bounds) {
      if (value >= 1 && value <= most) continue;
      throw new BellowsError(
        "limit-exceeded",
        `a decode request of ${value} ${what}; this decoder holds 1 to ${most}`,
      );
    }
  }

  /** Every sequence starts with the last token of its prompt, which gives the first response token. */
  #start(request: DecodeRequest): void {
    const { queue } = this.#model.gpu.device;
    const { prompts, promptOf, randomId, cap, temperature } = request;
    const count = promptOf.length;
    const put = (slice: Slice, data: Uint32Array<ArrayBuffer>) =>
      queue.writeBuffer(slice.buffer, slice.offset, data);
    const ofPrompt = (value: (prompt: readonly number[]) => number) =>
      promptOf.map((index) => value(prompts[index]!)).slice();
    put(
      this.#buffers.sequence,
      Uint32Array.from({ length: count }, (_, i) => i),
    );
    put(
      this.#buffers.current,
      ofPrompt((prompt) => prompt.at(-1)!),
    );
    put(
      this.#buffers.position,
      ofPrompt((prompt) => prompt.length - 1),
    );
    put(
      this.#buffers.promptLength,
      ofPrompt((prompt) => prompt.length),
    );
    put(this.#buffers.randomId, Uint32Array.from(randomId));
    put(this.#alive, new Uint32Array(count).fill(1));
    put(this.#clock, Uint32Array.of(0));
    put(this.#extent, Uint32Array.of(count, 0, 0, 0));
    const [seed_low, seed_high] = seedKey(request.seed);
    const { step, stream } = request;
    this.#draw.setParams({
      ...this.#drawParams,
      cap,
      inverse_temperature: temperature > 0 ? 1 / temperature : 1,
      greedy: Number(temperature === 0),
      seed_low,
      seed_high,
      step,
      stream,
    });
    this.#compact.setParams({ sequences: count, capacity: this.capacity.responseTokens });
  }

  /** Fills the cache with everything but the last token of each prompt, as many prompts at a time as fit in the pass. */
  #prefillPrompts(request: DecodeRequest): void {
    const { device } = this.#model.gpu;
    const prefixes = request.prompts.map((prompt) => prompt.slice(0, -1));
    for (let first = 0; first < prefixes.length; ) {
      let rows = 0;
      let next = first;
      const starts: number[] = [];
      while (next < prefixes.length && rows + prefixes[next]!.length <= this.#batch.capacity) {
        starts.push(rows);
        rows += prefixes[next]!.length;
        next += 1;
      }
      if (next === first) {
        throw new BellowsError(
          "limit-exceeded",
          `a prompt of ${prefixes[first]!.length + 1} tokens; a pass holds ${this.#batch.capacity}`,
          {
            field: "train.microBatchTokens",
          },
        );
      }
      if (rows > 0) {
        this.#batch.write(packPrefixes(prefixes.slice(first, next)), false);
        const inChunk = (index: number) => index >= first && index < next;
        const begin = request.promptOf.map((index) => (inChunk(index) ? starts[index - first]! : 0));
        const length = request.promptOf.map((index) => (inChunk(index) ? prefixes[index]!.length : 0));
        device.queue.writeBuffer(this.#prefix.begin.buffer, 0, begin.slice());
        device.queue.writeBuffer(this.#prefix.length.buffer, 0, length.slice());
        const encoder = device.createCommandEncoder({ label: "prefill" });
        this.#prefill.encode(encoder, rows);
        this.#fill.encode(encoder, request.promptOf.length);
        device.queue.submit([encoder.finish()]);
      }
      first = next;
    }
  }

  #unpack(bytes: ArrayBuffer, request: DecodeRequest): Decoded {
    const count = request.promptOf.length;
    const { responseTokens } = this.capacity;
    const words = new Uint32Array(bytes);
    const floats = new Float32Array(bytes);
    const lengths = new Uint32Array(bytes, this.#lengthOffset, count);
    const tokens: Uint32Array[] = [];
    const logprobs: Float32Array[] = [];
    const entropies: Float32Array[] = [];
    for (const [sequence, length] of lengths.entries()) {
      const at = sequence * responseTokens * DRAWN_WORDS;
      tokens.push(Uint32Array.from({ length }, (_, i) => words[at + i * DRAWN_WORDS]!));
      logprobs.push(Float32Array.from({ length }, (_, i) => floats[at + i * DRAWN_WORDS + 1]!));
      entropies.push(Float32Array.from({ length }, (_, i) => floats[at + i * DRAWN_WORDS + 2]!));
      const bad = logprobs[sequence]!.findIndex((value) => !Number.isFinite(value));
      if (bad < 0) continue;
      throw new BellowsError(
        "numerics-failed",
        `the log-prob of token ${bad} of sequence ${sequence} is ${logprobs[sequence]![bad]}: the weights have diverged`,
        { hint: "Lower the learning rate, or go on from an earlier checkpoint." },
      );
    }
    return { tokens, logprobs, entropies };
  }
}

function packPrefixes(prefixes: readonly (readonly number[])[]): PackedBatch {
  const present = prefixes.filter((prefix) => prefix.length > 0);
  const token = Uint32Array.from(present.flat());
  return {
    token,
    position: Uint32Array.from(present.flatMap((prefix) => [...prefix.keys()])),
    target: new Uint32Array(token.length).fill(NO_TOKEN),
    lengths: present.map((prefix) => prefix.length),
    lossInput: new Float32Array(token.length),
  };
}
