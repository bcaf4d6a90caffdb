import type { Gpu } from "../../src/gpu/device.ts";
import type { AdapterSettings } from "../../src/model/adapter-settings.ts";
import { AdapterTable } from "../../src/model/adapters.ts";
import { DEFAULT_ARCHITECTURE, type ModelConfig } from "../../src/model/config.ts";
import { halfStore } from "../../src/model/half-weights.ts";
import { initialParameters } from "../../src/model/init.ts";
import { Model, type ModelOptions } from "../../src/model/model.ts";
import { defaultVariants, type Variants } from "../../src/model/variants.ts";
import type { WeightFormat } from "../../src/model/weights.ts";

/** Shapes that differ in what could go wrong: head sizes, grouping, vocabularies of 1, 8 and 64 lanes a row, architecture. */
export const MODEL_SHAPES: Record<string, ModelConfig> = {
  toy: shape({
    vocab_size: 29,
    hidden_size: 64,
    intermediate_size: 160,
    heads: 4,
    keyHeads: 4,
    head_dim: 16,
  }),
  grouped: shape({
    vocab_size: 301,
    hidden_size: 36,
    intermediate_size: 52,
    heads: 6,
    keyHeads: 2,
    head_dim: 24,
  }),
  wide: shape({
    vocab_size: 5003,
    hidden_size: 128,
    intermediate_size: 68,
    heads: 2,
    keyHeads: 1,
    head_dim: 64,
  }),
  llama: {
    ...shape({
      vocab_size: 301,
      hidden_size: 48,
      intermediate_size: 68,
      heads: 4,
      keyHeads: 2,
      head_dim: 16,
    }),
    attention_bias: false,
    tie_word_embeddings: false,
    rope_scaling: {
      rope_type: "llama3",
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 32,
    },
  },
};

function shape(s: {
  vocab_size: number;
  hidden_size: number;
  intermediate_size: number;
  heads: number;
  keyHeads: number;
  head_dim: number;
}): ModelConfig {
  return {
    vocab_size: s.vocab_size,
    hidden_size: s.hidden_size,
    intermediate_size: s.intermediate_size,
    num_hidden_layers: 2,
    num_attention_heads: s.heads,
    num_key_value_heads: s.keyHeads,
    head_dim: s.head_dim,
    max_position_embeddings: 128,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    ...DEFAULT_ARCHITECTURE,
  };
}

/** What a model may have beside the usual, as a config says it. */
export interface ModelParts {
  readonly adapters?: AdapterSettings;
  readonly weights?: WeightFormat;
}

/** The same, as a model is given it. */
export function optionsOf(
  config: ModelConfig,
  { adapters, weights }: ModelParts,
): Pick<ModelOptions, "adapters" | "weights"> {
  return {
    ...(adapters && { adapters: new AdapterTable(config, adapters) }),
    ...(weights === "f16" && { weights: halfStore }),
  };
}

/** A model with random weights on the GPU. Token 0 is never sampled, token 1 ends a response. */
export async function randomModel(
  gpu: Gpu,
  config: ModelConfig,
  {
    batchTokens = 512,
    seed = 1,
    variants = defaultVariants(gpu),
    ...parts
  }: { batchTokens?: number; seed?: number; variants?: Variants } & ModelParts = {},
): Promise<Model> {
  const tokens = { batchTokens, excludedToken: 0, endToken: 1 };
  const model = new Model(gpu, { config, variants, ...tokens, ...optionsOf(config, parts) });
  model.writeParameters(initialParameters(config, seed));
  return model;
}
