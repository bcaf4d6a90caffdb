/** What is shown of each token of a response, apart from how it is drawn. */
import type { Vocabulary } from "../../src/tasks/vocabulary.ts";

/** What the colour of a token says. */
export const QUANTITIES = ["logprob", "entropy", "none"] as const;

export type Quantity = (typeof QUANTITIES)[number];

/** A response as the view of its tokens takes it: lists of the same length. */
export interface TokenList {
  readonly words: readonly string[];
  /** In nats, at most 0. */
  readonly logprobs: readonly number[];
  /** In nats. */
  readonly entropies: readonly number[];
}

export interface TokenMark {
  readonly word: string;
  readonly logprob: number;
  readonly entropy: number;
  /** Belongs to a re-check, `wait` to what follows `so`. */
  readonly recheck: boolean;
  /** Would not have been written under the budget that is looked at. */
  readonly beyond: boolean;
  /** Stands apart from the word before it. */
  readonly spaced: boolean;
}

/**
 * Ends of the colour scales, in nats. They are fixed, so that colours of two steps can be compared. A choice between two
 * equal words has 0.69 of both.
 */
export const SCALE_ENDS = { logprob: 3, entropy: 1.5 } as const;

/** How strongly a token is coloured, from 0 to 1: linear in what is asked for, so that equal steps look equal. */
export function heatOf(
  quantity: Quantity,
  { logprob, entropy }: Pick<TokenMark, "logprob" | "entropy">,
): number {
  if (quantity === "none") return 0;
  const value = quantity === "logprob" ? -logprob : entropy;
  return Math.min(Math.max(value / SCALE_ENDS[quantity], 0), 1);
}

/** The words of token ids. */
export function wordsOf(vocabulary: Vocabulary, tokens: readonly number[]): string[] {
  return tokens.map((id) => vocabulary.tokens[id] ?? `?${id}`);
}

/** Tokens that a number takes: one where two-digit numbers are words of their own, else two. */
export function wordsPerNumber(vocabulary: Vocabulary): number {
  return vocabulary.tokens.includes("10") ? 1 : 2;
}

/**
 * @param budget the budget that is looked at, in tokens: what stands beyond it is marked.
 * @param perNumber tokens of a number: what of the words after `so` belongs to a re-check.
 */
export function markTokens(
  { words, logprobs, entropies }: TokenList,
  budget: number,
  perNumber: number,
): TokenMark[] {
  const checks = recheckedWords(words, perNumber);
  let digits = 0;
  return words.map((word, index) => {
    digits = isNumber(word) ? digits + 1 : 0;
    const opensNumber = digits > perNumber;
    if (opensNumber) digits = 1;
    const previous = words[index - 1] ?? "";
    return {
      word,
      logprob: logprobs[index] ?? 0,
      entropy: entropies[index] ?? 0,
      recheck: checks[index]!,
      beyond: index >= budget,
      spaced: index > 0 && (isWord(word) || isWord(previous) || opensNumber),
    };
  });
}

/** Which words belong to re-checks: from `wait` through the number after the next `so`, or to the end if none comes. */
export function recheckedWords(words: readonly string[], perNumber: number): boolean[] {
  let inside = false;
  let left = 0;
  return words.map((word) => {
    if (word === "wait") {
      inside = true;
      left = 0;
    } else if (inside && word === "so") {
      inside = false;
      left = perNumber + 1;
    }
    if (left > 0) {
      const belongs = word === "so" || isNumber(word);
      left = belongs ? left - 1 : 0;
      return belongs;
    }
    return inside && word !== "<eos>";
  });
}

function isNumber(word: string): boolean {
  return /^\d+$/.test(word);
}

function isWord(word: string): boolean {
  return /^[a-z]+$|^>$|^<eos>$/.test(word);
}
