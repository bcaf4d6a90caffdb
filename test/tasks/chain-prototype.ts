import { type ChainProblem, LABELS, type Operation } from "../../src/tasks/chain-problem.ts";
import { createTask } from "../../src/tasks/registry.ts";
import fixture from "../fixtures/tasks/chain-prototype.json" with { type: "json" };

/** What make_chain_prototype.py wrote. */
interface Row {
  readonly level: number;
  readonly prompt: string;
  readonly answer: string;
}

interface ResponseRow extends Row {
  readonly response: string;
  readonly prediction: string | null;
  readonly steps: string;
}

interface Moments {
  readonly mean: number;
  readonly deviation: number;
}

interface Prototype {
  readonly problems: readonly ResponseRow[];
  readonly damaged: readonly ResponseRow[];
  readonly traces: number;
  readonly levels: readonly Record<"length" | "waits" | "alts" | "wrong", Moments>[];
  readonly steps: Readonly<Record<string, Record<"right" | "rightWaited" | "wrong" | "wrongWaited", number>>>;
}

export const prototype: Prototype = fixture;

const SPELLED: Readonly<Record<string, string>> = { w: "wait", s: "so", t: "alt", n: "ans", ".": "<eos>" };

/** Tokens of a text that has one character a token. */
export function chainWords(letters: string): number[] {
  const { vocabulary } = createTask("chain-arithmetic");
  return vocabulary.ids([...letters].map((letter) => SPELLED[letter] ?? letter));
}

/** A problem of ours from a prompt such as `48a*8b+4>`. */
export function prototypeProblem({ level, prompt, answer }: Row): ChainProblem {
  const operations = [...prompt.matchAll(/([a-h])([-+*])(\d)/g)].map(
    ([, label, operator, digit], i): Operation => {
      if (label !== LABELS[i]) throw new Error(`${prompt}: label ${label}`);
      return { operator: operator as Operation["operator"], digit: Number(digit) };
    },
  );
  return {
    level,
    prompt: chainWords(prompt),
    answer,
    key: prompt,
    start: Number(prompt.slice(0, 2)),
    operations,
  };
}
