import { Tokenizer } from "@huggingface/tokenizers";
import { BellowsError } from "../../errors.ts";
import { type BehaviourWord, countInText } from "../behaviour.ts";
import type { Language, TokenizerFiles } from "../language.ts";
import { readTokenizerJson } from "./tokenizer-json.ts";

/** Most characters of a text that is encoded: far more than any prompt that is trained on. */
const LONGEST_TEXT = 100_000;

/** What a published checkpoint says of its tokenizer: parsed files, which may say anything. */
export interface PublishedTokenizer {
  /** How messages name the folder. */
  readonly folder: string;
  /** `tokenizer.json`. */
  readonly tokenizer: JsonFields;
  /** `tokenizer_config.json`, `generation_config.json`, `config.json`; empty where there is none. */
  readonly tokenizerConfig: JsonFields;
  readonly generationConfig: JsonFields;
  readonly config: JsonFields;
  readonly stored: TokenizerFiles;
}

type JsonFields = { readonly [field: string]: unknown };

/**
 * The tokenizer of a published model, run by Hugging Face's own library (@huggingface/tokenizers). Any token may be sampled, as
 * when others sample the model.
 */
export class TextTokenizer implements Language {
  readonly size: number;
  readonly end: number;
  readonly otherEnds: readonly number[];
  readonly unsampled = null;
  readonly stored: TokenizerFiles;
  /** How many ids stand for a token. */
  readonly tokens: number;
  /** Whether the model was taught to chat: by a template, which is not applied. */
  readonly hasChatTemplate: boolean;
  readonly #tokenizer: Tokenizer;
  readonly #special: ReadonlySet<number>;

  /**
   * @param size the model's vocab_size; it may be larger than the tokenizer's.
   * @throws BellowsError `checkpoint-invalid` for a tokenizer that bellows does not run as it is meant.
   */
  constructor(published: PublishedTokenizer, size: number) {
    const { folder, tokenizer, stored } = published;
    const file = `${folder}/tokenizer.json`;
    const parts = readTokenizerJson(tokenizer, size, file);
    this.size = size;
    const { added_tokens, model } = parts;
    const added = added_tokens.filter(({ content }) => !Object.hasOwn(model.vocab, content));
    this.tokens = Object.keys(model.vocab).length + new Set(added.map(({ id }) => id)).size;
    this.stored = stored;
    this.hasChatTemplate =
      "chat_template" in published.tokenizerConfig || stored.files.has("chat_template.jinja");
    try {
      this.#tokenizer = new Tokenizer(parts, { clean_up_tokenization_spaces: false });
    } catch (cause) {
      throw new BellowsError("checkpoint-invalid", `${file}: ${(cause as Error).message}`, { cause });
    }
    const ends = endTokens(published, (token) => this.#tokenizer.token_to_id(token), size);
    [this.end, ...this.otherEnds] = ends as [number, ...number[]];
    const special = added_tokens.filter((token) => token.special).map(({ id }) => id);
    this.#special = new Set([...special, ...ends]);
  }

  encode(text: string): number[] {
    if (text.length > LONGEST_TEXT) {
      const message = `a prompt has ${text.length} characters; it must have at most ${LONGEST_TEXT}`;
      throw new BellowsError("input-invalid", message, { field: "prompt" });
    }
    const { ids } = this.#tokenizer.encode(text);
    // What the vocabulary has no token for is passed over, as the library's model in Rust does.
    return ids.filter((id: number | undefined) => id !== undefined);
  }

  /** Without special tokens; ids that are no tokens are passed over. */
  decode(ids: readonly number[]): string {
    return this.#text(ids.filter((id) => !this.#special.has(id)));
  }

  format(ids: readonly number[]): string {
    return this.#text(ids);
  }

  token(id: number): string {
    return this.#text([id]) || `<${id}>`;
  }

  countWords(ids: readonly number[]): Record<BehaviourWord, number> {
    return countInText(this.decode(ids));
  }

  #text(ids: readonly number[]): string {
    const known = ids.filter((id) => this.#tokenizer.id_to_token(id) !== undefined);
    return known.length === 0 ? "" : this.#tokenizer.decode(known);
  }
}

/**
 * The tokens that end a response. `generation_config.json` counts, as in transformers; `config.json` where that says nothing.
 * `tokenizer_config.json` names the one that ends a turn of a chat, which comes first.
 */
function endTokens(
  { folder, config, generationConfig, tokenizerConfig }: PublishedTokenizer,
  idOf: (token: string) => number | undefined,
  size: number,
): number[] {
  const field = "eos_token_id";
  const ofGeneration = generationConfig[field] ?? null;
  const named = ofGeneration ?? config[field] ?? null;
  const file = ofGeneration === null ? "config.json" : "generation_config.json";
  const listed = named === null ? [] : [named].flat();
  for (const id of listed) {
    if (typeof id === "number" && Number.isInteger(id) && id >= 0 && id < size) continue;
    const message = `${folder}/${file}: ${field} is ${String(id).slice(0, 40)}; it must be a whole number below ${size}`;
    throw new BellowsError("checkpoint-invalid", message, { field });
  }
  const eos = tokenizerConfig.eos_token;
  const content = typeof eos === "object" && eos !== null ? (eos as JsonFields).content : eos;
  const first = typeof content === "string" ? idOf(content) : undefined;
  const ends = new Set([...(first === undefined ? [] : [first]), ...(listed as number[])]);
  if (ends.size > 0) return [...ends];
  const message = `${folder} names no token that ends a response; generation_config.json must have ${field}`;
  throw new BellowsError("checkpoint-invalid", message, { field });
}
