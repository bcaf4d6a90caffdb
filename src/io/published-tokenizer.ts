/** The files of a published tokenizer. */
import { decodeJson, type Json, type JsonObject, refuse } from "./json.ts";
import { joinPath, type Storage } from "./storage.ts";
import { isPublished, readBounded, TOKENIZER, TOKENIZER_CONFIG, type TokenizerFiles } from "./vocabulary.ts";

const GENERATION_CONFIG = "generation_config.json";

/** Files that belong to a published tokenizer; only the first is always there. */
const PUBLISHED = [
  TOKENIZER,
  TOKENIZER_CONFIG,
  GENERATION_CONFIG,
  "special_tokens_map.json",
  "chat_template.jinja",
] as const;

const SPECIAL_FIELDS = ["bos_token_id", "eos_token_id", "pad_token_id"] as const;

/** A published tokenizer with its files parsed; `{}` stands for one that is not there. */
export interface ParsedTokenizer {
  readonly stored: TokenizerFiles;
  readonly tokenizer: JsonObject;
  readonly tokenizerConfig: JsonObject;
  readonly generationConfig: JsonObject;
}

/**
 * A published tokenizer, for use; undefined where the folder has the words of a toy.
 * @param config the folder's `config.json`, parsed.
 * @throws BellowsError `checkpoint-invalid`.
 */
export async function readPublishedTokenizer(
  storage: Storage,
  folder: string,
  config: JsonObject,
): Promise<ParsedTokenizer | undefined> {
  const bytes = await readBounded(storage, folder, TOKENIZER);
  const tokenizer = decodeJson(bytes, joinPath(folder, TOKENIZER));
  if (!isPublished(tokenizer)) return undefined;
  const stored = await readTokenizerFiles(storage, folder, config, bytes);
  const parsed = (name: string) => {
    const content = stored.files.get(name);
    return content === undefined ? {} : decodeJson(content, joinPath(folder, name));
  };
  return {
    stored,
    tokenizer,
    tokenizerConfig: parsed(TOKENIZER_CONFIG),
    generationConfig: parsed(GENERATION_CONFIG),
  };
}

/** The files of a published tokenizer. @param tokenizer the bytes of `tokenizer.json`. */
export async function readTokenizerFiles(
  storage: Storage,
  folder: string,
  config: JsonObject,
  tokenizer: Uint8Array<ArrayBuffer>,
): Promise<TokenizerFiles> {
  const files = new Map([[TOKENIZER as string, tokenizer]]);
  for (const name of PUBLISHED) {
    if (name === TOKENIZER || !(await storage.exists(joinPath(folder, name)))) continue;
    files.set(name, await readBounded(storage, folder, name));
  }
  const special = SPECIAL_FIELDS.map((field): [string, number | null | readonly number[]] => {
    const value = config[field] ?? null;
    if (value === null || isNumber(value) || (Array.isArray(value) && value.every(isNumber)))
      return [field, value];
    return refuse(joinPath(folder, "config.json"), field, value, "a token id, a list of them, or null");
  });
  return { files, special: Object.fromEntries(special) };
}

function isNumber(value: Json): value is number {
  return typeof value === "number";
}
