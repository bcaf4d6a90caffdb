import fc from "fast-check";
import { expect, test } from "vitest";
import {
  calculate,
  type Expression,
  evaluateExpression,
  joinExpressions,
  numberExpression,
  OPERATORS,
} from "../../src/tasks/expression.ts";

interface Tree {
  readonly value: number;
  readonly numbers: readonly number[];
  readonly minimal: Expression;
  /** With parentheses about everything. */
  readonly enclosed: readonly string[];
}

const leaf = fc.nat(99).map(
  (value): Tree => ({
    value,
    numbers: [value],
    minimal: numberExpression(value),
    enclosed: ["(", `${value}`, ")"],
  }),
);

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.tuple(tie("tree"), fc.constantFrom(...OPERATORS), tie("tree")).map(([left, operator, right]) => ({
      value: calculate(left.value, operator, right.value),
      numbers: [...left.numbers, ...right.numbers],
      minimal: joinExpressions(left.minimal, operator, right.minimal),
      enclosed: ["(", ...left.enclosed, operator, ...right.enclosed, ")"],
    })),
  ),
}));

test("an expression has the value of its tree, with all parentheses or only the needed ones", () => {
  fc.assert(
    fc.property(tree, ({ value, numbers, minimal, enclosed }) => {
      fc.pre(Number.isSafeInteger(value));
      expect(evaluateExpression(minimal.words)).toEqual({ value, numbers });
      expect(evaluateExpression(enclosed)).toEqual({ value, numbers });
    }),
  );
});

const [two, three, four] = [numberExpression(2), numberExpression(3), numberExpression(4)] as const;

test.each([
  ["(2+3)*4", joinExpressions(joinExpressions(two, "+", three), "*", four)],
  ["4*(2-3)", joinExpressions(four, "*", joinExpressions(two, "-", three))],
  ["4-(2+3)", joinExpressions(four, "-", joinExpressions(two, "+", three))],
  ["4-(2-3)", joinExpressions(four, "-", joinExpressions(two, "-", three))],
  ["4-2*3", joinExpressions(four, "-", joinExpressions(two, "*", three))],
  ["4+2-3", joinExpressions(four, "+", joinExpressions(two, "-", three))],
  ["4*2*3", joinExpressions(four, "*", joinExpressions(two, "*", three))],
  ["2-3-4", joinExpressions(joinExpressions(two, "-", three), "-", four)],
  ["2*3+4", joinExpressions(joinExpressions(two, "*", three), "+", four)],
])("%s is joined with no more parentheses than it needs", (text, { words }) => {
  expect(words.join("")).toBe(text);
});

test.each([
  ["2 + 3 * 4", 14],
  ["( 2 + 3 ) * 4", 20],
  ["9 - 4 - 3", 2],
  ["9 - ( 4 - 3 )", 8],
  ["3 - 5 + 8", 6],
  ["2 * 3 - 4 * 5", -14],
  ["( ( 7 ) )", 7],
])("%s = %i", (text, value) => {
  expect(evaluateExpression(text.split(" "))?.value).toBe(value);
});

test.each([
  "",
  "+",
  "2 +",
  "+ 2",
  "- 2",
  "2 + * 3",
  "2 3",
  "( )",
  "( 2",
  "2 )",
  ") 2 (",
  "2 ( 3 )",
  "( 2 ) ( 3 )",
  "( 2 + ) 3",
  "2 = 2",
  "2 / 2",
  "2 + so",
  "2 + <eos>",
  "1.5",
  "1e3",
  "-2",
])("%j is no expression", (text) => {
  expect(evaluateExpression(text === "" ? [] : text.split(" "))).toBeNull();
});

test("any number of parentheses", () => {
  const deep = 200_000;
  const words = [...Array<string>(deep).fill("("), "7", ...Array<string>(deep).fill(")")];
  expect(evaluateExpression(words)?.value).toBe(7);
  expect(evaluateExpression(words.slice(0, -1))).toBeNull();
});
