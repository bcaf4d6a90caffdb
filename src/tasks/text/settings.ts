/** The name by which a config asks for text: `task.name`. */
export const TEXT = "text";

/** Where a response says its answer: `\boxed{x}`, `#### x`, `<answer>x</answer>`, or in the last number. */
export const ANSWER_PATTERNS = ["boxed", "hashes", "tag", "last-number"] as const;

export type AnswerPattern = (typeof ANSWER_PATTERNS)[number];

export interface TextSettings {
  readonly answer: AnswerPattern;
  /** Most tokens of a prompt. */
  readonly promptTokens: number;
}
