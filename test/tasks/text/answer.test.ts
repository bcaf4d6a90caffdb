import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { extractAnswer, goldAnswer, isSameAnswer } from "../../../src/tasks/text/answer.ts";
import { readNumber } from "../../../src/tasks/text/number.ts";
import { ANSWER_PATTERNS, type AnswerPattern } from "../../../src/tasks/text/settings.ts";

describe("the answer that a text gives", () => {
  test.each<[AnswerPattern, string, string | null]>([
    ["boxed", "so \\boxed{42}.", "42"],
    ["boxed", "\\boxed{1} no, \\boxed{ 2 }", "2"],
    ["boxed", "\\boxed{\\frac{3}{4}}", "\\frac{3}{4}"],
    ["boxed", "\\boxed{\\{1, 2\\}}", "\\{1, 2\\}"],
    ["boxed", "\\boxed{1} and \\boxed{2", null],
    ["boxed", "\\boxed{}", null],
    ["boxed", "boxed{3}", null],
    ["hashes", "2 + 2 = 4\n#### 4", "4"],
    ["hashes", "#### 1,000 \nand more", "1,000"],
    ["hashes", "#### 1\n#### 2", "2"],
    ["hashes", "####\n4", null],
    ["hashes", "### 4", null],
    ["tag", "<answer>Paris</answer>", "Paris"],
    ["tag", "<answer>a</answer> or <answer>\nb\n</answer> then", "b"],
    ["tag", "<answer>a", null],
    ["tag", "a</answer>", null],
    ["tag", "</answer><answer>", null],
    ["last-number", "3 apples and 4 pears: 7.", "7"],
    ["last-number", "it costs $1,234.50.", "1,234.50"],
    ["last-number", "5-3", "3"],
    ["last-number", "it is -3", "-3"],
    ["last-number", "x = -3.5e2!", "-3.5e2"],
    ["last-number", "a half is 1/2", "1/2"],
    ["last-number", "about .5", ".5"],
    ["last-number", "none", null],
  ])("%s of %j is %j", (pattern, text, right) => {
    expect(extractAnswer(text, pattern)).toBe(right);
  });

  test.each([
    ["42", "42"],
    [" Paris ", "Paris"],
    ["He has 3 + 4 = 7.\n#### 7", "7"],
    ["Thus $x = \\boxed{\\frac{1}{2}}$.", "\\frac{1}{2}"],
  ])("of a data set's %j is %j", (text, right) => {
    expect(goldAnswer(text)).toBe(right);
  });

  test.each(ANSWER_PATTERNS)("%s is looked for in time that grows with the text", (pattern) => {
    const pieces = [
      "\\boxed{",
      "####",
      "<answer>",
      "</answer>",
      "1,000",
      "-",
      "{",
      ".",
      " ",
      "\n",
      "\\frac{",
      "1e9",
    ];
    for (const piece of pieces) {
      const text = piece.repeat(40_000);
      const begin = process.cpuUsage();
      const found = extractAnswer(text, pattern);
      if (found !== null) isSameAnswer(found, text);
      expect(process.cpuUsage(begin).user, piece).toBeLessThan(2_000_000);
    }
  });
});

describe("two answers are the same", () => {
  test.each([
    ["1,000", "1000"],
    ["1000", "1e3"],
    ["1000.0", "1,000.00"],
    ["0.50", ".5"],
    ["1/2", "0.5"],
    ["\\frac{1}{2}", "2/4"],
    ["\\dfrac{3}{4}", "3/4"],
    ["-\\frac{1}{2}", "-0.5"],
    ["1 1/2", "1.5"],
    ["\u22123", "-3"],
    ["- 3", "-3"],
    ["+3", "3"],
    ["007", "7"],
    ["-0", "0"],
    ["42.", "42"],
    ["42,", "42"],
    ["$18", "18"],
    ["\\$18.00", "18"],
    ["€ 18", "18"],
    ["50%", "50"],
    ["50\\%", "50"],
    ["90^\\circ", "90°"],
    ["$x+1$", "x+1"],
    ["\\text{Paris}", "paris"],
    ["Paris!", "paris"],
    ["**7**", "7"],
    ["(1, 2)", "(1,2)"],
    ["\\left(1, 2\\right)", "(1,2)"],
    ["New  York", "new york"],
    ["100000000000000000001", "100,000,000,000,000,000,001"],
  ])("%j and %j", (a, b) => {
    expect(isSameAnswer(a, b)).toBe(true);
    expect(isSameAnswer(b, a)).toBe(true);
  });

  test.each([
    ["1", "2"],
    ["1,00", "100"],
    ["0.333", "1/3"],
    ["10²", "102"],
    ["1, 200", "1200"],
    ["-3", "3"],
    ["100000000000000000001", "100000000000000000000"],
    ["1/0", "2/0"],
    ["Paris", "London"],
    ["", ""],
    ["$", "%"],
    ["7 apples", "7"],
    ["1e999999999", "1e999999998"],
  ])("but not %j and %j", (a, b) => {
    expect(isSameAnswer(a, b)).toBe(false);
    expect(isSameAnswer(b, a)).toBe(false);
  });

  test("whole numbers and decimals as JavaScript writes them", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 9999 }), (a, b) => {
        const decimal = (a / 1024).toString();
        const isRead = decimal.includes("e-") || isSameAnswer(decimal, `${a}/1024`);
        return (
          isRead && isSameAnswer(a.toLocaleString("en-US"), `${a}.0`) && !isSameAnswer(`${a}`, `${a + b}`)
        );
      }),
    );
  });

  test("nothing makes them take long, or throw", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(..."0123456789.,eE+-/\\{}frac$% "), { maxLength: 60 }),
        (letters) => {
          const text = letters.join("");
          const same = isSameAnswer(text, text);
          return same || readNumber(text) === null;
        },
      ),
      { numRuns: 2000 },
    );
    expect(readNumber(`1e${"9".repeat(400)}`)).toBeNull();
    expect(readNumber("9".repeat(100_000))).toBeNull();
  });
});
