import { BellowsError } from "../errors.ts";
import type { Slice } from "../gpu/buffers.ts";
import type { ParamsOf } from "../gpu/kernel.ts";
import { type Dispatch, Program } from "../gpu/program.ts";
import { addAttentionDecode, addFillCache } from "../kernels/attention.ts";
import { addEmbedding } from "../kernels/embedding.ts";
import { NO_TOKEN } from "../kernels/logprob.ts";
import {
  addMatmulNt,
  addMatmulNtResidual,
  addMatmulNtRmsnorm,
  addMatmulNtSwiglu,
  type LinearShape,
} from "../kernels/matmul.ts";
import { addRopeDecode } from "../kernels/rope.ts";
import { addCompact, addDraw, type sampleCompact, type sampleDraw } from "../kernels/sample.ts";
import { seedKey } from "../random.ts";
import type { Activations } from "./activations.ts";
import type { AdaptedMatrix } from "./adapters.ts";
import type { BatchBuffers, PackedBatch } from "./batch.ts";
import { headLayout, logitStride } from "./config.ts";
import {
  checkRequest,
  type Decoded,
  type DecodeRequest,
  type DecoderCapacity,
  DecodeState,
} from "./decode-state.ts";
import { addPrefill, type ModelContext, type Policy } from "./forward.ts";
import { type LayerRanges, qkvFloats } from "./parameters.ts";
import { weightVariant } from "./weights.ts";

/** Positions that go into one submit: bounds the memory of a command buffer. */
const POSITIONS_PER_SUBMIT = 128;

/**
 * Batched sampling with a key-value cache. The device drives itself: it samples, notices ends, compacts the sequences
 * that are still alive; the host encodes all positions ahead and reads back once.
 */
export class Decoder {
  readonly capacity: DecoderCapacity;
  readonly endToken: number;
  readonly #model: ModelContext;
  readonly #batch: BatchBuffers;
  readonly #state: DecodeState;
  readonly #prefix: { readonly begin: Slice; readonly length: Slice };
  readonly #position: Program;
  readonly #prefill: Program;
  readonly #fill: Program;
  readonly #draw: Dispatch<typeof sampleDraw>;
  readonly #drawParams: ParamsOf<typeof sampleDraw>;
  readonly #compact: Dispatch<typeof sampleCompact>;

  /** `batch` and `acts` are those of a training pass: prefilling is a forward pass over the packed prompts. */
  constructor(
    model: ModelContext,
    policy: Policy,
    batch: BatchBuffers,
    acts: Activations,
    capacity: DecoderCapacity,
    endToken: number,
  ) {
    const { gpu, config } = model;
    const { sequences, promptTokens, responseTokens } = capacity;
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
    this.#state = new DecodeState(gpu, capacity);
    const { extent, sequence, clock, alive, drawn, length } = this.#state;

    const floats = (label: string, perSequence: number) =>
      gpu.buffers.storage(`decode ${label}`, sequences * perSequence * 4);
    const layout = headLayout(config);
    const cacheFloats = positions * 2 * layout.keyHeads * layout.headDim;
    const caches = Array.from({ length: config.num_hidden_layers }, (_, l) =>
      floats(`cache ${l}`, cacheFloats),
    );
    const logits = floats("logits", logitStride(config));

    this.#position = new Program(gpu, "decode position");
    addLayers(this.#position, model, policy, this.#state, acts.rotary, caches, positions, logits, floats);
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
    const draw = { logits, sequence, random_id: this.#state.randomId, clock, drawn, length, alive, extent };
    this.#draw = addDraw(this.#position, gpu, draw, this.#drawParams);
    const { current, position, promptLength: prompt_length } = this.#state;
    const compact = { alive, drawn, prompt_length, sequence, current, position, clock, state: extent };
    this.#compact = addCompact(this.#position, gpu, compact, { sequences, capacity: responseTokens });

    this.#prefill = new Program(gpu, "prefill");
    addPrefill(this.#prefill, model, policy, batch, acts);
    this.#prefix = { begin: floats("prefix begin", 1), length: floats("prefix length", 1) };
    this.#fill = new Program(gpu, "fill cache");
    for (const [l, cache] of caches.entries()) {
      const fill = { qkv: acts.layers[l]!.qkv, ...this.#prefix, cache, extent };
      addFillCache(this.#fill, gpu, fill, layout, positions, Math.max(1, promptTokens - 1));
    }
  }

  /** Dispatches per position. */
  get length(): number {
    return this.#position.length;
  }

  /**
   * Samples a response for every sequence of the request.
   * @throws BellowsError `limit-exceeded` where it does not fit the capacity, `numerics-failed` where a log-prob is not
   * finite.
   */
  async decode(request: DecodeRequest): Promise<Decoded> {
    checkRequest(request, this.capacity);
    const { device } = this.#model.gpu;
    const count = request.promptOf.length;
    this.#state.start(request);
    this.#setParams(request);
    this.#prefillPrompts(request);
    for (let begin = 0; begin < request.cap; begin += POSITIONS_PER_SUBMIT) {
      const encoder = device.createCommandEncoder({ label: "decode" });
      const pass = encoder.beginComputePass({ label: "decode" });
      const end = Math.min(begin + POSITIONS_PER_SUBMIT, request.cap);
      for (let position = begin; position < end; position++) this.#position.encodeInto(pass, count);
      pass.end();
      if (end === request.cap) this.#state.encodeReadback(encoder);
      device.queue.submit([encoder.finish()]);
    }
    return this.#state.read(count);
  }

  #setParams({ promptOf, cap, temperature, seed, step, stream }: DecodeRequest): void {
    const [seed_low, seed_high] = seedKey(seed);
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
    this.#compact.setParams({ sequences: promptOf.length, capacity: this.capacity.responseTokens });
  }

  /** Fills the cache with all but the last token of each prompt, as many prompts at a time as fit in the pass. */
  #prefillPrompts({ prompts, promptOf }: DecodeRequest): void {
    const { device } = this.#model.gpu;
    const prefixes = prompts.map((prompt) => prompt.slice(0, -1));
    for (let first = 0; first < prefixes.length; ) {
      const starts: number[] = [];
      let rows = 0;
      let next = first;
      while (next < prefixes.length && rows + prefixes[next]!.length <= this.#batch.capacity) {
        starts.push(rows);
        rows += prefixes[next]!.length;
        next += 1;
      }
      if (next === first) {
        const tokens = prefixes[first]!.length + 1;
        throw new BellowsError(
          "limit-exceeded",
          `a prompt of ${tokens} tokens; a pass holds ${this.#batch.capacity}`,
          {
            field: "train.microBatchTokens",
          },
        );
      }
      if (rows > 0) {
        this.#batch.write(packPrefixes(prefixes.slice(first, next)), false);
        const inChunk = (index: number) => index >= first && index < next;
        const begin = Uint32Array.from(promptOf, (index) => (inChunk(index) ? starts[index - first]! : 0));
        const length = Uint32Array.from(promptOf, (index) => (inChunk(index) ? prefixes[index]!.length : 0));
        device.queue.writeBuffer(this.#prefix.begin.buffer, 0, begin);
        device.queue.writeBuffer(this.#prefix.length.buffer, 0, length);
        const encoder = device.createCommandEncoder({ label: "prefill" });
        this.#prefill.encode(encoder, rows);
        this.#fill.encode(encoder, promptOf.length);
        device.queue.submit([encoder.finish()]);
      }
      first = next;
    }
  }
}

/**
 * One position of every live sequence, from its newest token to logits. The normalisations and SwiGLU are fused into the
 * matmuls behind them; they do the arithmetic of the training pass in the same order, so the bits agree with it.
 */
function addLayers(
  program: Program,
  model: ModelContext,
  policy: Policy,
  { extent, sequence, current, position }: DecodeState,
  rotary: Slice,
  caches: readonly Slice[],
  positions: number,
  logits: Slice,
  floats: (label: string, perSequence: number) => Slice,
): void {
  const { gpu, config, table, adapters } = model;
  const { weights } = policy;
  const C = config.hidden_size;
  const F = config.intermediate_size;
  const heads = config.num_attention_heads * config.head_dim;
  const layout = headLayout(config);
  const { decodeMatmul } = model.variants;
  const matmul = weightVariant(weights, decodeMatmul);
  const eps = config.rms_norm_eps;
  const x = floats("residual before attention", C);
  const middle = floats("residual before MLP", C);
  const qkv = floats("qkv", qkvFloats(config));
  const attention = floats("attention", heads);
  const gateUp = floats("gate and up", 2 * F);
  const low = adapters && floats("adapters", adapters.widestLow);
  // The matmul that SwiGLU is fused into adds a residual; A has none.
  const nothing = adapters && floats("no residual", adapters.widestLow);

  addEmbedding(
    program,
    gpu,
    { token: current, weight: weights.bind(table.embedding), out: x, extent },
    C,
    weights.format,
  );
  for (const [l, ranges] of table.layers.entries()) {
    const bind = (name: Exclude<keyof LayerRanges, "qkvBias">) => weights.bind(ranges[name]);
    const bias = ranges.qkvBias && weights.bind(ranges.qkvBias);
    const cache = caches[l]!;
    /** The adapters of a matmul that was just appended, with the same function. */
    const adapt = (
      matrix: AdaptedMatrix,
      out: Slice,
      addLow: (low: Slice, weight: Slice, shape: LinearShape) => void,
    ) =>
      adapters?.passes.addAdapters(
        program,
        model,
        policy,
        { layer: l, matrix },
        { low, out, extent },
        addLow,
      );
    const input = { inp: x, norm_weight: bind("inputNorm"), weight: bind("qkvWeight"), out: qkv, extent };
    addMatmulNtRmsnorm(program, gpu, matmul, input, { outputs: qkvFloats(config), inputs: C }, eps);
    adapt("qkvWeight", qkv, (out, weight, shape) =>
      addMatmulNtRmsnorm(program, gpu, decodeMatmul, { ...input, weight, out }, shape, eps),
    );
    const rope = { qkv, bias, sequence, position, rotary, cache, extent };
    addRopeDecode(program, gpu, rope, layout, positions);
    const attend = { qkv, sequence, position, cache, out: attention, extent };
    addAttentionDecode(program, gpu, attend, layout, positions);
    const output = { inp: attention, weight: bind("outputWeight"), residual: x, out: middle, extent };
    addMatmulNtResidual(program, gpu, matmul, output, { outputs: C, inputs: heads });
    adapt("outputWeight", middle, (out, weight, shape) =>
      addMatmulNt(program, gpu, decodeMatmul, { inp: attention, weight, out, extent }, shape),
    );
    const mlp = {
      inp: middle,
      norm_weight: bind("postNorm"),
      weight: bind("gateUpWeight"),
      out: gateUp,
      extent,
    };
    addMatmulNtRmsnorm(program, gpu, matmul, mlp, { outputs: 2 * F, inputs: C }, eps);
    adapt("gateUpWeight", gateUp, (out, weight, shape) =>
      addMatmulNtRmsnorm(program, gpu, decodeMatmul, { ...mlp, weight, out }, shape, eps),
    );
    const down = { inp: gateUp, weight: bind("downWeight"), residual: middle, out: x, extent };
    addMatmulNtSwiglu(program, gpu, matmul, down, { outputs: C, inputs: F });
    adapt("downWeight", x, (out, weight, shape) =>
      addMatmulNtSwiglu(program, gpu, decodeMatmul, { ...down, residual: nothing!, weight, out }, shape),
    );
  }
  const head = {
    norm_weight: weights.bind(table.finalNorm),
    weight: weights.bind(table.head),
  };
  const shape = { outputs: config.vocab_size, inputs: C };
  addMatmulNtRmsnorm(program, gpu, matmul, { inp: x, ...head, out: logits, extent }, shape, eps);
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
