import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random, STREAM } from "../../src/random.ts";
import {
  Countdown,
  type CountdownProblem,
  type CountdownSettings,
  countdown,
} from "../../src/tasks/countdown.ts";
import { evaluateExpression } from "../../src/tasks/expression.ts";
import { resolveSettings } from "../../src/tasks/registry.ts";
import { readCountdown } from "./countdown-grammar.ts";

const LEVELS = [0, 1, 2, 3];
const SURE = { multiplicationSlip: 0, additionSlip: 0, subtractionSlip: 0, noise: 0 };
const UNCHECKED = { checkAfterRight: 0, checkAfterWrong: 0, checkAgain: 0 };

function make(given: Partial<CountdownSettings> = {}): Countdown {
  return new Countdown(resolveSettings(countdown, given));
}

const task = make();
const { vocabulary } = task;

/** Problems of one level with a trace each. */
function examples(from: Countdown, level: number, count: number, seed = 0) {
  const random = new Random(seed, STREAM.sftProblems, level);
  return Array.from({ length: count }, () => {
    const problem = from.problem(level, random);
    return { problem, trace: from.trace(problem, random) };
  });
}

/** Words of an expression such as `(3+5)*8`. */
function expressionWords(text: string): string[] {
  return text.match(/\d+|\S/g) ?? [];
}

describe("problems", () => {
  test.each([
    [0, 2, 30],
    [1, 3, 20],
    [2, 3, 12],
    [3, 4, 9],
  ])(
    "level %i: %i different numbers from 2 to %i, and a target that can be reached",
    (level, count, largest) => {
      const seen = new Set<number>();
      for (const { problem } of examples(task, level, 500)) {
        const { numbers, target } = problem;
        for (const number of numbers) seen.add(number);
        expect(new Set(numbers).size).toBe(count);
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
        expect(vocabulary.decode(problem.prompt)).toBe(`${numbers.join(" ")} > ${target}`);
        expect(problem.prompt.length).toBeLessThanOrEqual(task.maxPromptTokens);
        expect(problem.key).toBe(vocabulary.decode(problem.prompt));
        expect(target).toBeGreaterThanOrEqual(1);
        expect(target).toBeLessThanOrEqual(99);
        const response = vocabulary.ids(["ans", ...expressionWords(problem.answer), "<eos>"]);
        expect(task.verify(problem, response)).toEqual({ correct: true, prediction: problem.answer });
      }
      expect([Math.min(...seen), Math.max(...seen), seen.size]).toEqual([2, largest, largest - 1]);
    },
  );

  test("all operators occur, and parentheses where they are needed", () => {
    const answers = examples(task, 3, 300).map(({ problem }) => problem.answer);
    for (const sign of "+-*(")
      expect(answers.filter((answer) => answer.includes(sign)).length).toBeGreaterThan(30);
  });
});

describe("the teacher", () => {
  test.each(LEVELS)("level %i: writes what the grammar allows, and stops at the target", (level) => {
    for (const { problem, trace } of examples(task, level, 500)) {
      const { attempts, answer } = readCountdown(problem, vocabulary.decode(trace));
      expect(attempts.length).toBeLessThanOrEqual(4);
      for (const failed of attempts.slice(0, -1)) expect(failed.value).not.toBe(problem.target);
      if (attempts.length < 4) expect(attempts.at(-1)!.value).toBe(problem.target);
      // The answer is the last attempt's plan, whether or not its arithmetic went well.
      const { value, numbers } = evaluateExpression(answer.split(" "))!;
      expect(numbers.sort((a, b) => a - b)).toEqual(problem.numbers);
      expect(task.verify(problem, trace).correct).toBe(value === problem.target);
    }
  });

  test("writes what the grammar allows under any settings", () => {
    const settings = fc.record(
      Object.fromEntries(
        Object.entries(countdown.settings).map(([name, { minimum, maximum, integer }]) => [
          name,
          integer === true
            ? fc.integer({ min: minimum, max: maximum })
            : fc.double({ min: minimum, max: Math.min(maximum, 0.8), noNaN: true }),
        ]),
      ),
    );
    fc.assert(
      fc.property(settings, fc.nat(), fc.constantFrom(...LEVELS), (given, seed, level) => {
        const { attempts: most } = resolveSettings(countdown, given);
        for (const { problem, trace } of examples(make(given), level, 4, seed)) {
          expect(readCountdown(problem, vocabulary.decode(trace)).attempts.length).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 50 },
    );
  });

  // Means of 20,000 traces. 3000 more stay within a tenth of them, which is over four standard errors.
  test.each([
    { level: 0, length: 22.1, waits: 0.57, alts: 0.34 },
    { level: 1, length: 45.7, waits: 1.39, alts: 0.66 },
    { level: 2, length: 51.8, waits: 1.67, alts: 0.83 },
    { level: 3, length: 80.3, waits: 2.76, alts: 0.99 },
  ])("level $level: mean length $length, $waits checks, $alts failed attempts", ({ level, ...expected }) => {
    const drawn = examples(task, level, 3000, 1);
    const total = { length: 0, waits: 0, alts: 0 };
    for (const { trace } of drawn) {
      const { wait, alt } = vocabulary.countWords(trace);
      total.length += trace.length;
      total.waits += wait;
      total.alts += alt;
    }
    for (const name of ["length", "waits", "alts"] as const) {
      expect(Math.abs(total[name] / drawn.length / expected[name] - 1), name).toBeLessThan(0.1);
    }
    const wrong = drawn.filter(({ problem, trace }) => !task.verify(problem, trace).correct).length;
    expect(wrong / drawn.length).toBeLessThan(0.01);
  });

  test("makes checks that mend a result, checks that were not needed, and mistakes that nobody caught", () => {
    const steps = examples(task, 3, 500).flatMap(({ problem, trace }) =>
      readCountdown(problem, vocabulary.decode(trace)).attempts.flatMap((attempt) => attempt.steps),
    );
    const share = (test: (step: (typeof steps)[number]) => boolean) =>
      steps.filter(test).length / steps.length;
    expect(share(({ quick, right, checks }) => quick !== right && checks > 0)).toBeGreaterThan(0.1);
    expect(share(({ quick, right, checks }) => quick === right && checks > 0)).toBeGreaterThan(0.2);
    expect(share(({ quick, right, checks }) => quick !== right && checks === 0)).toBeGreaterThan(0.02);
  });

  test("with insight and without slips and checks writes a shortest response, but for parentheses", () => {
    const plain = make({ ...SURE, ...UNCHECKED, insight: 1 });
    for (const level of LEVELS) {
      const lengths = examples(plain, level, 100).map(({ problem, trace }) => {
        expect(plain.verify(problem, trace).correct).toBe(true);
        return trace.filter((token) => !"()".includes(vocabulary.token(token))).length;
      });
      expect(new Set(lengths)).toEqual(new Set([plain.levels[level]!.shortestResponse]));
    }
  });

  const one = (first: number, operator: "+" | "-" | "*", number: number): CountdownProblem => {
    const solution = { first, steps: [{ operator, number }] };
    return { level: 0, prompt: [], answer: "", key: "", numbers: [first, number], target: 1, solution };
  };
  const first = { insight: 1, attempts: 1, noise: 0 };

  test.each([
    [47, "+", 8, "47+8=45"],
    [41, "+", 8, "41+8=49"],
    [52, "-", 8, "52-8=54"],
    [58, "-", 8, "58-8=50"],
    [7, "*", 8, "7*8=49"],
  ] as const)("slips as it should on %i%s%i", (a, operator, b, step) => {
    const slips = make({
      ...first,
      multiplicationSlip: 1,
      additionSlip: 1,
      subtractionSlip: 1,
      ...UNCHECKED,
    });
    const trace = slips.trace(one(a, operator, b), new Random(0, STREAM.sftProblems));
    expect(vocabulary.format(trace)).toBe(`${step} > 1 ans ${a}${operator}${b}<eos>`);
  });

  test.each([
    [47, "+", 8, "47+8=55 wait 47+3=50 50+5=55 so 55"],
    [40, "+", 17, "40+17=57 wait 40+10=50 50+7=57 so 57"],
    [41, "+", 8, "41+8=49 wait 41+8=49 49+0=49 so 49"],
    [52, "-", 38, "52-38=14 wait 52-2=50 50-36=14 so 14"],
    [50, "-", 17, "50-17=33 wait 50-10=40 40-7=33 so 33"],
    [7, "*", 8, "7*8=56 wait 7*7=49 49+7=56 so 56"],
  ] as const)("checks %i%s%i in two halves", (a, operator, b, steps) => {
    const checks = make({ ...first, ...SURE, checkAfterRight: 1, checkAgain: 0 });
    const trace = checks.trace(one(a, operator, b), new Random(0, STREAM.sftProblems));
    expect(vocabulary.format(trace)).toBe(`${steps} > 1 ans ${a}${operator}${b}<eos>`);
  });
});

describe("the verifier", () => {
  const problem: CountdownProblem = {
    level: 3,
    prompt: vocabulary.encode("2 3 5 8 > 14"),
    answer: "(3+5)*2-...",
    key: "2 3 5 8 > 14",
    numbers: [2, 3, 5, 8],
    target: 14,
    solution: { first: 8, steps: [] },
  };
  const judge = (text: string) => task.verify(problem, vocabulary.ids(text.match(/<?\w+>?|\S/g) ?? []));

  test.each([
    "8+5+3-2",
    "3-2+5+8",
    "8+(5+(3-2))",
    "((8+5)+3)-2",
    "(5-2)*3+8-3+0",
    "2-3+5+8",
    "(8+5)+((3)-2)",
    "2*5+8-3-1",
    "8-(2-3-5)",
    "2*8-5+3",
    "5*2*3-2*8",
    "(8-2)*3-5+1",
    "8*3-5*2",
    "(3+5)*2-(8-6)",
  ])("%s: right just if it uses 2 3 5 8 and gives 14", (expression) => {
    const { value, numbers } = evaluateExpression(expressionWords(expression))!;
    const correct = value === 14 && numbers.sort().join() === "2,3,5,8";
    expect(judge(`ans ${expression} <eos>`)).toEqual({ correct, prediction: expression });
  });

  test.each([
    ["right by a way that the teacher never takes", "ans 8 - ( 2 - ( 3 + 5 ) ) <eos>", true, "8-(2-(3+5))"],
    ["right, after an attempt that broke off", "8 + 5 = alt ans 8 * 3 - 5 * 2 <eos>", true, "8*3-5*2"],
    ["answered twice, the second time right", "ans 14 ans 8 * 3 - 5 * 2 <eos>", true, "8*3-5*2"],
    ["answered twice, the second time wrong", "ans 8 * 3 - 5 * 2 ans 14 <eos>", false, "14"],
    ["the target itself", "ans 14 <eos>", false, "14"],
    ["another value", "ans 8 + 5 + 3 + 2 <eos>", false, "8+5+3+2"],
    ["a number twice", "ans 8 + 3 + 3 <eos>", false, "8+3+3"],
    ["a number twice besides the others", "ans 8 * 3 - 5 * 2 + 5 - 5 <eos>", false, "8*3-5*2+5-5"],
    ["a number left out", "ans 8 + 3 * 2 <eos>", false, "8+3*2"],
    ["a number that is not given", "ans 8 + 6 <eos>", false, "8+6"],
    ["an equation", "ans 8 * 3 - 5 * 2 = 14 <eos>", false, null],
    ["a sign before a number", "ans - 2 + 8 + 5 + 3 <eos>", false, null],
    ["a parenthesis left open", "ans ( 8 * 3 - 5 * 2 <eos>", false, null],
    ["a parenthesis too many", "ans 8 * 3 - 5 * 2 ) <eos>", false, null],
    ["empty parentheses", "ans ( ) 8 * 3 - 5 * 2 <eos>", false, null],
    ["no operator between numbers", "ans 8 * 3 5 * 2 <eos>", false, null],
    ["a word in it", "ans 8 * 3 - so 5 * 2 <eos>", false, null],
    ["padding in it", "ans 8 * 3 - <pad> 5 * 2 <eos>", false, null],
    ["nothing in it", "ans <eos>", false, null],
    ["ans missing", "8 * 3 - 5 * 2 <eos>", false, null],
    ["cut off before the end token", "ans 8 * 3 - 5 * 2", false, null],
    ["cut off within the answer", "ans 8 * 3 -", false, null],
    ["text after the end token", "ans 8 * 3 - 5 * 2 <eos> wait", false, null],
    ["the answer after the end token", "<eos> ans 8 * 3 - 5 * 2 <eos>", false, null],
    ["nothing", "", false, null],
  ])("%s", (_, text, correct, prediction) => {
    expect(judge(text)).toEqual({ correct, prediction });
  });

  test("is not brought down by any tokens", () => {
    const tokens = fc.array(fc.integer({ min: -2, max: vocabulary.size + 2 }));
    fc.assert(
      fc.property(
        tokens,
        fc.array(fc.constantFrom(...vocabulary.encode("2 3 5 8 + - * ( )"))),
        (before, answer) => {
          const response = [...before, vocabulary.ans, ...answer, vocabulary.end];
          const { correct, prediction } = task.verify(problem, response);
          if (correct) expect(evaluateExpression(expressionWords(prediction!))?.value).toBe(14);
          expect(task.verify(problem, before).correct).toBe(false);
        },
      ),
    );
  });

  test("numbers that are given twice must be used twice", () => {
    const twice = { ...problem, numbers: [4, 4], target: 8 };
    const verdict = (text: string) => task.verify(twice, vocabulary.encode(`ans ${text} <eos>`)).correct;
    expect([verdict("4 + 4"), verdict("8"), verdict("4 * 2")]).toEqual([true, false, false]);
  });
});

describe("cutting behind a solution", () => {
  const problem: CountdownProblem = {
    level: 2,
    prompt: vocabulary.encode("3 5 8 > 64"),
    answer: "(3+5)*8",
    key: "3 5 8 > 64",
    numbers: [3, 5, 8],
    target: 64,
    solution: { first: 3, steps: [] },
  };
  const solved = "3 + 5 = 8 8 * 8 = 64 > 64";
  const check = "wait 8 * 7 = 56 56 + 8 = 64 so 64";
  const failed = "3 * 5 = 15 15 + 8 = 23 > 64";
  const answer = "ans ( 3 + 5 ) * 8 <eos>";

  test.each([
    ["the first attempt", `${solved} ${answer}`, 1, `${solved} ${answer}`],
    [
      "an attempt with a check",
      `3 + 5 = 8 8 * 8 = 24 ${check} > 64`,
      1,
      `3 + 5 = 8 8 * 8 = 24 ${check} > 64 ${answer}`,
    ],
    ["behind one that failed", `${failed} alt ${solved} ${answer}`, 1, `${failed} alt ${solved} ${answer}`],
    ["behind one that was given up", `3 - 5 alt ${solved} ans`, 1, `3 - 5 alt ${solved} ${answer}`],
    ["the first of two", `${solved} alt ${solved} ${answer}`, 1, `${solved} ${answer}`],
    ["the second of two", `${solved} alt ${solved} ${answer}`, 2, `${solved} alt ${solved} ${answer}`],
    ["the last one, where there are fewer", `${solved} alt ${failed}`, 2, `${solved} ${answer}`],
    ["with an answer of its own", `${solved} ans 3 + 5 <eos>`, 1, `${solved} ${answer}`],
  ])("%s", (_, response, count, cut) => {
    expect(task.cutAfterSolution(problem, vocabulary.encode(response), count)).toEqual(
      vocabulary.encode(cut),
    );
  });

  test.each([
    ["the way is right, but a slip hides it", "3 + 5 = 8 8 * 8 = 54 > 64"],
    ["a slip that leads to the target", "3 * 5 = 8 8 * 8 = 64 > 64"],
    ["a value from nowhere", "3 + 5 = 8 16 * 4 = 64 > 64"],
    ["a number is used twice", "8 * 8 = 64 > 64"],
    ["no target beside it", "3 + 5 = 8 8 * 8 = 64"],
    ["a check without a step", `${check} > 64`],
    ["cut off within a step", "3 + 5 = 8 8 * 8 ="],
    ["the answer alone", answer],
    ["nothing", ""],
  ])("none: %s", (_, response) => {
    expect(task.cutAfterSolution(problem, vocabulary.encode(response), 1)).toBeNull();
  });
});
