import type { BehaviourWord } from "./behaviour.ts";

/** The words of a language that bellows made up: a checkpoint makes its tokenizer's files of them. */
export interface WordList {
  /** Words by token id. */
  readonly tokens: readonly string[];
  readonly pad: number;
  readonly end: number;
}

/** A published tokenizer: a checkpoint keeps its files byte for byte. */
export interface TokenizerFiles {
  /** By name: `tokenizer.json`, and those of its companions that there are. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** The special tokens' ids in `config.json`, as they stand there: a number, null, or a list of numbers. */
  readonly special: Readonly<Record<string, number | null | readonly number[]>>;
}

/** What tasks, decoding and readers need of a tokenizer: {@link Vocabulary} of the toys, TextTokenizer of published models. */
export interface Language {
  /** Token ids are below this. Some may stand for no token: published models have room to spare. */
  readonly size: number;
  /** The token that ends a response: sampling stops there. */
  readonly end: number;
  /** Tokens that end a response as well: what is sampled behind one of them is dropped. */
  readonly otherEnds: readonly number[];
  /** A token that is never sampled; null: any may be. */
  readonly unsampled: number | null;
  /** What a checkpoint keeps of it. */
  readonly stored: WordList | TokenizerFiles;
  /** @throws BellowsError `input-invalid` for a text that cannot be encoded. */
  encode(text: string): number[];
  /** The text of tokens, for programs. */
  decode(ids: readonly number[]): string;
  /** For reading: as `decode`, with the special tokens shown. */
  format(ids: readonly number[]): string;
  /** One token, for reading. */
  token(id: number): string;
  /** How often each behaviour word occurs. */
  countWords(ids: readonly number[]): Record<BehaviourWord, number>;
}
