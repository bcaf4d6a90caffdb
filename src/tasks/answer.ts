import type { Vocabulary } from "./vocabulary.ts";

/**
 * The words between the last `ans` and the end token. Null if the response does not end in the end token (it was
 * cut off), goes on after an earlier one, or has no `ans`.
 */
export function answerWords(vocabulary: Vocabulary, response: readonly number[]): string[] | null {
  const last = response.length - 1;
  const ans = response.lastIndexOf(vocabulary.ans);
  if (ans < 0 || response.indexOf(vocabulary.end) !== last) return null;
  return response.slice(ans + 1, last).map((id) => vocabulary.tokens[id] ?? "");
}
