import { BellowsError } from "../errors.ts";
import { checkModelConfig, type ModelConfig } from "../model/config.ts";
import { isJsonObject, type Json, type JsonObject, refuse, shown } from "./json.ts";

/** A word-level vocabulary: the words by id, and the ids of those that are no text. */
export interface VocabularyDescription {
  readonly tokens: readonly string[];
  /** Id of the token that fills up. */
  readonly pad: number;
  /** Id of the token that ends a response. */
  readonly end: number;
}

/** `config.json` as `transformers` writes it for a Qwen2 model. */
export function modelConfigJson(config: ModelConfig, vocabulary: VocabularyDescription): JsonObject {
  return {
    architectures: ["Qwen2ForCausalLM"],
    model_type: "qwen2",
    vocab_size: config.vocab_size,
    hidden_size: config.hidden_size,
    intermediate_size: config.intermediate_size,
    num_hidden_layers: config.num_hidden_layers,
    num_attention_heads: config.num_attention_heads,
    num_key_value_heads: config.num_key_value_heads,
    head_dim: config.head_dim,
    max_position_embeddings: config.max_position_embeddings,
    rms_norm_eps: config.rms_norm_eps,
    rope_theta: config.rope_theta,
    hidden_act: "silu",
    attention_dropout: 0,
    use_sliding_window: false,
    tie_word_embeddings: true,
    bos_token_id: null,
    eos_token_id: vocabulary.end,
    pad_token_id: vocabulary.pad,
    torch_dtype: "float32",
  };
}

/** `tokenizer.json` of the `tokenizers` library: one token a word, words between white space. */
export function tokenizerJson(vocabulary: VocabularyDescription): JsonObject {
  const special = [...new Set([vocabulary.pad, vocabulary.end])].sort((a, b) => a - b);
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special.map((id) => ({
      id,
      content: vocabulary.tokens[id]!,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: "WhitespaceSplit" },
    post_processor: null,
    decoder: null,
    model: {
      type: "WordLevel",
      vocab: Object.fromEntries(vocabulary.tokens.map((token, id) => [token, id])),
      // In no vocabulary of bellows: an unknown word is an error, there as here.
      unk_token: "<unk>",
    },
  };
}

/** `tokenizer_config.json`: lets `PreTrainedTokenizerFast.from_pretrained` open the folder as it is meant. */
export function tokenizerConfigJson(config: ModelConfig, vocabulary: VocabularyDescription): JsonObject {
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    pad_token: vocabulary.tokens[vocabulary.pad]!,
    eos_token: vocabulary.tokens[vocabulary.end]!,
    clean_up_tokenization_spaces: false,
    model_input_names: ["input_ids", "attention_mask"],
    model_max_length: config.max_position_embeddings,
  };
}

/**
 * The model that a `config.json` describes, by bellows or by `transformers`.
 * @param file how messages name the file.
 * @throws BellowsError `checkpoint-invalid` for anything but a Qwen2 model with a tied head that bellows runs as
 *   it is meant.
 */
export function readModelConfig(json: JsonObject, file: string): ModelConfig {
  const demand = (field: string, right: string, holds: boolean) => {
    if (!holds) refuse(file, field, json[field], right);
  };
  demand("model_type", '"qwen2", the one architecture that bellows runs', json.model_type === "qwen2");
  demand(
    "tie_word_embeddings",
    "true: bellows uses the embedding as the head and has no place for a head of its own",
    json.tie_word_embeddings === true,
  );
  demand("hidden_act", '"silu"', json.hidden_act === "silu");
  demand("use_sliding_window", "false", json.use_sliding_window !== true);
  for (const field of ["rope_scaling", "rope_parameters"]) {
    const rope = json[field] ?? {};
    const plain = isJsonObject(rope) && (rope.rope_type ?? rope.type ?? "default") === "default";
    demand(field, "absent, null or of the default type: rotary positions are not scaled", plain);
  }
  const number = (field: string, value: Json | undefined = json[field]): number => {
    if (typeof value !== "number") refuse(file, field, value, "a number");
    return value;
  };
  const [hidden_size, num_attention_heads] = [number("hidden_size"), number("num_attention_heads")];
  // Since its version 5, transformers keeps the base of the rotation in an object.
  const rope = json.rope_parameters;
  const config: ModelConfig = {
    vocab_size: number("vocab_size"),
    hidden_size,
    intermediate_size: number("intermediate_size"),
    num_hidden_layers: number("num_hidden_layers"),
    num_attention_heads,
    num_key_value_heads: number("num_key_value_heads"),
    head_dim: number("head_dim", json.head_dim ?? hidden_size / num_attention_heads),
    max_position_embeddings: number("max_position_embeddings"),
    rms_norm_eps: number("rms_norm_eps"),
    rope_theta: number("rope_theta", json.rope_theta ?? (isJsonObject(rope) ? rope.rope_theta : undefined)),
  };
  try {
    checkModelConfig(config);
  } catch (cause) {
    if (!(cause instanceof BellowsError)) throw cause;
    const field = cause.field?.replace(/^model\./, "") ?? "";
    throw new BellowsError("checkpoint-invalid", `${file}: ${cause.message}`, { field, cause });
  }
  return config;
}

/**
 * The vocabulary of a checkpoint that bellows wrote, from its `tokenizer.json` and the ids in its `config.json`.
 * @param files how messages name the two.
 * @throws BellowsError `checkpoint-invalid` where the tokens are not words numbered 0 to the last.
 */
export function readVocabulary(
  tokenizer: JsonObject,
  config: JsonObject,
  files: { readonly tokenizer: string; readonly config: string },
): VocabularyDescription {
  const model = isJsonObject(tokenizer.model) ? tokenizer.model : {};
  if (model.type !== "WordLevel" || !isJsonObject(model.vocab)) {
    refuse(files.tokenizer, "model.type", model.type, '"WordLevel", with the words in model.vocab');
  }
  const entries = Object.entries(model.vocab);
  const tokens: string[] = [];
  for (const [token, id] of entries) {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= entries.length || id in tokens) {
      const right = `a whole number below ${entries.length} that no other word has`;
      return refuse(files.tokenizer, `model.vocab[${shown(token)}]`, id, right);
    }
    tokens[id] = token;
  }
  const tokenId = (field: string): number => {
    const id = config[field];
    if (typeof id !== "number" || !(id in tokens)) {
      return refuse(files.config, field, id, `the id of one of the ${tokens.length} tokens`);
    }
    return id;
  };
  return { tokens, pad: tokenId("pad_token_id"), end: tokenId("eos_token_id") };
}
