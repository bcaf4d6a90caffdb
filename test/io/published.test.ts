import { expect, test } from "vitest";
import { readModelConfig } from "../../src/io/hugging-face.ts";
import type { JsonObject } from "../../src/io/json.ts";
import { ParameterTable } from "../../src/model/parameters.ts";

// What config.json of published models says that concerns bellows, and the parameters that they are known to have.
const PUBLISHED: readonly [name: string, parameters: number, config: JsonObject][] = [
  [
    "SmolLM-135M",
    134_515_008,
    {
      ...{ architectures: ["LlamaForCausalLM"], model_type: "llama", hidden_act: "silu", pretraining_tp: 1 },
      ...{ vocab_size: 49_152, hidden_size: 576, intermediate_size: 1536, num_hidden_layers: 30 },
      ...{ num_attention_heads: 9, num_key_value_heads: 3, max_position_embeddings: 2048 },
      ...{ rms_norm_eps: 1e-5, rope_theta: 10_000, rope_scaling: null, attention_bias: false },
      ...{ tie_word_embeddings: true, torch_dtype: "float32", use_cache: true },
    },
  ],
  [
    "Qwen2.5-0.5B",
    494_032_768,
    {
      ...{ architectures: ["Qwen2ForCausalLM"], model_type: "qwen2", hidden_act: "silu", use_mrope: false },
      ...{ vocab_size: 151_936, hidden_size: 896, intermediate_size: 4864, num_hidden_layers: 24 },
      ...{ num_attention_heads: 14, num_key_value_heads: 2, max_position_embeddings: 32_768 },
      ...{ rms_norm_eps: 1e-6, rope_theta: 1_000_000, sliding_window: 32_768, max_window_layers: 24 },
      ...{ use_sliding_window: false, tie_word_embeddings: true, torch_dtype: "bfloat16" },
    },
  ],
  [
    "Llama-3.2-1B",
    1_235_814_400,
    {
      ...{ architectures: ["LlamaForCausalLM"], model_type: "llama", hidden_act: "silu", head_dim: 64 },
      ...{ vocab_size: 128_256, hidden_size: 2048, intermediate_size: 8192, num_hidden_layers: 16 },
      ...{ num_attention_heads: 32, num_key_value_heads: 8, max_position_embeddings: 131_072 },
      ...{ rms_norm_eps: 1e-5, rope_theta: 500_000, attention_bias: false, mlp_bias: false },
      rope_scaling: {
        ...{ factor: 32, high_freq_factor: 4, low_freq_factor: 1, rope_type: "llama3" },
        original_max_position_embeddings: 8192,
      },
      tie_word_embeddings: true,
    },
  ],
  [
    "TinyLlama-1.1B",
    1_100_048_384,
    {
      ...{ architectures: ["LlamaForCausalLM"], model_type: "llama", hidden_act: "silu" },
      ...{ vocab_size: 32_000, hidden_size: 2048, intermediate_size: 5632, num_hidden_layers: 22 },
      ...{ num_attention_heads: 32, num_key_value_heads: 4, max_position_embeddings: 2048 },
      ...{ rms_norm_eps: 1e-5, rope_scaling: null, tie_word_embeddings: false },
    },
  ],
];

test.each(PUBLISHED)("the config of %s is that of a model of %i parameters", (_, parameters, json) => {
  expect(new ParameterTable(readModelConfig(json, "config.json")).count).toBe(parameters);
});
