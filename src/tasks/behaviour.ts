/** Words whose number in a response shows how the model thinks (SIRI, section 4.4): counted, never rewarded. */
export const BEHAVIOUR_WORDS = ["wait", "alt", "so"] as const;

export type BehaviourWord = (typeof BEHAVIOUR_WORDS)[number];

/** What they are in English text. */
const IN_TEXT = { wait: /\bwait\b/gi, alt: /\balternatively\b/gi, so: /\bso\b/gi } as const;

/** How often each behaviour word occurs in a text. */
export function countInText(text: string): Record<BehaviourWord, number> {
  const count = (word: BehaviourWord) => text.match(IN_TEXT[word])?.length ?? 0;
  return { wait: count("wait"), alt: count("alt"), so: count("so") };
}
