export type Operator = "+" | "-" | "*";

export const OPERATORS = ["+", "-", "*"] as const satisfies readonly Operator[];

export function calculate(left: number, operator: Operator, right: number): number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
  }
}

/** How strongly an operator binds; a number alone binds more strongly still. */
const PRECEDENCE = { "+": 1, "-": 1, "*": 2 } as const;
const NUMBER_PRECEDENCE = 3;

/** Words of an expression, and how strongly its outermost operator binds. */
export interface Expression {
  readonly words: readonly string[];
  readonly precedence: number;
}

export function numberExpression(value: number): Expression {
  return { words: [`${value}`], precedence: NUMBER_PRECEDENCE };
}

/** Joins two expressions with no more parentheses than are needed. */
export function joinExpressions(left: Expression, operator: Operator, right: Expression): Expression {
  const precedence = PRECEDENCE[operator];
  const rightMinimum = operator === "-" ? precedence + 1 : precedence; // a - (b + c)
  return {
    words: [...enclose(left, precedence), operator, ...enclose(right, rightMinimum)],
    precedence,
  };
}

function enclose({ words, precedence }: Expression, minimum: number): readonly string[] {
  return precedence < minimum ? ["(", ...words, ")"] : words;
}

/**
 * Value of an infix expression of whole numbers, `+ - *` and parentheses, with the usual precedence, and the
 * numbers in it; null if it is none. Two stacks (Dijkstra's shunting yard) rather than recursion, because a
 * model may write any number of parentheses.
 */
export function evaluateExpression(words: readonly string[]): { value: number; numbers: number[] } | null {
  const numbers: number[] = [];
  const values: number[] = [];
  const pending: (Operator | "(")[] = [];

  /** Works off pending operators, back to an open parenthesis, that bind at least as strongly. */
  const workOff = (precedence: number) => {
    for (let last = pending.at(-1); last !== undefined && last !== "("; last = pending.at(-1)) {
      if (PRECEDENCE[last] < precedence) return;
      pending.pop();
      const right = values.pop()!;
      const left = values.pop()!;
      values.push(calculate(left, last, right));
    }
  };

  let operandNext = true;
  for (const word of words) {
    if (operandNext) {
      if (word === "(") {
        pending.push(word);
      } else if (/^\d+$/.test(word)) {
        numbers.push(Number(word));
        values.push(Number(word));
        operandNext = false;
      } else return null;
    } else if (isOperator(word)) {
      workOff(PRECEDENCE[word]);
      pending.push(word);
      operandNext = true;
    } else if (word === ")") {
      workOff(0);
      if (pending.pop() === undefined) return null;
    } else return null;
  }
  if (operandNext) return null;
  workOff(0);
  return pending.length > 0 ? null : { value: values[0]!, numbers };
}

export function isOperator(word: string | undefined): word is Operator {
  return word === "+" || word === "-" || word === "*";
}
