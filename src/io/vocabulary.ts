/** What a checkpoint folder says of its tokens: the words of a toy, or the files of a published tokenizer, kept as they are. */
import { BellowsError } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import {
  readVocabulary,
  tokenizerConfigJson,
  tokenizerJson,
  type VocabularyDescription,
} from "./hugging-face.ts";
import { decodeJson, encodeJson, isJsonObject, type JsonObject, refuse, shown } from "./json.ts";
import { type Chunks, joinPath, type Storage } from "./storage.ts";

export const TOKENIZER = "tokenizer.json";
export const TOKENIZER_CONFIG = "tokenizer_config.json";

/** Largest file that is read as a tokenizer's. Llama 3's takes 17 MB, those with the largest vocabularies about 35. */
const MOST_BYTES = 64 * 2 ** 20;

/** Ids of special tokens in `config.json`. */
export type SpecialIds = Readonly<Record<string, number | null | readonly number[]>>;

/** A published tokenizer. */
export interface TokenizerFiles {
  /** By name; `tokenizer.json` is among them. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  readonly special: SpecialIds;
}

export type CheckpointVocabulary = VocabularyDescription | TokenizerFiles;

/** What `config.json` says of special tokens. */
export function specialIds(vocabulary: CheckpointVocabulary): SpecialIds {
  if ("files" in vocabulary) return vocabulary.special;
  return { bos_token_id: null, eos_token_id: vocabulary.end, pad_token_id: vocabulary.pad };
}

/** The tokenizer's files, as they are stored. */
export function tokenizerFiles(vocabulary: CheckpointVocabulary, config: ModelConfig): [string, Chunks][] {
  if ("files" in vocabulary) return [...vocabulary.files].map(([name, bytes]) => [name, [bytes]]);
  return [
    [TOKENIZER, [encodeJson(tokenizerJson(vocabulary), TOKENIZER)]],
    [TOKENIZER_CONFIG, [encodeJson(tokenizerConfigJson(config, vocabulary), TOKENIZER_CONFIG)]],
  ];
}

/**
 * The words of a checkpoint that bellows made, or the files of one that was published.
 * @param config the folder's `config.json`, parsed.
 * @throws BellowsError `checkpoint-invalid`.
 */
export async function readCheckpointVocabulary(
  storage: Storage,
  folder: string,
  config: JsonObject,
): Promise<CheckpointVocabulary> {
  const names = { tokenizer: joinPath(folder, TOKENIZER), config: joinPath(folder, "config.json") };
  const bytes = await readBounded(storage, folder, TOKENIZER);
  const tokenizer = decodeJson(bytes, names.tokenizer);
  if (isPublished(tokenizer)) {
    // Fetched only when it is needed: the page has no use for it.
    const { readTokenizerFiles } = await import("./published-tokenizer.ts");
    return readTokenizerFiles(storage, folder, config, bytes);
  }
  const words = readVocabulary(tokenizer, config, names);
  const { vocab_size } = config;
  if (words.tokens.length !== vocab_size) {
    refuse(names.config, "vocab_size", vocab_size, `${words.tokens.length}, as many as ${TOKENIZER} has`);
  }
  return words;
}

/** @throws BellowsError `input-invalid` where the words do not fit the model or each other. */
export function checkVocabulary(vocabulary: CheckpointVocabulary, config: ModelConfig): void {
  if ("files" in vocabulary) return;
  const { tokens, pad, end } = vocabulary;
  const fail = (field: string, value: unknown, right: string): never => {
    throw new BellowsError("input-invalid", `vocabulary.${field} is ${shown(value)}; it must be ${right}`, {
      field: `vocabulary.${field}`,
    });
  };
  if (tokens.length !== config.vocab_size) {
    fail("tokens.length", tokens.length, `${config.vocab_size}, the model's vocab_size`);
  }
  const earlier = new Set<string>();
  for (const [id, token] of tokens.entries()) {
    if (token === "" || /\s/.test(token)) fail(`tokens[${id}]`, token, "a word without white space");
    if (earlier.has(token)) fail(`tokens[${id}]`, token, "unlike every other token");
    earlier.add(token);
  }
  if (tokens[pad] === undefined) fail("pad", pad, `an id below ${tokens.length}`);
  if (tokens[end] === undefined) fail("end", end, `an id below ${tokens.length}`);
}

/** @throws BellowsError `checkpoint-invalid` where a checkpoint has other tokens than a task. @param folder how messages name it. */
export function checkSameVocabulary(
  found: CheckpointVocabulary,
  expected: CheckpointVocabulary,
  folder: string,
): void {
  const file = joinPath(folder, TOKENIZER);
  if ("files" in found || "files" in expected) {
    const kind = (one: CheckpointVocabulary) =>
      "files" in one ? "a published tokenizer" : "a list of words";
    if (!("files" in found && "files" in expected)) {
      throw new BellowsError(
        "checkpoint-invalid",
        `${file} is ${kind(found)}; this task has ${kind(expected)}`,
        {
          field: TOKENIZER,
        },
      );
    }
    if (isSameBytes(found.files.get(TOKENIZER), expected.files.get(TOKENIZER))) return;
    throw new BellowsError("checkpoint-invalid", `${file} is another tokenizer than this run's`, {
      field: TOKENIZER,
    });
  }
  const length = Math.max(found.tokens.length, expected.tokens.length);
  for (let id = 0; id < length; id++) {
    const right = expected.tokens[id];
    if (found.tokens[id] !== right) {
      refuse(file, `token ${id}`, found.tokens[id], `${shown(right)} for this task`);
    }
  }
  for (const field of ["pad", "end"] as const) {
    if (found[field] !== expected[field])
      refuse(file, `the ${field} token`, found[field], `${expected[field]} for this task`);
  }
}

/** Whether a `tokenizer.json` is a published one; bellows' own are lists of words. */
export function isPublished({ model }: JsonObject): boolean {
  return isJsonObject(model) && typeof model.type === "string" && model.type !== "WordLevel";
}

/** A file of a tokenizer, unless it is missing or longer than any has reason to be. */
export async function readBounded(
  storage: Storage,
  folder: string,
  name: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const path = joinPath(folder, name);
  if (!(await storage.exists(path))) {
    throw new BellowsError("checkpoint-invalid", `${path} is missing; a checkpoint folder has it`, {
      field: name,
      hint: `A checkpoint is a folder with config.json, weights and ${TOKENIZER}, which AutoTokenizer of transformers saves.`,
    });
  }
  const { size, read } = await storage.open(path);
  if (size > MOST_BYTES) refuse(path, "its length", size, `at most ${MOST_BYTES} bytes`);
  return read(0, size);
}

function isSameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && a.length === b?.length && a.every((byte, i) => byte === b[i]);
}
