import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { STATISTICS_FLOATS } from "../kernels/loss.ts";
import { rotaryTable } from "../kernels/rope.ts";
import type { AdaptedMatrix } from "./adapters.ts";
import { logitStride, type ModelConfig } from "./config.ts";
import type { ModelContext } from "./forward.ts";
import { qkvFloats } from "./parameters.ts";

/** What one layer keeps from its forward pass for its backward pass. All [rows, …]. */
export interface LayerActivations {
  /** Residual stream before the layer. */
  readonly inp: Slice;
  readonly inputNorm: Slice;
  readonly inputNormScale: Slice;
  /** Rotated queries, rotated keys, values. */
  readonly qkv: Slice;
  readonly attention: Slice;
  readonly lse: Slice;
  /** Residual stream between attention and MLP. */
  readonly middle: Slice;
  readonly postNorm: Slice;
  readonly postNormScale: Slice;
  readonly gateUp: Slice;
  readonly hidden: Slice;
  /** What adapters make of their input, A x, for each matmul that has any. */
  readonly low: Readonly<Partial<Record<AdaptedMatrix, Slice>>>;
}

/** Every buffer of a forward and backward pass over at most `capacity` packed tokens. */
export class Activations {
  readonly layers: readonly LayerActivations[];
  /** Residual stream after the last layer. */
  readonly last: Slice;
  readonly finalNorm: Slice;
  readonly finalNormScale: Slice;
  /** Logits, then their gradient. */
  readonly logits: Slice;
  readonly logprob: Slice;
  readonly logSumExp: Slice;
  readonly entropy: Slice;
  /** A row for each workgroup of the loss, of which the most are sequences of one token. */
  readonly statistics: Slice;
  readonly rotary: Slice;
  /** Gradients that live only within the backward pass, reused from layer to layer. */
  readonly gradient: {
    readonly logprob: Slice;
    readonly entropy: Slice;
    readonly residual: Slice;
    readonly norm: Slice;
    readonly qkv: Slice;
    readonly attention: Slice;
    readonly delta: Slice;
    readonly gateUp: Slice;
    readonly hidden: Slice;
    readonly low: Slice | undefined;
  };

  constructor({ gpu, config, adapters }: ModelContext, capacity: number) {
    const C = config.hidden_size;
    const F = config.intermediate_size;
    const H = config.num_attention_heads;
    const heads = H * config.head_dim;
    const qkv = qkvFloats(config);
    const rows = (label: string, floats: number) => gpu.buffers.storage(label, capacity * floats * 4);
    const streams = Array.from({ length: config.num_hidden_layers + 1 }, (_, l) => rows(`residual ${l}`, C));
    this.last = streams.at(-1)!;
    this.layers = streams.slice(0, -1).map((inp, l) => ({
      inp,
      inputNorm: rows(`layer ${l} input norm`, C),
      inputNormScale: rows(`layer ${l} input norm scale`, 1),
      qkv: rows(`layer ${l} qkv`, qkv),
      attention: rows(`layer ${l} attention`, heads),
      lse: rows(`layer ${l} attention lse`, H),
      middle: rows(`layer ${l} middle`, C),
      postNorm: rows(`layer ${l} post norm`, C),
      postNormScale: rows(`layer ${l} post norm scale`, 1),
      gateUp: rows(`layer ${l} gate and up`, 2 * F),
      hidden: rows(`layer ${l} hidden`, F),
      low: Object.fromEntries(
        Object.entries(adapters?.layers[l] ?? {}).map(([matrix, { low }]) => [
          matrix,
          rows(`layer ${l} adapters of ${matrix}`, low),
        ]),
      ),
    }));
    this.finalNorm = rows("final norm", C);
    this.finalNormScale = rows("final norm scale", 1);
    this.logits = rows("logits", logitStride(config));
    this.logprob = rows("logprob", 1);
    this.logSumExp = rows("log-sum-exp", 1);
    this.entropy = rows("entropy", 1);
    this.statistics = rows("loss statistics", STATISTICS_FLOATS);
    this.rotary = rotaryBuffer(gpu, config);
    this.gradient = {
      logprob: rows("d logprob", 1),
      entropy: rows("d entropy", 1),
      residual: rows("d residual", C),
      norm: rows("d norm", C),
      qkv: rows("d qkv", qkv),
      attention: rows("d attention", heads),
      delta: rows("attention delta", H),
      gateUp: rows("d gate and up", 2 * F),
      hidden: rows("d hidden", F),
      low: adapters && rows("d adapters", adapters.widestLow),
    };
  }
}

function rotaryBuffer(gpu: Gpu, config: ModelConfig): Slice {
  const { max_position_embeddings: positions, head_dim, rope_theta, rope_scaling } = config;
  // The buffer first: it refuses what a checkpoint may claim beyond all bounds.
  const slice = gpu.buffers.storage("rotary table", positions * head_dim * 4);
  const table = rotaryTable(positions, head_dim, rope_theta, rope_scaling);
  gpu.device.queue.writeBuffer(slice.buffer, 0, table);
  return slice;
}
