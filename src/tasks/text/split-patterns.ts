/**
 * The patterns by which pre-tokenizers of published models cut text. Only these are run: they take time that grows with the
 * text's length, while a pattern in a file could be made to take for ever; and tests hold that they cut as Python's
 * `tokenizers` does, whose patterns (Oniguruma's) JavaScript does not read alike in general. llama.cpp keeps such a list too.
 */

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const REST = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** `ByteLevel` with `use_regex`. */
export const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** Patterns, and the models that are known to have them. */
export const SPLIT_PATTERNS: ReadonlyMap<string, string> = new Map([
  [GPT2, "GPT-2, SmolLM"],
  [`${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${REST}`, "Qwen2, Qwen2.5, Qwen3"],
  [`${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}${REST}`, "Llama 3, SmolLM3"],
  ["\\p{N}", "single digits"],
  ["\\p{N}+", "whole numbers"],
  ["\\p{N}{1,3}", "digits by threes"],
]);
