import { OFFSET_ALIGNMENT, type Slice, subslice } from "../gpu/buffers.ts";
import { ceilDiv } from "../gpu/kernel.ts";
import { qkvWidth } from "../kernels/rope.ts";
import { headLayout, type ModelConfig } from "./config.ts";

/** One tensor of the flat parameter buffer. Offsets and sizes in floats. */
export interface Parameter {
  /** Hugging Face's name. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/** A range of the flat buffer that kernels bind at once, e.g. the Q, K and V weights of a layer. In floats. */
export interface Range {
  readonly offset: number;
  readonly size: number;
}

export interface LayerRanges {
  readonly inputNorm: Range;
  /** q_proj, k_proj and v_proj weights, one below the other: [(H + 2K) D, C]. */
  readonly qkvWeight: Range;
  /** Absent where the architecture has no bias. */
  readonly qkvBias: Range | undefined;
  readonly outputWeight: Range;
  readonly postNorm: Range;
  /** gate_proj and up_proj weights, one below the other: [2F, C]. */
  readonly gateUpWeight: Range;
  readonly downWeight: Range;
}

/** How parameters that are trained lie in one flat buffer: matrices, then vectors. In floats, padding included. */
export interface ParameterLayout {
  readonly parameters: readonly Parameter[];
  /** Floats of all matrices; the vectors begin here. */
  readonly matrixFloats: number;
  readonly totalFloats: number;
  /** Number of parameters, without padding. */
  readonly count: number;
}

const ALIGNMENT = OFFSET_ALIGNMENT / 4;

/**
 * Where every parameter lies in one flat buffer: all matrices first, then all vectors (norm weights and
 * biases), because the two kinds have gradient slabs of different number (shaders/lib/slab.wgsl). Tensors
 * that a kernel reads together lie together, and each such range starts where a binding may start.
 */
export class ParameterTable implements ParameterLayout {
  readonly parameters: readonly Parameter[];
  readonly embedding: Range;
  /** The weight of the head: the embedding, where the two are tied. */
  readonly head: Range;
  readonly finalNorm: Range;
  readonly layers: readonly LayerRanges[];
  /** Floats of all matrices, padding included; the vectors begin here. */
  readonly matrixFloats: number;
  /** Floats of everything, padding included. */
  readonly totalFloats: number;
  /** Number of parameters, without padding. */
  readonly count: number;
  /** The largest range, with the names of its tensors. */
  readonly largest: Range & { readonly name: string };

  constructor(config: ModelConfig) {
    const { hidden_size: C, intermediate_size: F, vocab_size: V } = config;
    const { heads, keyHeads, headDim } = headLayout(config);
    const parameters: Parameter[] = [];
    let cursor = 0;
    let largest = { name: "", offset: 0, size: 0 };
    const range = (...tensors: readonly [name: string, ...shape: number[]][]): Range => {
      const offset = cursor;
      for (const [name, ...shape] of tensors) {
        const size = shape.reduce((product, n) => product * n, 1);
        parameters.push({ name, shape, offset: cursor, size });
        cursor += size;
      }
      const size = cursor - offset;
      if (size > largest.size) largest = { name: tensors.map(([name]) => name).join(" with "), offset, size };
      cursor = ceilDiv(cursor, ALIGNMENT) * ALIGNMENT;
      return { offset, size };
    };

    const layerNames = Array.from({ length: config.num_hidden_layers }, (_, i) => `model.layers.${i}`);
    this.embedding = range(["model.embed_tokens.weight", V, C]);
    const matrices = layerNames.map((layer) => ({
      qkvWeight: range(
        [`${layer}.self_attn.q_proj.weight`, heads * headDim, C],
        [`${layer}.self_attn.k_proj.weight`, keyHeads * headDim, C],
        [`${layer}.self_attn.v_proj.weight`, keyHeads * headDim, C],
      ),
      outputWeight: range([`${layer}.self_attn.o_proj.weight`, C, heads * headDim]),
      gateUpWeight: range([`${layer}.mlp.gate_proj.weight`, F, C], [`${layer}.mlp.up_proj.weight`, F, C]),
      downWeight: range([`${layer}.mlp.down_proj.weight`, C, F]),
    }));
    this.head = config.tie_word_embeddings ? this.embedding : range(["lm_head.weight", V, C]);
    this.matrixFloats = cursor;
    const vectors = layerNames.map((layer) => ({
      inputNorm: range([`${layer}.input_layernorm.weight`, C]),
      qkvBias: config.attention_bias
        ? range(
            [`${layer}.self_attn.q_proj.bias`, heads * headDim],
            [`${layer}.self_attn.k_proj.bias`, keyHeads * headDim],
            [`${layer}.self_attn.v_proj.bias`, keyHeads * headDim],
          )
        : undefined,
      postNorm: range([`${layer}.post_attention_layernorm.weight`, C]),
    }));
    this.finalNorm = range(["model.norm.weight", C]);
    this.totalFloats = cursor;
    this.largest = largest;
    this.parameters = parameters;
    this.layers = matrices.map((matrix, i) => ({ ...matrix, ...vectors[i]! }));
    this.count = parameters.reduce((sum, parameter) => sum + parameter.size, 0);
  }
}

/** Floats of one row of `qkv` in this model. */
export function qkvFloats(config: ModelConfig): number {
  return qkvWidth(headLayout(config));
}

/** A range of a flat parameter buffer, as kernels bind it. */
export function bindRange(flat: Slice, range: Range): Slice {
  return subslice(flat, range.offset * 4, range.size * 4);
}
