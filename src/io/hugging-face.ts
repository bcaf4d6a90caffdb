import { BellowsError } from "../errors.ts";
import { checkModelConfig, type ModelConfig, type RopeScaling } from "../model/config.ts";
import { isJsonObject, type Json, type JsonObject, refuse, shown } from "./json.ts";

/** What `transformers` calls the architectures that bellows runs, and what their `config.json` must not say otherwise. */
const ARCHITECTURES = {
  qwen2: { architecture: "Qwen2ForCausalLM", model_type: "qwen2", fixed: { use_sliding_window: false } },
  llama: {
    architecture: "LlamaForCausalLM",
    model_type: "llama",
    fixed: { attention_bias: false, mlp_bias: false },
  },
} as const;

/** The base of the rotation where a `config.json` is older than the field. */
const DEFAULT_ROPE_THETA = 10_000;

/** A word-level vocabulary: the words by id, and the ids of those that are no text. */
export interface VocabularyDescription {
  readonly tokens: readonly string[];
  /** Id of the token that fills up. */
  readonly pad: number;
  /** Id of the token that ends a response. */
  readonly end: number;
}

/**
 * `config.json` as `transformers` writes it for a Qwen2 model, or for a Llama model where there is no bias.
 * @param specialIds what it says of special tokens.
 */
export function modelConfigJson(config: ModelConfig, specialIds: JsonObject): JsonObject {
  const { architecture, model_type, fixed } = config.attention_bias
    ? ARCHITECTURES.qwen2
    : ARCHITECTURES.llama;
  const { rope_scaling } = config;
  return {
    architectures: [architecture],
    model_type,
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
    ...(rope_scaling === null ? {} : { rope_scaling: { ...rope_scaling } }),
    hidden_act: "silu",
    attention_dropout: 0,
    ...fixed,
    tie_word_embeddings: config.tie_word_embeddings,
    ...specialIds,
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
 * The model that a `config.json` describes, by bellows or by `transformers`. What a file may leave out is what
 * `transformers` takes it for then.
 * @param file how messages name the file.
 * @throws BellowsError `checkpoint-invalid` for anything but a Qwen2 or Llama model that bellows runs as it is meant.
 */
export function readModelConfig(json: JsonObject, file: string): ModelConfig {
  const { model_type } = json;
  if (model_type !== "qwen2" && model_type !== "llama") {
    refuse(file, "model_type", model_type, '"qwen2" or "llama", the architectures that bellows runs');
  }
  checkArchitecture(json, model_type, file);
  const number = (field: string, value: Json | undefined = json[field]): number => {
    if (typeof value !== "number") refuse(file, field, value, "a number");
    return value;
  };
  const [hidden_size, num_attention_heads] = [number("hidden_size"), number("num_attention_heads")];
  const rope = readRope(json, file);
  const config: ModelConfig = {
    vocab_size: number("vocab_size"),
    hidden_size,
    intermediate_size: number("intermediate_size"),
    num_hidden_layers: number("num_hidden_layers"),
    num_attention_heads,
    num_key_value_heads: number("num_key_value_heads", json.num_key_value_heads ?? num_attention_heads),
    head_dim: number("head_dim", json.head_dim ?? hidden_size / num_attention_heads),
    max_position_embeddings: number("max_position_embeddings"),
    rms_norm_eps: number("rms_norm_eps"),
    ...rope,
    attention_bias: model_type === "qwen2",
    tie_word_embeddings: readFlag(json, "tie_word_embeddings", file),
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

/** A boolean of `config.json` that is false where it is left out. */
function readFlag(json: JsonObject, field: string, file: string): boolean {
  const value = json[field] ?? false;
  if (typeof value !== "boolean") refuse(file, field, value, "true or false");
  return value;
}

/** Refuses what would make the model another one than bellows computes. */
function checkArchitecture(json: JsonObject, model_type: "qwen2" | "llama", file: string): void {
  const demand = (field: string, right: string, holds: boolean) => {
    if (!holds) refuse(file, field, json[field], right);
  };
  demand("hidden_act", '"silu", the one activation that bellows has', (json.hidden_act ?? "silu") === "silu");
  demand(
    "quantization_config",
    "absent: weights must be F32, F16 or BF16",
    (json.quantization_config ?? null) === null,
  );
  demand("mlp_bias", "false: bellows has no bias in the MLP", !readFlag(json, "mlp_bias", file));
  if (model_type === "llama") {
    const right = "false: a Llama model with it has a bias in o_proj too, for which bellows has no place";
    demand("attention_bias", right, !readFlag(json, "attention_bias", file));
    return;
  }
  demand("attention_bias", "true or absent: Qwen2 has a bias", (json.attention_bias ?? true) === true);
  const right = "false: every token of bellows attends to all before it";
  demand("use_sliding_window", right, !readFlag(json, "use_sliding_window", file));
  const layers = json.layer_types ?? [];
  const full = Array.isArray(layers) && layers.every((layer) => layer === "full_attention");
  demand("layer_types", 'absent, or "full_attention" for every layer', full);
}

/** Before its version 5, `transformers` keeps the base of the rotation by itself, since then with the scaling. */
function readRope(json: JsonObject, file: string): Pick<ModelConfig, "rope_theta" | "rope_scaling"> {
  const field = (json.rope_parameters ?? null) === null ? "rope_scaling" : "rope_parameters";
  const found = json.rope_parameters ?? json.rope_scaling ?? {};
  if (!isJsonObject(found)) refuse(file, field, found, "an object, null or absent");
  const rope = found;
  const number = (name: string, value: Json | undefined = rope[name]): number => {
    if (typeof value !== "number") refuse(file, `${field}.${name}`, value, "a number");
    return value;
  };
  const theta = rope.rope_theta ?? json.rope_theta ?? DEFAULT_ROPE_THETA;
  if (typeof theta !== "number") refuse(file, "rope_theta", theta, "a number");
  const partial = rope.partial_rotary_factor ?? json.partial_rotary_factor ?? 1;
  if (partial !== 1) refuse(file, "partial_rotary_factor", partial, "1 or absent: whole heads are rotated");
  return { rope_theta: theta, rope_scaling: scaling() };

  function scaling(): RopeScaling | null {
    // Early models have the word by another name.
    const rope_type = rope.rope_type ?? rope.type ?? "default";
    switch (rope_type) {
      case "default":
        return null;
      case "linear":
        return { rope_type, factor: number("factor") };
      case "llama3":
        return {
          rope_type,
          factor: number("factor"),
          low_freq_factor: number("low_freq_factor"),
          high_freq_factor: number("high_freq_factor"),
          original_max_position_embeddings: number("original_max_position_embeddings"),
        };
      default:
        return refuse(file, `${field}.rope_type`, rope_type, '"default", "linear" or "llama3"');
    }
  }
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
