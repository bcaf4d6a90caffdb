import type { Random } from "../random.ts";
import { answerWords } from "./answer.ts";
import { readAttempts } from "./countdown-attempts.ts";
import {
  calculate,
  evaluateExpression,
  joinExpressions,
  numberExpression,
  OPERATORS,
  type Operator,
} from "./expression.ts";
import { LARGEST_BUDGET, nameBudget } from "./prompt-budget.ts";
import {
  type Budget,
  type Level,
  levelAt,
  type Problem,
  probability,
  type TaskDefinition,
  type ThinkingWords,
  type ToyTask,
  type Verdict,
} from "./task.ts";
import { habitSettings, takeStep } from "./teacher.ts";
import { Vocabulary } from "./vocabulary.ts";

/** All given numbers in some order, each but the first with the operator that joins it to the value so far. */
interface Plan {
  readonly first: number;
  readonly steps: readonly { readonly operator: Operator; readonly number: number }[];
}

export interface CountdownProblem extends Problem {
  /** Different from each other, in ascending order. */
  readonly numbers: readonly number[];
  readonly target: number;
  /** One way to the target. */
  readonly solution: Plan;
}

/** Numbers are single tokens, 0 to this. */
const LARGEST = 99;

const NUMBERS = Array.from({ length: LARGEST + 1 }, (_, value) => `${value}`);

const SYMBOLS = "+ - * = ( ) wait so alt ans >".split(" ");

const SUMS = ["+", "-"] as const;

/** `operators` are those of the solution by which a problem is made; the teacher tries all. */
const LEVELS = [
  { name: "2 numbers up to 30", count: 2, largest: 30, operators: OPERATORS, standsFor: "MATH500" },
  { name: "3 numbers up to 20, no products", count: 3, largest: 20, operators: SUMS, standsFor: "AMC" },
  { name: "3 numbers up to 12", count: 3, largest: 12, operators: OPERATORS, standsFor: "AIME24" },
  { name: "4 numbers up to 9", count: 4, largest: 9, operators: OPERATORS, standsFor: "AIME25" },
] as const;

const MAX_COUNT = Math.max(...LEVELS.map(({ count }) => count));

const SETTINGS = {
  ...habitSettings({
    multiplicationSlip: 0.4,
    additionSlip: 0.15,
    subtractionSlip: 0.15,
    noise: 0.02,
    checkAfterRight: 0.3,
    checkAfterWrong: 0.8,
    checkAgain: 0.15,
  }),
  insight: probability(0.5, "How often an attempt follows a solution instead of chance"),
  attempts: {
    description: "Most attempts; the last follows a solution",
    unit: "attempts",
    minimum: 1,
    maximum: 10,
    default: 4,
    integer: true,
  },
};

export type CountdownSettings = Readonly<Record<keyof typeof SETTINGS, number>>;

/**
 * Countdown: reach a target by combining given numbers, each used once, with + - and * (after the game show; the
 * task of Stream of Search, 2404.03683, and of TinyZero). A token is a whole number, a sign or a word.
 *
 *   prompt   := number+ budget? '>' target        e.g. 3 5 8 > 64
 *   budget   := 'so' number ('=' | '-')           exactly or at most so many tokens: prompt-budget.ts
 *   response := attempt ('alt' attempt)* 'ans' expression <eos>
 *   attempt  := step+ '>' target                  one step fewer than numbers; or step*, if given up
 *   step     := value op number '=' value check*  5 tokens: the quick result
 *   check    := 'wait' value op number '=' value value op number '=' value 'so' value
 *                                                 13 tokens: two easier halves
 *
 * The value after the last check of a step, else the quick one, is what the next step begins with. An attempt ends by
 * putting the target beside the value it came to: without that, a model of 100,000 parameters did not learn to tell
 * whether the two are equal. If they differ, `alt` and another attempt follow. The answer is an infix expression, and
 * any right one counts, not only those that the teacher's left-to-right attempts can find.
 */
export class Countdown implements ToyTask<CountdownProblem> {
  readonly name = "countdown";
  readonly vocabulary = new Vocabulary(["<pad>", "<eos>", ...NUMBERS, ...SYMBOLS]);
  readonly levels: readonly Level[] = LEVELS.map(({ name, count, standsFor }) => ({
    name,
    standsFor,
    shortestResponse: 5 * (count - 1) + 2 + 1 + (2 * count - 1) + 1, // steps, target, ans, expression, end
  }));
  readonly maxPromptTokens = MAX_COUNT + 2;
  readonly budgetTokens = 3;
  readonly largestBudget = LARGEST_BUDGET;
  readonly thinking: ThinkingWords = { end: this.vocabulary.ans, wait: this.vocabulary.wait };
  readonly script = this;
  readonly #settings: CountdownSettings;

  constructor(settings: CountdownSettings) {
    this.#settings = settings;
  }

  problem(level: number, random: Random): CountdownProblem {
    const { count, largest, operators } = levelAt(LEVELS, level);
    const choice = Array.from({ length: largest - 1 }, (_, i) => i + 2);
    const numbers = random.shuffle(choice).slice(0, count);
    numbers.sort((a, b) => a - b);
    const solution = drawPlan(numbers, operators, random);
    const { first, steps } = solution;
    const target = steps.reduce((value, { operator, number }) => calculate(value, operator, number), first);
    const words = [...numbers.map(String), ">", `${target}`];
    return {
      level,
      prompt: this.vocabulary.ids(words),
      answer: this.#format(expressionWords(solution)),
      key: words.join(" "),
      numbers,
      target,
      solution,
    };
  }

  /** Correct if the response ends in `ans expression <eos>`, equal to the target, with just the given numbers. */
  verify(problem: CountdownProblem, response: readonly number[]): Verdict {
    const words = answerWords(this.vocabulary, response);
    const expression = words === null ? null : evaluateExpression(words);
    if (words === null || expression === null) return { correct: false, prediction: null };
    const numbers = expression.numbers.sort((a, b) => a - b);
    return {
      correct: numbers.join() === problem.numbers.join() && expression.value === problem.target,
      prediction: this.#format(words),
    };
  }

  trace(problem: CountdownProblem, random: Random): number[] {
    const { insight, attempts } = this.#settings;
    const words: string[] = [];
    for (let attempt = 1; ; attempt++) {
      const last = attempt >= attempts;
      const plan =
        last || random.chance(insight) ? problem.solution : drawPlan(problem.numbers, OPERATORS, random);
      const reached = this.#writeAttempt(plan, problem.target, random, words);
      if (reached === problem.target || last) {
        words.push("ans", ...expressionWords(plan), "<eos>");
        return this.vocabulary.ids(words);
      }
      words.push("alt");
    }
  }

  withBudget(prompt: readonly number[], budget: Budget): number[] {
    return nameBudget(this.vocabulary, prompt, budget, [`${budget.tokens}`]);
  }

  /** A solution is an attempt that comes to the target; its answer is the expression that it calculated. */
  cutAfterSolution(problem: CountdownProblem, response: readonly number[], count: number): number[] | null {
    const words = response.map((id) => this.vocabulary.tokens[id] ?? "");
    const right = readAttempts(words)
      .filter(({ value }) => value === problem.target)
      .map(({ expression, end }) => {
        const answer = this.vocabulary.ids(["ans", ...expression, "<eos>"]);
        return [...response.slice(0, end), ...answer];
      })
      .filter((cut) => this.verify(problem, cut).correct);
    return right[count - 1] ?? right.at(-1) ?? null;
  }

  /** The value that the attempt ends at; null if a slip led to a number without a token: the teacher gives up. */
  #writeAttempt({ first, steps }: Plan, target: number, random: Random, words: string[]): number | null {
    let value = first;
    for (const { operator, number } of steps) {
      const before = value;
      const right = calculate(before, operator, number);
      if (right < 0 || right > LARGEST) return null;
      value = takeStep(
        {
          operator,
          right,
          slip: slipped(before, operator, number),
          writeQuick: (result) => words.push(`${before}`, operator, `${number}`, "=", `${result}`),
          writeCheck: () => {
            words.push("wait", ...checkWords(before, operator, number), "so", `${right}`);
            return right;
          },
        },
        this.#settings,
        random,
      );
    }
    words.push(">", `${target}`);
    return value;
  }

  #format(words: readonly string[]): string {
    return this.vocabulary.format(this.vocabulary.ids(words));
  }
}

export const countdown: TaskDefinition<keyof typeof SETTINGS> = {
  name: "countdown",
  title: "Countdown",
  description:
    "Reach a target by adding, subtracting and multiplying two to four numbers, each used once. Attempts may " +
    "fail, quick results may be wrong; a check in two halves, 13 tokens, is right.",
  settings: SETTINGS,
  create: (settings) => new Countdown(settings),
};

/** A random plan whose every value is 1 to LARGEST; some operator always fits, as the numbers are below 50. */
function drawPlan(numbers: readonly number[], operators: readonly Operator[], random: Random): Plan {
  const [first, ...rest] = random.shuffle(numbers) as [number, ...number[]];
  let value = first;
  const steps = rest.map((number) => {
    const fitting = operators.filter((operator) => {
      const result = calculate(value, operator, number);
      return result >= 1 && result <= LARGEST;
    });
    const operator = random.pick(fitting);
    value = calculate(value, operator, number);
    return { operator, number };
  });
  return { first, steps };
}

function expressionWords({ first, steps }: Plan): readonly string[] {
  return steps.reduce(
    (expression, { operator, number }) => joinExpressions(expression, operator, numberExpression(number)),
    numberExpression(first),
  ).words;
}

/** A result whose last bit was left out: the carry, the borrow, or the last of `b` times `a`. */
function slipped(a: number, operator: Operator, b: number): number {
  const right = calculate(a, operator, b);
  switch (operator) {
    case "+":
      return (a % 10) + (b % 10) >= 10 ? right - 10 : right;
    case "-":
      return a % 10 < b % 10 ? right + 10 : right;
    case "*":
      return right - a;
  }
}

/**
 * A calculation in two easier halves: a sum or a difference by way of the next multiple of ten, a product by way of
 * one time less. 47+8: `47+3=50 50+5=55`; 52-38: `52-2=50 50-36=14`; 7*8: `7*7=49 49+7=56`.
 */
function checkWords(a: number, operator: Operator, b: number): string[] {
  const toTen = operator === "+" ? 10 - (a % 10) : a % 10 || 10;
  const part = operator === "*" ? b - 1 : Math.min(b, toTen);
  const middle = calculate(a, operator, part);
  const [join, rest] = operator === "*" ? (["+", a] as const) : ([operator, b - part] as const);
  const result = calculate(middle, join, rest);
  return [
    ...[`${a}`, operator, `${part}`, "=", `${middle}`],
    ...[`${middle}`, join, `${rest}`, "=", `${result}`],
  ];
}
