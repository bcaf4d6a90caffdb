import { BEHAVIOUR_WORDS, type BehaviourWord, type Vocabulary } from "./vocabulary.ts";

/** How often each behaviour word occurs among the tokens. */
export function countWords(vocabulary: Vocabulary, tokens: readonly number[]): Record<BehaviourWord, number> {
  const counts = { wait: 0, alt: 0, so: 0 };
  for (const word of BEHAVIOUR_WORDS) {
    const id = vocabulary[word];
    for (const token of tokens) if (token === id) counts[word] += 1;
  }
  return counts;
}
