import { BellowsError } from "../../errors.ts";
import { GPT2, SPLIT_PATTERNS } from "./split-patterns.ts";

/**
 * What is taken of a `tokenizer.json`: byte-pair encoding with the parts that models of the Qwen2 and Llama families have. All
 * is copied field by field, so that nothing else of the file reaches the library that runs it.
 */
export interface TokenizerParts {
  readonly model: {
    readonly type: "BPE";
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly (readonly [string, string])[];
    readonly unk_token: string | null;
    readonly fuse_unk: boolean;
    readonly byte_fallback: boolean;
    readonly ignore_merges: boolean;
  };
  readonly normalizer: Part | null;
  readonly pre_tokenizer: Part | null;
  readonly post_processor: Part | null;
  readonly decoder: Part;
  readonly added_tokens: readonly AddedToken[];
}

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
}

type Part = { readonly type: string } & Fields;
type Fields = { readonly [field: string]: unknown };

/** Most parts in a chain of them, and characters that a part may put in, so that text grows by little. */
const MOST_PARTS = 16;
const MOST_LETTERS = 16;
/** What a chain of replacements may make of one character. */
const MOST_GROWTH = 16;
const MOST_ADDED_TOKENS = 20_000;
const LONGEST_ADDED_TOKEN = 1000;

/**
 * Reads a parsed `tokenizer.json`, which may say anything, in time that grows with its length.
 * @param size vocab_size of the model: ids must be below it.
 * @param file how messages name the file.
 * @throws BellowsError `checkpoint-invalid` naming the field, its value and what would be right.
 */
export function readTokenizerJson(json: Fields, size: number, file: string): TokenizerParts {
  const reader = new PartReader(file);
  const model = readModel(reader, json.model, size);
  const added_tokens = readAddedTokens(reader, json.added_tokens ?? [], model.vocab, size);
  const known = new Map([...Object.entries(model.vocab), ...added_tokens.map(idOf)]);
  const post_processor = reader.chain(json.post_processor, "post_processor", "processors", (part, place) =>
    readPostProcessor(reader, part, place, known),
  );
  const decoder = reader.chain(json.decoder, "decoder", "decoders", (part, place) =>
    readDecoder(reader, part, place),
  );
  if (decoder === null) return reader.refuse("decoder", null, "what turns tokens back into text");
  return {
    model,
    normalizer: reader.chain(json.normalizer, "normalizer", "normalizers", (part, place) =>
      readNormalizer(reader, part, place),
    ),
    pre_tokenizer: reader.chain(json.pre_tokenizer, "pre_tokenizer", "pretokenizers", (part, place) =>
      readPreTokenizer(reader, part, place),
    ),
    post_processor,
    decoder,
    added_tokens,
  };
}

function idOf({ content, id }: AddedToken): [string, number] {
  return [content, id];
}

function readModel(reader: PartReader, model: unknown, size: number): TokenizerParts["model"] {
  const fields = reader.object(model, "model");
  if (fields.type !== "BPE")
    reader.refuse("model.type", fields.type, '"BPE", the one kind that bellows reads');
  for (const field of ["continuing_subword_prefix", "end_of_word_suffix", "dropout"]) {
    const value = fields[field] ?? null;
    if (value !== null && value !== "" && value !== 0) reader.refuse(`model.${field}`, value, "null");
  }
  const vocab = readVocab(reader, reader.object(fields.vocab, "model.vocab"), size);
  const unk_token = fields.unk_token ?? null;
  if (unk_token !== null && (typeof unk_token !== "string" || !Object.hasOwn(vocab, unk_token))) {
    return reader.refuse("model.unk_token", unk_token, "a token of the vocabulary, or null");
  }
  const byte_fallback = reader.flag(fields, "byte_fallback", "model");
  if (byte_fallback) {
    for (let byte = 0; byte < 256; byte++) {
      const token = `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
      if (!Object.hasOwn(vocab, token))
        reader.refuse(`model.vocab["${token}"]`, undefined, "there, as byte_fallback is on");
    }
  }
  return {
    type: "BPE",
    vocab,
    merges: readMerges(reader, fields.merges, vocab),
    unk_token,
    fuse_unk: reader.flag(fields, "fuse_unk", "model"),
    byte_fallback,
    ignore_merges: reader.flag(fields, "ignore_merges", "model"),
  };
}

function readVocab(reader: PartReader, vocab: Fields, size: number): Record<string, number> {
  const entries = Object.entries(vocab);
  const taken = new Uint8Array(size);
  for (const [token, id] of entries) {
    if (!isId(id, size))
      return reader.refuse(entry(token), id, `a whole number below ${size}, the model's vocab_size`);
    if (taken[id] === 1) reader.refuse(entry(token), id, "the id of no other token");
    taken[id] = 1;
  }
  if (entries.length === 0) reader.refuse("model.vocab", "empty", "the tokens with their ids");
  return vocab as Record<string, number>;
}

/** Merges as pairs. What they make is in the vocabulary, so that no token gets longer than the longest there. */
function readMerges(reader: PartReader, merges: unknown, vocab: Fields): [string, string][] {
  if (!Array.isArray(merges)) return reader.refuse("model.merges", merges, "a list of pairs");
  return merges.map((merge: unknown, index) => {
    const pair: unknown = typeof merge === "string" ? merge.split(" ") : merge;
    if (
      !Array.isArray(pair) ||
      pair.length !== 2 ||
      !pair.every((part) => typeof part === "string" && part !== "")
    ) {
      return reader.refuse(`model.merges[${index}]`, merge, "two tokens");
    }
    const [left, right] = pair as [string, string];
    for (const token of [left, right, left + right]) {
      if (!Object.hasOwn(vocab, token))
        reader.refuse(`model.merges[${index}]`, token, "made of tokens of the vocabulary");
    }
    return [left, right];
  });
}

function readAddedTokens(reader: PartReader, tokens: unknown, vocab: Fields, size: number): AddedToken[] {
  if (!Array.isArray(tokens) || tokens.length > MOST_ADDED_TOKENS) {
    return reader.refuse("added_tokens", tokens, `a list of at most ${MOST_ADDED_TOKENS}`);
  }
  const contents = new Map<number, string>(Object.entries(vocab).map(([token, id]) => [id as number, token]));
  const ids = new Map<string, number>();
  return tokens.map((token: unknown, index) => {
    const place = `added_tokens[${index}]`;
    const fields = reader.object(token, place);
    const { id, content } = fields;
    if (typeof content !== "string" || content === "" || content.length > LONGEST_ADDED_TOKEN) {
      return reader.refuse(`${place}.content`, content, `text of 1 to ${LONGEST_ADDED_TOKEN} characters`);
    }
    if (!isId(id, size))
      return reader.refuse(`${place}.id`, id, `a whole number below ${size}, the model's vocab_size`);
    const other = contents.get(id);
    if (other !== undefined && other !== content)
      reader.refuse(`${place}.id`, id, `not that of ${quoted(other)} too`);
    const before = ids.get(content) ?? (Object.hasOwn(vocab, content) ? vocab[content] : id);
    if (before !== id) reader.refuse(`${place}.id`, id, `${before}, as ${quoted(content)} has it already`);
    if (fields.single_word === true) reader.refuse(`${place}.single_word`, true, "false");
    contents.set(id, content);
    ids.set(content, id);
    const flag = (name: string) => reader.flag(fields, name, place);
    return {
      id,
      content,
      special: flag("special"),
      lstrip: flag("lstrip"),
      rstrip: flag("rstrip"),
      normalized: flag("normalized"),
    };
  });
}

function readNormalizer(reader: PartReader, part: Part, place: string): Part[] {
  switch (part.type) {
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD":
      return [{ type: part.type }];
    case "Prepend":
      return [{ type: part.type, prepend: reader.letters(part.prepend, `${place}.prepend`) }];
    case "Replace":
      return [reader.replacement(part, place)];
    default:
      return reader.refuse(`${place}.type`, part.type, "NFC, NFD, NFKC, NFKD, Prepend, Replace or Sequence");
  }
}

function readPreTokenizer(reader: PartReader, part: Part, place: string): Part[] {
  switch (part.type) {
    case "ByteLevel": {
      if (part.add_prefix_space === true) reader.refuse(`${place}.add_prefix_space`, true, "false");
      const bytes = { type: part.type, add_prefix_space: false, use_regex: false };
      // The library's own copy of the pattern takes white space as JavaScript does, which is not as Python does.
      return part.use_regex === false ? [bytes] : [isolated(GPT2), bytes];
    }
    case "Digits":
      // Likewise: its digits would be those of ASCII alone.
      return [isolated(reader.flag(part, "individual_digits", place) ? "\\p{N}" : "\\p{N}+")];
    case "Split": {
      const pattern = reader.object(part.pattern, `${place}.pattern`).Regex;
      if (typeof pattern !== "string" || !SPLIT_PATTERNS.has(pattern)) {
        const known = [...SPLIT_PATTERNS.values()].join("; ");
        return reader.refuse(`${place}.pattern`, pattern, `one of those that bellows knows: of ${known}`);
      }
      if (part.behavior !== "Isolated") reader.refuse(`${place}.behavior`, part.behavior, '"Isolated"');
      if (part.invert === true) reader.refuse(`${place}.invert`, true, "false");
      return [isolated(pattern)];
    }
    default:
      return reader.refuse(`${place}.type`, part.type, "ByteLevel, Digits, Split or Sequence");
  }
}

function isolated(pattern: string): Part {
  return { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false };
}

function readPostProcessor(
  reader: PartReader,
  part: Part,
  place: string,
  known: ReadonlyMap<string, number>,
): Part[] {
  if (part.type === "ByteLevel") return []; // it moves offsets alone
  if (part.type !== "TemplateProcessing") {
    return reader.refuse(`${place}.type`, part.type, "ByteLevel, TemplateProcessing or Sequence");
  }
  const { single } = part;
  if (!Array.isArray(single) || single.length > MOST_PARTS) {
    return reader.refuse(`${place}.single`, single, `a list of at most ${MOST_PARTS}`);
  }
  const specials = reader.object(part.special_tokens ?? {}, `${place}.special_tokens`);
  const template = single.map((item: unknown, index) => {
    const itemPlace = `${place}.single[${index}]`;
    const { SpecialToken, Sequence } = reader.object(item, itemPlace);
    if (SpecialToken === undefined) {
      if ((Sequence as Fields | undefined)?.id !== "A")
        reader.refuse(itemPlace, item, "the text (A) or a special token");
      return { Sequence: { id: "A", type_id: 0 } };
    }
    const { id } = reader.object(SpecialToken, `${itemPlace}.SpecialToken`);
    const ids =
      typeof id === "string" && Object.hasOwn(specials, id)
        ? (specials[id] as Fields | null)?.ids
        : undefined;
    if (
      typeof id !== "string" ||
      !known.has(id) ||
      !Array.isArray(ids) ||
      ids.length !== 1 ||
      ids[0] !== known.get(id)
    ) {
      return reader.refuse(`${itemPlace}.SpecialToken.id`, id, "a token with its own id in special_tokens");
    }
    return { SpecialToken: { id, type_id: 0 } };
  });
  if (template.filter((item) => "Sequence" in item).length !== 1) {
    reader.refuse(`${place}.single`, single, "a template with the text (A) once in it");
  }
  return [{ type: part.type, single: template, pair: [], special_tokens: {} }];
}

function readDecoder(reader: PartReader, part: Part, place: string): Part[] {
  switch (part.type) {
    case "ByteLevel":
    case "ByteFallback":
    case "Fuse":
      return [{ type: part.type }];
    case "Replace":
      return [reader.replacement(part, place)];
    case "Strip": {
      const { start = 0, stop = 0 } = part;
      if (!isId(start, MOST_LETTERS))
        return reader.refuse(`${place}.start`, start, `a whole number below ${MOST_LETTERS}`);
      if (!isId(stop, MOST_LETTERS))
        return reader.refuse(`${place}.stop`, stop, `a whole number below ${MOST_LETTERS}`);
      return [{ type: part.type, content: reader.letters(part.content, `${place}.content`), start, stop }];
    }
    default:
      return reader.refuse(
        `${place}.type`,
        part.type,
        "ByteLevel, ByteFallback, Fuse, Replace, Strip or Sequence",
      );
  }
}

/** Reads fields that may hold anything. */
class PartReader {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  refuse(field: string, value: unknown, right: string): never {
    const message = `${this.#file}: ${field} is ${quoted(value)}; it must be ${right}`;
    throw new BellowsError("checkpoint-invalid", message, { field });
  }

  object(value: unknown, place: string): Fields {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
    return this.refuse(place, value, "an object");
  }

  flag(fields: Fields, name: string, place: string): boolean {
    const value = fields[name] ?? false;
    return typeof value === "boolean" ? value : this.refuse(`${place}.${name}`, value, "true or false");
  }

  letters(value: unknown, place: string): string {
    if (typeof value === "string" && value !== "" && value.length <= MOST_LETTERS) return value;
    return this.refuse(place, value, `text of 1 to ${MOST_LETTERS} characters`);
  }

  replacement(part: Part, place: string): Part {
    const { String: pattern } = this.object(part.pattern, `${place}.pattern`);
    const content = part.content === "" ? "" : this.letters(part.content, `${place}.content`);
    return {
      type: "Replace",
      pattern: { String: this.letters(pattern, `${place}.pattern.String`) },
      content,
    };
  }

  /** A part or a sequence of parts, which may be nested, as one sequence; null where there is none. */
  chain(
    value: unknown,
    place: string,
    list: string,
    read: (part: Part, place: string) => Part[],
  ): Part | null {
    if (value === undefined || value === null) return null;
    const parts: Part[] = [];
    const open: [unknown, string][] = [[value, place]];
    for (let taken = 0; open.length > 0; taken++) {
      if (taken > MOST_PARTS) this.refuse(place, `a chain of more than ${MOST_PARTS} parts`, "shorter");
      const [next, at] = open.pop()!;
      const part = this.object(next, at);
      if (typeof part.type !== "string") return this.refuse(`${at}.type`, part.type, "the name of a part");
      if (part.type !== "Sequence") {
        parts.push(...read(part as Part, at));
        continue;
      }
      const inner = part[list];
      if (!Array.isArray(inner)) return this.refuse(`${at}.${list}`, inner, "a list");
      if (inner.length > MOST_PARTS) this.refuse(`${at}.${list}`, inner, `a list of at most ${MOST_PARTS}`);
      open.push(...inner.map((item, i): [unknown, string] => [item, `${at}.${list}[${i}]`]).reverse());
    }
    this.#checkGrowth(parts, place);
    return parts.length === 0 ? null : { type: "Sequence", [list]: parts };
  }

  #checkGrowth(parts: readonly Part[], place: string): void {
    let growth = 1;
    for (const { type, content, pattern } of parts) {
      if (type !== "Replace") continue;
      growth *= Math.max(1, (content as string).length / ((pattern as Fields).String as string).length);
    }
    if (growth > MOST_GROWTH)
      this.refuse(
        place,
        `replacements that make text ${growth} times as long`,
        `at most ${MOST_GROWTH} times`,
      );
  }
}

function isId(value: unknown, size: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < size;
}

function entry(token: string): string {
  return `model.vocab[${quoted(token)}]`;
}

/** A value in an error message: short, whatever it is. */
function quoted(value: unknown): string {
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
