import { BellowsError } from "../errors.ts";
import type { Budget } from "./task.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** The largest budget: the tasks have words for numbers up to this. */
export const LARGEST_BUDGET = 99;

/** What follows the number: exactly so many, or at most. */
const SIGNS = { exact: "=", max: "-" } as const satisfies Record<Budget["kind"], string>;

/**
 * A prompt that names a budget, before its `>`: `48 a *8 b *4 so 50= >` for exactly, `so 50- >` for at most 50 tokens.
 *
 * L1 (2503.04697 §3) puts a sentence behind the question. A model that has never seen one must at least go on to solve the
 * problem, and a toy has no words to spare, so the place and the words are those that cost the bundled pre-rl least.
 * Accuracy on 800 evaluation problems (T = 0.6, at most 80 tokens, standard error 0.018): 0.517 without a budget,
 *
 *   0.485 and 0.481  `so 50=` and `so 50-` before the `>`; 0.477 to 0.490 with 20 or 80 for 50
 *   0.460 and 0.324  `50=` and `50-` there
 *   0.236 and 0.210  `= 50 >` and `- 50 >` behind the `>`
 *   0.026 and 0.016  `= 50 >` and `- 50 >` before the problem
 * @param numberWords how the task writes a number of 1 to 99.
 * @throws BellowsError `input-invalid` for a budget that is no whole number from 1 to 99.
 */
export function nameBudget(
  vocabulary: Vocabulary,
  prompt: readonly number[],
  { kind, tokens }: Budget,
  numberWords: readonly string[],
): number[] {
  if (!(Number.isInteger(tokens) && tokens >= 1 && tokens <= LARGEST_BUDGET)) {
    throw new BellowsError(
      "input-invalid",
      `a prompt cannot name a budget of ${tokens} tokens; it must be a whole number from 1 to ${LARGEST_BUDGET}`,
    );
  }
  const place = prompt.lastIndexOf(vocabulary.id(">"));
  const words = vocabulary.ids(["so", ...numberWords, SIGNS[kind]]);
  return [...prompt.slice(0, place), ...words, ...prompt.slice(place)];
}
