import type { Random } from "../random.ts";
import { answerWords } from "./answer.ts";
import { applyOperation, type ChainProblem, LABELS, type Operation } from "./chain-problem.ts";
import { readResults } from "./chain-steps.ts";
import { calculate } from "./expression.ts";
import { LARGEST_BUDGET, nameBudget } from "./prompt-budget.ts";
import {
  type Budget,
  type Level,
  levelAt,
  probability,
  type TaskDefinition,
  type ThinkingWords,
  type ToyTask,
  type Verdict,
} from "./task.ts";
import { habitSettings, takeStep } from "./teacher.ts";
import { Vocabulary } from "./vocabulary.ts";

const TOKENS = "<pad> <eos> 0 1 2 3 4 5 6 7 8 9 + - * = wait so alt ans >".split(" ");

const LEVELS = [
  { operations: 2, multiplications: 0.5, standsFor: "MATH500" },
  { operations: 3, multiplications: 0.5, standsFor: "AMC" },
  { operations: 4, multiplications: 0.6, standsFor: "AIME24" },
  { operations: 5, multiplications: 0.6, standsFor: "AIME25" },
] as const;

const MAX_OPERATIONS = Math.max(...LEVELS.map(({ operations }) => operations));

const SETTINGS = {
  ...habitSettings({
    multiplicationSlip: 0.55,
    additionSlip: 0.15,
    subtractionSlip: 0.15,
    noise: 0.02,
    checkAfterRight: 0.5,
    checkAfterWrong: 0.85,
    checkAgain: 0.25,
  }),
  checkSlip: probability(0, "How often a check gets its tens digit at random"),
  alternative: probability(0.25, "How often the whole problem is done a second time"),
  secondAlternative: probability(0.1, "How often a second time is followed by a third"),
  alternativeDoubt: {
    description: "Factor on the checks after right quick results when the problem is done again",
    unit: "factor",
    minimum: 0,
    maximum: 1,
    default: 0.5,
  },
  bare: probability(0, "How often the teacher writes only quick results, after an opening `so`"),
};

export type ChainSettings = Readonly<Record<keyof typeof SETTINGS, number>>;

/**
 * The toy reasoner: arithmetic modulo 100, from left to right, by a model too small to multiply in its head but
 * able to do it longhand. A token is a digit, a sign or a word.
 *
 *   prompt   := D D (label op d)+ budget? '>'     e.g. 48 a *8 b *4 >
 *   budget   := 'so' D D ('=' | '-')              exactly or at most so many tokens: prompt-budget.ts
 *   response := chain ('alt' chain)* 'ans' D D <eos>
 *             | 'so' chain 'ans' D D <eos>        bare: a chain without checks
 *   chain    := step+                             one for each operation, in order
 *   step     := label op d '=' D D check*         6 tokens: the quick result
 *   check    := 'wait' u op d '=' D D t op d '=' D D 'so' D D
 *                                                 16 tokens: units, then tens, then both
 *
 * The value after the last check of a step, else the quick one, is what the next step begins with. `alt` does
 * the whole problem again, and the last chain counts.
 */
export class ChainArithmetic implements ToyTask<ChainProblem> {
  readonly name = "chain-arithmetic";
  readonly vocabulary = new Vocabulary([...TOKENS, ...LABELS], 2);
  readonly levels: readonly Level[] = LEVELS.map(({ operations, standsFor }) => ({
    name: `${operations} operations`,
    standsFor,
    shortestResponse: 6 * operations + 4,
  }));
  readonly maxPromptTokens = 2 + 3 * MAX_OPERATIONS + 1;
  readonly budgetTokens = 4;
  readonly largestBudget = LARGEST_BUDGET;
  readonly thinking: ThinkingWords = { end: this.vocabulary.ans, wait: this.vocabulary.wait };
  readonly script = this;
  readonly #settings: ChainSettings;

  constructor(settings: ChainSettings) {
    this.#settings = settings;
  }

  problem(level: number, random: Random): ChainProblem {
    const row = levelAt(LEVELS, level);
    const start = random.integer(10, 100);
    const operations = Array.from({ length: row.operations }, (): Operation => {
      const operator = random.chance(row.multiplications) ? "*" : random.pick(["+", "-"] as const);
      return { operator, digit: random.integer(2, 10) };
    });
    const words = twoDigits(start);
    for (const [i, { operator, digit }] of operations.entries()) {
      words.push(LABELS[i]!, operator, `${digit}`);
    }
    words.push(">");
    return {
      level,
      prompt: this.vocabulary.ids(words),
      answer: twoDigits(operations.reduce(applyOperation, start)).join(""),
      key: words.join(" "),
      start,
      operations,
    };
  }

  /** Correct if the response ends in `ans D D <eos>` with the right digits, whatever stands before. */
  verify(problem: ChainProblem, response: readonly number[]): Verdict {
    const words = answerWords(this.vocabulary, response);
    if (words?.length !== 2 || !words.every((word) => /^\d$/.test(word))) {
      return { correct: false, prediction: null };
    }
    const prediction = words.join("");
    return { correct: prediction === problem.answer, prediction };
  }

  trace(problem: ChainProblem, random: Random): number[] {
    const { bare } = this.#settings;
    // Without bare traces no number is drawn for them, so that the others stay what they were.
    const words =
      bare > 0 && random.chance(bare)
        ? this.#bareWords(problem, random)
        : this.#thinkingWords(problem, random);
    return this.vocabulary.ids(words);
  }

  withBudget(prompt: readonly number[], budget: Budget): number[] {
    return nameBudget(this.vocabulary, prompt, budget, twoDigits(budget.tokens));
  }

  /** A solution is what the last operation of a chain comes to: its quick result, and each check of it. */
  cutAfterSolution(problem: ChainProblem, response: readonly number[], count: number): number[] | null {
    const last = problem.operations.length - 1;
    const words = response.map((id) => this.vocabulary.tokens[id] ?? "");
    const right = readResults(problem, words).filter(
      ({ operation, value }) => operation === last && value === Number(problem.answer),
    );
    const solution = right[count - 1] ?? right.at(-1);
    if (solution === undefined) return null;
    return [...response.slice(0, solution.end), ...this.vocabulary.ids(answerOf(twoDigits(solution.value)))];
  }

  #bareWords(problem: ChainProblem, random: Random): string[] {
    const words = ["so"];
    const unchecked = { ...this.#settings, checkAfterRight: 0, checkAfterWrong: 0 };
    const result = this.#writeChain(problem, unchecked, random, words);
    return [...words, ...answerOf(twoDigits(result))];
  }

  #thinkingWords(problem: ChainProblem, random: Random): string[] {
    const { checkAfterRight, alternative, secondAlternative, alternativeDoubt } = this.#settings;
    const words: string[] = [];
    let result = this.#writeChain(problem, this.#settings, random, words);
    const again = { ...this.#settings, checkAfterRight: checkAfterRight * alternativeDoubt };
    for (const chance of [alternative, secondAlternative]) {
      if (!random.chance(chance)) break;
      words.push("alt");
      result = this.#writeChain(problem, again, random, words);
    }
    return [...words, ...answerOf(twoDigits(result))];
  }

  #writeChain(problem: ChainProblem, settings: ChainSettings, random: Random, words: string[]): number {
    let value = problem.start;
    for (const [i, operation] of problem.operations.entries()) {
      const { operator, digit } = operation;
      const { units, bareTens, tens } = longhand(value, operation);
      const before = value;
      value = takeStep(
        {
          operator,
          right: 10 * tens + units,
          slip: 10 * bareTens + units,
          writeQuick: (result) => words.push(LABELS[i]!, operator, `${digit}`, "=", ...twoDigits(result)),
          writeCheck: () => {
            const shownTens = random.chance(settings.checkSlip) ? random.integer(0, 10) : tens;
            words.push("wait", ...checkWords(before, operation, shownTens));
            return 10 * shownTens + units;
          },
        },
        settings,
        random,
      );
    }
    return value;
  }
}

export const chainArithmetic: TaskDefinition<keyof typeof SETTINGS> = {
  name: "chain-arithmetic",
  title: "Chain arithmetic",
  description:
    "Two to five additions, subtractions and multiplications modulo 100, one after the other. The quick product " +
    "is unreliable; a longhand check of 16 tokens is right.",
  settings: SETTINGS,
  create: (settings) => new ChainArithmetic(settings),
};

/**
 * An operation on a two-digit value, digit by digit: the units' result is `carry` (for a subtraction: 1 if it
 * borrows) and `units`; `bareTens` is the tens digit if the carry is forgotten, `tens` the right one.
 */
function longhand(value: number, { operator, digit }: Operation) {
  const [valueTens, valueUnits] = digitsOf(value);
  const result = calculate(valueUnits, operator, digit);
  const carried = Math.floor(result / 10); // -1 for a borrow
  const bareTens = operator === "*" ? (valueTens * digit) % 10 : valueTens;
  return {
    carry: Math.abs(carried),
    units: result - 10 * carried,
    bareTens,
    tens: (bareTens + carried + 10) % 10,
  };
}

/** What follows `wait`; `tens` is the tens digit that the check arrives at. */
function checkWords(value: number, operation: Operation, tens: number): string[] {
  const { operator, digit } = operation;
  const [valueTens, valueUnits] = digitsOf(value);
  const { carry, units } = longhand(value, operation);
  const tensLine =
    operator === "*"
      ? [`${digit}`, "=", ...twoDigits(valueTens * digit)]
      : [`${carry}`, "=", ...twoDigits(tens)];
  return [
    ...[`${valueUnits}`, operator, `${digit}`, "=", `${carry}`, `${units}`],
    ...[`${valueTens}`, operator, ...tensLine],
    ...["so", `${tens}`, `${units}`],
  ];
}

function answerOf(digits: readonly string[]): string[] {
  return ["ans", ...digits, "<eos>"];
}

function digitsOf(value: number): [tens: number, units: number] {
  return [Math.floor(value / 10), value % 10];
}

function twoDigits(value: number): string[] {
  return digitsOf(value).map(String);
}
