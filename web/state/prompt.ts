/** Problems as people type them: `48 a*8 b*4`, `48*8*4`, with or without spaces and the sign that ends a prompt. */
import { Random, STREAM } from "../../src/random.ts";
import { applyOperation, LABELS } from "../../src/tasks/chain-problem.ts";
import { OPERATORS, type Operator } from "../../src/tasks/expression.ts";
import { drawProblem } from "../../src/tasks/split.ts";
import type { ToyTask } from "../../src/tasks/task.ts";

/** What is wrong with a typed problem. */
export type PromptFault =
  | { readonly kind: "empty" }
  /** `text` is the word in which reading stopped. */
  | { readonly kind: "unknown"; readonly text: string }
  | { readonly kind: "long"; readonly words: number; readonly most: number };

export type PromptReading =
  | {
      readonly ok: true;
      readonly words: readonly string[];
      /** The right answer; null where it is not one alone, or the problem is not whole. */
      readonly answer: string | null;
    }
  | { readonly ok: false; readonly fault: PromptFault };

/** Words of a response that are never part of a problem. */
const RESPONSE_WORDS = ["<pad>", "<eos>", "wait", "so", "alt", "ans", "="];

/** Cuts a problem into the words of the task's vocabulary, at each place the longest that fits. */
export function readPrompt(task: ToyTask, text: string): PromptReading {
  const known = task.vocabulary.tokens.filter((word) => !RESPONSE_WORDS.includes(word));
  const words: string[] = [];
  for (let rest = text.trim(); rest !== ""; rest = rest.slice(words.at(-1)!.length).trimStart()) {
    const fitting = known.filter((word) => rest.startsWith(word));
    if (fitting.length === 0) return { ok: false, fault: { kind: "unknown", text: wordAround(text, rest) } };
    words.push(fitting.reduce((longest, word) => (word.length > longest.length ? word : longest)));
  }
  if (words.length === 0) return { ok: false, fault: { kind: "empty" } };
  const isChain = task.name === "chain-arithmetic";
  const finished = isChain ? finishChain(words) : words;
  const most = task.maxPromptTokens;
  if (finished.length > most) return { ok: false, fault: { kind: "long", words: finished.length, most } };
  return { ok: true, words: finished, answer: isChain ? chainAnswer(finished) : null };
}

/** The word whose letters `rest`, an end of the text, may have cut: some are words of their own, as the `f` of `forty`. */
function wordAround(text: string, rest: string): string {
  const before = text.trimEnd().slice(0, -rest.length);
  return before.slice(before.search(/\p{L}*$/u)) + rest.split(/\s/)[0];
}

/** Chain arithmetic as the model learned it: each operation with its label, `>` at the end. */
function finishChain(words: readonly string[]): string[] {
  const operators: readonly string[] = OPERATORS;
  const isLabelled = words.some((word) => (LABELS as readonly string[]).includes(word));
  let next = 0;
  const labelled = words.flatMap((word) =>
    !isLabelled && operators.includes(word) && next < LABELS.length ? [LABELS[next++]!, word] : [word],
  );
  return labelled.at(-1) === ">" ? labelled : [...labelled, ">"];
}

function chainAnswer(words: readonly string[]): string | null {
  const [, start, rest] = /^(\d \d)((?: [a-h] [-+*] \d)+) >$/.exec(words.join(" ")) ?? [];
  if (start === undefined || rest === undefined) return null;
  const operations = [...rest.matchAll(/([-+*]) (\d)/g)].map(([, operator, digit]) => ({
    operator: operator as Operator,
    digit: Number(digit),
  }));
  const value = operations.reduce(applyOperation, Number(start.replace(" ", "")));
  return `${value}`.padStart(2, "0");
}

/** A problem of a level as it may be typed. */
export function examplePrompt(task: ToyTask, level: number, seed: number): string {
  const random = new Random(seed, STREAM.evalProblems, level);
  return task.vocabulary.format(drawProblem(task, level, "eval", random).prompt);
}
