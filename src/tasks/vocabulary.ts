import { BellowsError } from "../errors.ts";
import { BEHAVIOUR_WORDS, type BehaviourWord } from "./behaviour.ts";
import type { Language, WordList } from "./language.ts";

/** A word-level vocabulary: a token is a word, and text is words with white space between them. */
export class Vocabulary implements Language {
  /** Words by token id. */
  readonly tokens: readonly string[];
  /** `<pad>`: fills up arrays; never sampled. */
  readonly pad: number;
  /** `<eos>`: ends a response. */
  readonly end: number;
  /** `wait`: goes back to check a step. */
  readonly wait: number;
  /** `alt` ("alternatively"): begins another attempt. */
  readonly alt: number;
  /** `so`: draws a conclusion. */
  readonly so: number;
  /** `ans`: what follows, up to the end token, is the answer. */
  readonly ans: number;
  readonly otherEnds: readonly number[] = [];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #numberTokens: number;

  /**
   * @param tokens words by token id, `<pad> <eos> wait alt so ans` among them.
   * @param numberTokens the most tokens that one number takes, e.g. 2 where a token is a digit and a number has
   *   two; `format` needs it to tell where a number ends.
   * @throws BellowsError `input-invalid` for a word that is missing, comes twice, is empty or holds white space.
   */
  constructor(tokens: readonly string[], numberTokens = 1) {
    const ids = new Map<string, number>();
    for (const [id, token] of tokens.entries()) {
      if (!/^\S+$/.test(token))
        throw invalid(`token ${id} is "${token}"; it must be a word without white space`);
      if (ids.has(token)) throw invalid(`token ${id} is "${token}", as is token ${ids.get(token)}`);
      ids.set(token, id);
    }
    this.tokens = tokens;
    this.#ids = ids;
    this.#numberTokens = numberTokens;
    this.pad = this.id("<pad>");
    this.end = this.id("<eos>");
    this.wait = this.id("wait");
    this.alt = this.id("alt");
    this.so = this.id("so");
    this.ans = this.id("ans");
  }

  get size(): number {
    return this.tokens.length;
  }

  get unsampled(): number {
    return this.pad;
  }

  get stored(): WordList {
    const { tokens, pad, end } = this;
    return { tokens, pad, end };
  }

  /** @throws BellowsError `input-invalid` for an unknown word. */
  id(word: string): number {
    const id = this.#ids.get(word);
    if (id === undefined)
      throw invalid(`"${word}" is not in the vocabulary; it holds ${this.tokens.join(" ")}`);
    return id;
  }

  /** @throws BellowsError `input-invalid` for an id outside the vocabulary. */
  token(id: number): string {
    const token = this.tokens[id];
    if (token === undefined) throw invalid(`token id is ${id}; it must be one of 0 to ${this.size - 1}`);
    return token;
  }

  /** @throws BellowsError `input-invalid` naming an unknown word and its place, counted from 1. */
  encode(text: string): number[] {
    return this.ids(text.split(/\s+/).filter((word) => word !== ""));
  }

  /** As `encode`, for text that is words already. */
  ids(words: readonly string[]): number[] {
    return words.map((word, index) => {
      const id = this.#ids.get(word);
      if (id === undefined) {
        throw invalid(
          `word ${index + 1} of "${words.join(" ")}" is "${word}", which is not in the vocabulary`,
        );
      }
      return id;
    });
  }

  /** The words with one space between them: the inverse of `encode`. */
  decode(ids: readonly number[]): string {
    return ids.map((id) => this.token(id)).join(" ");
  }

  /** For reading: words stand apart, symbols and the digits of a number close up: `a *6=92 wait 2*6=12`. */
  format(ids: readonly number[]): string {
    let text = "";
    let previous = "";
    let numberLength = 0;
    for (const id of ids) {
      const token = this.token(id);
      numberLength = isNumber(token) ? numberLength + 1 : 0;
      const nextNumber = numberLength > this.#numberTokens;
      if (nextNumber) numberLength = 1;
      const apart = isWord(token) || isWord(previous) || nextNumber;
      text += apart && text !== "" ? ` ${token}` : token;
      previous = token;
    }
    return text;
  }

  countWords(ids: readonly number[]): Record<BehaviourWord, number> {
    const counts = { wait: 0, alt: 0, so: 0 };
    for (const word of BEHAVIOUR_WORDS) {
      for (const id of ids) if (id === this[word]) counts[word] += 1;
    }
    return counts;
  }
}

function isNumber(token: string): boolean {
  return /^\d+$/.test(token);
}

/** `>` ends a prompt and is set like a word. */
function isWord(token: string): boolean {
  return /^[a-z]+$|^>$/.test(token);
}

function invalid(message: string): BellowsError {
  return new BellowsError("input-invalid", message);
}
