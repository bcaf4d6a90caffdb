import { type Expression, isOperator, joinExpressions, numberExpression } from "./expression.ts";

/** An attempt that ends by putting the target beside the value it came to. */
export interface ReadAttempt {
  /** What its steps calculate, in infix notation. */
  readonly expression: readonly string[];
  /** What the response came to: the result of the last step, checks included. */
  readonly value: number;
  /** Words of the response up to and including the target. */
  readonly end: number;
}

/** Words of a quick step and of a check; both end in their result. */
const QUICK = 5;
const CHECK = 13;

/** The complete attempts of a response to a countdown problem, in order; those that break the grammar are left out. */
export function readAttempts(words: readonly string[]): ReadAttempt[] {
  const attempts: ReadAttempt[] = [];
  for (let begin = 0; begin < words.length; ) {
    const attempt = readAttempt(words, begin);
    if (attempt !== null) attempts.push(attempt);
    const next = words.indexOf("alt", begin);
    begin = next < 0 ? words.length : next + 1;
  }
  return attempts;
}

/** The attempt whose first word is word `begin`. */
function readAttempt(words: readonly string[], begin: number): ReadAttempt | null {
  let expression: Expression | undefined;
  let value: number | undefined;
  let i = begin;
  while (words[i] !== ">") {
    if (words[i] === "wait" && expression !== undefined) {
      i += CHECK;
    } else {
      const [left, operator, right, equals] = words.slice(i, i + QUICK);
      if (!isNumber(left) || !isOperator(operator) || !isNumber(right) || equals !== "=") return null;
      if (value !== undefined && value !== Number(left)) return null;
      expression = joinExpressions(
        expression ?? numberExpression(Number(left)),
        operator,
        numberExpression(Number(right)),
      );
      i += QUICK;
    }
    const result = words[i - 1];
    if (!isNumber(result)) return null;
    value = Number(result);
  }
  if (expression === undefined || value === undefined || !isNumber(words[i + 1])) return null;
  return { expression: expression.words, value, end: i + 2 };
}

function isNumber(word: string | undefined): word is string {
  return word !== undefined && /^\d+$/.test(word);
}
