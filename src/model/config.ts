import { invalid } from "../errors.ts";
import { MAX_HEAD_DIM } from "../kernels/attention.ts";
import type { HeadLayout, RopeScaling } from "../kernels/rope.ts";

export type { RopeScaling };

// Dimensions, everywhere in bellows:
//   B  sequences            C  hidden_size              H  num_attention_heads
//   T  packed tokens, rows  F  intermediate_size        K  num_key_value_heads
//   L  layers               V  vocab_size               D  head_dim

/**
 * Shape of a Qwen2 or Llama model, in the names of Hugging Face's `config.json`: pre-RMSNorm, rotary positions,
 * grouped-query attention, SwiGLU. The two architectures differ in `attention_bias` alone.
 */
export interface ModelConfig {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  readonly max_position_embeddings: number;
  readonly rms_norm_eps: number;
  readonly rope_theta: number;
  /** How the rotary frequencies differ from those of `rope_theta`; null: not at all. */
  readonly rope_scaling: RopeScaling | null;
  /** Whether queries, keys and values have a bias: they do in Qwen2, not in Llama. */
  readonly attention_bias: boolean;
  /** Whether the token embedding is the head too; else `lm_head.weight` is a parameter of its own. */
  readonly tie_word_embeddings: boolean;
}

/** What bellows trains where no checkpoint says otherwise. */
export const DEFAULT_ARCHITECTURE = {
  rope_scaling: null,
  attention_bias: true,
  tie_word_embeddings: true,
} as const;

export function headLayout(config: ModelConfig): HeadLayout {
  return {
    heads: config.num_attention_heads,
    keyHeads: config.num_key_value_heads,
    headDim: config.head_dim,
  };
}

/** Floats from one row of logits to the next: vec4 stores want a multiple of four. */
export function logitStride(config: ModelConfig): number {
  return Math.ceil(config.vocab_size / 4) * 4;
}

/**
 * Checks that the kernels can run this shape.
 * @throws BellowsError `config-invalid` naming the field, its value and what would be right.
 */
export function checkModelConfig(config: ModelConfig): void {
  const integers = [
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "max_position_embeddings",
  ] as const;
  for (const field of integers) {
    if (!Number.isSafeInteger(config[field]) || config[field] < 1) {
      fail(field, config[field], "a positive whole number");
    }
  }
  for (const field of ["rms_norm_eps", "rope_theta"] as const) {
    if (!(Number.isFinite(config[field]) && config[field] > 0))
      fail(field, config[field], "a positive number");
  }
  if (config.rope_scaling !== null) checkScaling(config.rope_scaling);
  if (config.vocab_size < 2) fail("vocab_size", config.vocab_size, "at least 2");
  for (const field of ["hidden_size", "intermediate_size"] as const) {
    if (config[field] % 4 !== 0) fail(field, config[field], "a multiple of 4");
  }
  const { head_dim, num_attention_heads, num_key_value_heads } = config;
  if (head_dim % 8 !== 0 || head_dim > MAX_HEAD_DIM) {
    fail("head_dim", head_dim, `a multiple of 8, at most ${MAX_HEAD_DIM}`);
  }
  if (num_attention_heads % num_key_value_heads !== 0) {
    fail(
      "num_key_value_heads",
      num_key_value_heads,
      `a divisor of num_attention_heads (${num_attention_heads})`,
    );
  }
}

function checkScaling(scaling: RopeScaling): void {
  const { rope_type: _, ...numbers } = scaling;
  for (const [name, value] of Object.entries(numbers)) {
    if (!(Number.isFinite(value) && value > 0)) fail(`rope_scaling.${name}`, value, "a positive number");
  }
  if (scaling.factor < 1) fail("rope_scaling.factor", scaling.factor, "at least 1");
  if (scaling.rope_type === "llama3" && scaling.high_freq_factor <= scaling.low_freq_factor) {
    const right = `more than low_freq_factor (${scaling.low_freq_factor})`;
    fail("rope_scaling.high_freq_factor", scaling.high_freq_factor, right);
  }
}

function fail(field: keyof ModelConfig | `rope_scaling.${string}`, value: unknown, right: string): never {
  throw invalid("config-invalid", `model.${field}`, value, right);
}
