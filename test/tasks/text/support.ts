import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type PublishedTokenizer, TextTokenizer } from "../../../src/tasks/text/tokenizer.ts";

export const TOKENIZERS = fileURLToPath(new URL("../../fixtures/tasks/tokenizers", import.meta.url));

/** The tokenizers that test/fixtures/tasks/tokenizers/make_tokenizers.py made. */
export const NAMES = ["qwen2", "llama3", "smollm", "llama2"] as const;

export type Name = (typeof NAMES)[number];

/** What ends a response. */
export const ENDS: Readonly<Record<Name, string>> = {
  qwen2: "<|im_end|>",
  llama3: "<|eot_id|>",
  smollm: "<|im_end|>",
  llama2: "</s>",
};

/** Room for all of them, and ids to spare, as published models have. */
export const SIZE = 576;

const FILES = Object.fromEntries(
  NAMES.map((name) => [name, readFileSync(`${TOKENIZERS}/${name}.json`, "utf8")]),
);

/** A fixture's `tokenizer.json`, fresh at each call. */
export function tokenizerJson(name: Name): Record<string, unknown> {
  return JSON.parse(FILES[name]!);
}

export function published(
  tokenizer: Record<string, unknown>,
  others: Partial<PublishedTokenizer> = {},
): PublishedTokenizer {
  return {
    folder: "model",
    tokenizer,
    tokenizerConfig: {},
    generationConfig: {},
    config: { eos_token_id: 0 },
    stored: { files: new Map(), special: {} },
    ...others,
  };
}

export function fixture(name: Name): TextTokenizer {
  const tokenizerConfig = { eos_token: ENDS[name] };
  return new TextTokenizer(published(tokenizerJson(name), { tokenizerConfig, config: {} }), SIZE);
}
