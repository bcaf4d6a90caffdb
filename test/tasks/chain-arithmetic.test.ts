import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random, STREAM } from "../../src/random.ts";
import { ChainArithmetic, type ChainSettings, chainArithmetic } from "../../src/tasks/chain-arithmetic.ts";
import { resolveSettings } from "../../src/tasks/registry.ts";
import { fnv1a32 } from "../../src/tasks/split.ts";
import { readChain } from "./chain-grammar.ts";
import { chainWords, prototype, prototypeProblem } from "./chain-prototype.ts";

const LEVELS = [0, 1, 2, 3];
const SURE = { multiplicationSlip: 0, additionSlip: 0, subtractionSlip: 0, noise: 0 };
const UNCHECKED = { checkAfterRight: 0, checkAfterWrong: 0, checkAgain: 0 };
const ONCE = { alternative: 0, secondAlternative: 0 };

function make(given: Partial<ChainSettings> = {}): ChainArithmetic {
  return new ChainArithmetic(resolveSettings(chainArithmetic, given));
}

const task = make();
const { vocabulary } = task;

/** Problems with a trace each, of all levels in turn. */
function examples(from: ChainArithmetic, count: number, seed = 0) {
  const random = new Random(seed, STREAM.trial);
  return Array.from({ length: count }, (_, i) => {
    const problem = from.problem(i % 4, random);
    return { problem, trace: from.trace(problem, random) };
  });
}

describe("problems", () => {
  test.each(LEVELS)("level %i: start, operations, prompt and answer agree", (level) => {
    const random = new Random(1, STREAM.trial);
    for (let i = 0; i < 200; i++) {
      const problem = task.problem(level, random);
      expect(problem.operations).toHaveLength(level + 2);
      const operations = problem.operations.map(
        ({ operator, digit }, at) => ` ${"abcde"[at]} ${operator}${digit}`,
      );
      expect(vocabulary.format(problem.prompt)).toBe(`${problem.start}${operations.join("")} >`);
      expect(problem.key).toBe(vocabulary.decode(problem.prompt));
      const value = problem.operations.reduce((sum, { operator, digit }) => {
        if (operator === "+") return sum + digit;
        return operator === "-" ? sum - digit : sum * digit;
      }, problem.start);
      expect(Number(problem.answer)).toBe(((value % 100) + 100) % 100);
      expect(problem.answer).toMatch(/^\d\d$/);
    }
  });

  test.each(LEVELS)("level %i: numbers are uniform and products as frequent as they should be", (level) => {
    const random = new Random(2, STREAM.trial);
    const problems = Array.from({ length: 4000 }, () => task.problem(level, random));
    const starts = problems.map(({ start }) => start);
    expect([Math.min(...starts), Math.max(...starts)]).toEqual([10, 99]);
    const operations = problems.flatMap((problem) => problem.operations);
    const digits = operations.map(({ digit }) => digit);
    expect([Math.min(...digits), Math.max(...digits)]).toEqual([2, 9]);
    for (const [operator, share] of [
      ["*", level < 2 ? 0.5 : 0.6],
      ["+", level < 2 ? 0.25 : 0.2],
    ] as const) {
      const found =
        operations.filter((operation) => operation.operator === operator).length / operations.length;
      expect(Math.abs(found - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / operations.length));
    }
  });

  test("the longest prompt has maxPromptTokens", () => {
    const longest = Math.max(...examples(task, 40).map(({ problem }) => problem.prompt.length));
    expect(longest).toBe(task.maxPromptTokens);
    expect(longest).toBe(18);
  });
});

describe("the teacher", () => {
  test("writes what the grammar allows, with right longhand", () => {
    for (const { problem, trace } of examples(task, 1000)) {
      const { answer } = readChain(problem, vocabulary.decode(trace), true);
      expect(task.verify(problem, trace)).toEqual({
        correct: answer === Number(problem.answer),
        prediction: `${answer}`.padStart(2, "0"),
      });
    }
  });

  test("writes what the grammar allows under any settings", () => {
    const settings = fc.record(
      Object.fromEntries(
        Object.entries(chainArithmetic.settings).map(([name, { minimum, maximum }]) => [
          name,
          fc.double({ min: minimum, max: Math.min(maximum, 0.8), noNaN: true }),
        ]),
      ),
    );
    fc.assert(
      fc.property(settings, fc.nat(), (given, seed) => {
        for (const { problem, trace } of examples(make(given), 8, seed)) {
          readChain(problem, vocabulary.decode(trace), given.checkSlip === 0);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("without slips and checks writes the shortest response, and a right one", () => {
    const plain = make({ ...SURE, ...UNCHECKED, ...ONCE });
    for (const { problem, trace } of examples(plain, 40)) {
      expect(trace).toHaveLength(plain.levels[problem.level]!.shortestResponse);
      expect(plain.verify(problem, trace).correct).toBe(true);
    }
    expect(plain.levels.map(({ shortestResponse }) => shortestResponse)).toEqual([16, 22, 28, 34]);
  });

  test.each([
    ["57 * 7: no carry", 57, "*", 7, 59],
    ["57 + 7: no carry", 57, "+", 7, 54],
    ["53 - 7: no borrow", 53, "-", 7, 56],
    ["52 + 7: nothing to forget", 52, "+", 7, 59],
  ] as const)("slips as it should on %s", (_, start, operator, digit, quick) => {
    const slips = make({
      multiplicationSlip: 1,
      additionSlip: 1,
      subtractionSlip: 1,
      noise: 0,
      ...UNCHECKED,
      ...ONCE,
    });
    const problem = prototypeProblem({
      level: 0,
      prompt: `${start}a${operator}${digit}>`,
      answer: `${quick}`,
    });
    const trace = slips.trace(problem, new Random(0, STREAM.trial));
    expect(vocabulary.format(trace)).toBe(`a ${operator}${digit}=${quick} ans ${quick}<eos>`);
  });

  test.each([
    ["57", "*", 7, "wait 7*7=49 5*7=35 so 99"],
    ["57", "+", 7, "wait 7+7=14 5+1=06 so 64"],
    ["97", "+", 7, "wait 7+7=14 9+1=00 so 04"],
    ["33", "-", 9, "wait 3-9=14 3-1=02 so 24"],
    ["05", "-", 9, "wait 5-9=16 0-1=09 so 96"],
    ["00", "*", 9, "wait 0*9=00 0*9=00 so 00"],
  ] as const)("checks %s %s %i longhand", (start, operator, digit, check) => {
    const checks = make({ ...SURE, ...ONCE, checkAfterRight: 1, checkAgain: 0 });
    const result = check.slice(-2);
    const problem = prototypeProblem({ level: 0, prompt: `${start}a${operator}${digit}>`, answer: result });
    const trace = checks.trace(problem, new Random(0, STREAM.trial));
    expect(vocabulary.format(trace)).toBe(`a ${operator}${digit}=${result} ${check} ans ${result}<eos>`);
  });

  test("with all noise writes quick results from 00 to 99, all alike", () => {
    const noisy = make({ noise: 1, ...UNCHECKED, ...ONCE });
    const counts = new Array<number>(100).fill(0);
    for (const { problem, trace } of examples(noisy, 2000)) {
      for (const { quick } of readChain(problem, vocabulary.decode(trace), true).chains.flat())
        counts[quick]! += 1;
    }
    // Chi-square with 99 degrees of freedom: 148 is exceeded once in 1000 seeds.
    const mean = counts.reduce((sum, count) => sum + count, 0) / 100;
    expect(counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0)).toBeLessThan(148.2);
  });

  test("does the problem again as often as told, with fewer checks", () => {
    const again = make({
      ...SURE,
      alternative: 1,
      secondAlternative: 1,
      checkAfterRight: 1,
      alternativeDoubt: 0,
    });
    for (const { problem, trace } of examples(again, 40)) {
      const { chains } = readChain(problem, vocabulary.decode(trace), true);
      expect(chains).toHaveLength(3);
      const checked = chains.map((chain) => chain.filter(({ checks }) => checks.length > 0).length);
      expect(checked).toEqual([problem.operations.length, 0, 0]);
    }
  });

  test("checks wrong results only, if told so, until they are right", () => {
    const careful = make({
      multiplicationSlip: 1,
      noise: 0.3,
      ...UNCHECKED,
      checkAfterWrong: 1,
      checkSlip: 0.5,
    });
    for (const { problem, trace } of examples(careful, 100)) {
      const { chains } = readChain(problem, vocabulary.decode(trace), false);
      for (const step of chains.flat()) {
        const right = step.checks.at(-1) ?? step.quick;
        expect([step.quick, ...step.checks].indexOf(right)).toBe(step.checks.length);
      }
      expect(task.verify(problem, trace).correct).toBe(true);
    }
  });
});

describe("bare responses", () => {
  test("come as often as told, and are right as often as quick results alone", () => {
    const quick = { ...UNCHECKED, ...ONCE };
    const count = 4000;
    const accuracy = (from: ChainArithmetic, seed: number) => {
      const drawn = examples(from, count, seed).filter(({ trace }) => trace[0] === vocabulary.so);
      const right = drawn.filter(({ problem, trace }) => from.verify(problem, trace).correct).length;
      for (const { problem, trace } of drawn) {
        expect(readChain(problem, vocabulary.decode(trace), true).bare).toBe(true);
        expect(trace).toHaveLength(from.levels[problem.level]!.shortestResponse + 1);
      }
      return { share: drawn.length / count, right: right / drawn.length };
    };
    const mixed = accuracy(make({ bare: 0.3 }), 1);
    expect(Math.abs(mixed.share - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / count));
    const all = accuracy(make({ bare: 1 }), 2);
    expect(all.share).toBe(1);
    const unchecked = examples(make(quick), count, 3);
    const expected =
      unchecked.filter(({ problem, trace }) => task.verify(problem, trace).correct).length / count;
    for (const { share, right } of [mixed, all]) {
      const deviation = Math.sqrt(expected * (1 - expected) * (1 / count + 1 / (share * count)));
      expect(Math.abs(right - expected)).toBeLessThan(4 * deviation);
    }
  });

  test("without them traces are those of a teacher that knows none", () => {
    // FNV-1a of 400 traces, from before there were bare ones.
    const text = examples(task, 400, 7).map(({ trace }) => vocabulary.decode(trace));
    expect(fnv1a32(text.join("\n"))).toBe(4_262_952_242);
  });
});

test("a budget is named before the word that ends the prompt", () => {
  const prompt = vocabulary.encode("4 8 a * 8 b + 4 >");
  const named = (kind: "exact" | "max", tokens: number) =>
    vocabulary.format(task.withBudget(prompt, { kind, tokens }));
  expect([named("exact", 50), named("max", 7)]).toEqual(["48 a *8 b +4 so 50= >", "48 a *8 b +4 so 07- >"]);
});

describe("cutting behind a solution", () => {
  const problem = prototypeProblem({ level: 0, prompt: "48a*8b+4>", answer: "88" });
  const checkA = "w8*8=644*8=32s84";
  const checkB = "w4+4=088+0=08s88";

  test.each([
    ["the quick result", "a*8=84b+4=88n88.", 1, "a*8=84b+4=88n88."],
    ["the quick result, without its check", `a*8=84b+4=88${checkB}n88.`, 1, "a*8=84b+4=88n88."],
    [
      "with reflection: its check as well",
      `a*8=84b+4=88${checkB}${checkB}n88.`,
      2,
      `a*8=84b+4=88${checkB}n88.`,
    ],
    ["a check, where the quick result is wrong", `a*8=84b+4=78${checkB}n88.`, 1, `a*8=84b+4=78${checkB}n88.`],
    ["the last one, where there are fewer", "a*8=84b+4=88n88.", 2, "a*8=84b+4=88n88."],
    [
      "of a second chain",
      `a*8=24b+4=28ta*8=24${checkA}b+4=88n88.`,
      1,
      `a*8=24b+4=28ta*8=24${checkA}b+4=88n88.`,
    ],
    [
      "with reflection: in the second chain",
      "a*8=84b+4=88ta*8=84b+4=88n88.",
      2,
      "a*8=84b+4=88ta*8=84b+4=88n88.",
    ],
    [
      "wrong ones between do not count",
      "a*8=84b+4=88ta*8=24b+4=28ta*8=84b+4=88n88.",
      2,
      "a*8=84b+4=88ta*8=24b+4=28ta*8=84b+4=88n88.",
    ],
    ["a right result that is lost in the end", "a*8=84b+4=88ta*8=24b+4=28n28.", 1, "a*8=84b+4=88n88."],
    ["of a response that was cut off", `a*8=84b+4=88w4+4`, 1, "a*8=84b+4=88n88."],
    ["of a bare response", "sa*8=84b+4=88n88.", 1, "sa*8=84b+4=88n88."],
  ] as const)("%s", (_, response, count, cut) => {
    expect(task.cutAfterSolution(problem, chainWords(response), count)).toEqual(chainWords(cut));
  });

  test("every right trace has a solution", () => {
    for (const { problem, trace } of examples(task, 400)) {
      if (!task.verify(problem, trace).correct) continue;
      expect(task.cutAfterSolution(problem, trace, 1)).not.toBeNull();
    }
  });

  test.each([
    ["an earlier step that happens to be equal", "a*8=88b+4=92n92."],
    ["an answer that no step came to", "a*8=84n88."],
    ["wrong throughout", "a*8=24b+4=28n28."],
    ["nothing", ""],
  ])("none: %s", (_, response) => {
    expect(task.cutAfterSolution(problem, chainWords(response), 1)).toBeNull();
  });
});

describe("the verifier", () => {
  const problem = prototypeProblem({ level: 0, prompt: "48a*8b+4>", answer: "88" });

  test.each([
    ["right", "a *8=84 b +4=88 ans 8 8 <eos>", true, "88"],
    ["right, with nothing before it", "ans 8 8 <eos>", true, "88"],
    ["right, after a chain that broke off", "a * 8 = alt ans 8 8 <eos>", true, "88"],
    ["answered twice, the second time right", "ans 1 2 ans 8 8 <eos>", true, "88"],
    ["answered twice, the second time wrong", "ans 8 8 ans 1 2 <eos>", false, "12"],
    ["wrong", "ans 8 9 <eos>", false, "89"],
    ["cut off before the end token", "ans 8 8", false, null],
    ["cut off within the answer", "ans 8", false, null],
    ["one digit short", "ans 8 <eos>", false, null],
    ["one digit long", "ans 8 8 8 <eos>", false, null],
    ["no digits", "ans <eos>", false, null],
    ["a word for a digit", "ans 8 wait <eos>", false, null],
    ["a letter for a digit", "ans 8 b <eos>", false, null],
    ["ans missing", "8 8 <eos>", false, null],
    ["text after the end token", "ans 8 8 <eos> wait", false, null],
    ["the answer after the end token", "<eos> ans 8 8 <eos>", false, null],
    ["padding after the end token", "ans 8 8 <eos> <pad>", false, null],
    ["padding within the answer", "ans 8 <pad> 8 <eos>", false, null],
    ["the end token alone", "<eos>", false, null],
    ["nothing", "", false, null],
  ])("%s", (_, text, correct, prediction) => {
    const response = vocabulary.encode(text.replaceAll(/([*+=\d])(?=\S)/g, "$1 "));
    expect(task.verify(problem, response)).toEqual({ correct, prediction });
  });

  test("any tokens: correct just if they end in ans, the right digits and the only end token", () => {
    const tokens = fc.array(fc.oneof(fc.integer({ min: -2, max: 40 }), fc.constantFrom(1, 10, 19)), {
      maxLength: 8,
    });
    const right = vocabulary.encode("ans 8 8 <eos>");
    fc.assert(
      fc.property(tokens, fc.boolean(), (before, answered) => {
        const response = answered ? [...before, ...right] : before;
        const ends =
          response.slice(-4).join() === right.join() &&
          response.indexOf(vocabulary.end) === response.length - 1;
        expect(task.verify(problem, response).correct).toBe(ends);
      }),
    );
  });
});

describe("agreement with the Python prototype (test/fixtures/tasks)", () => {
  const rows = [...prototype.problems, ...prototype.damaged];

  test.each(rows)("$prompt: answer and verdict on $response", (row) => {
    const problem = prototypeProblem(row);
    expect(problem.answer).toBe(row.answer);
    expect(task.verify(problem, chainWords(row.response))).toEqual({
      correct: row.prediction === row.answer,
      prediction: row.prediction,
    });
  });

  test.each(prototype.problems)("$prompt: the prototype's trace follows our grammar", (row) => {
    readChain(prototypeProblem(row), vocabulary.decode(chainWords(row.response)), true);
  });

  test.each(LEVELS)("level %i: lengths, checks, repeats and errors of traces", (level) => {
    const count = 5000;
    const random = new Random(3, STREAM.trial, level);
    const total = { length: 0, waits: 0, alts: 0, wrong: 0 };
    for (let i = 0; i < count; i++) {
      const problem = task.problem(level, random);
      const trace = task.trace(problem, random);
      const { wait, alt } = vocabulary.countWords(trace);
      total.length += trace.length;
      total.waits += wait;
      total.alts += alt;
      total.wrong += task.verify(problem, trace).correct ? 0 : 1;
    }
    const expected = prototype.levels[level]!;
    for (const name of ["length", "waits", "alts", "wrong"] as const) {
      const { mean, deviation } = expected[name];
      const error = deviation * Math.sqrt(1 / count + 1 / prototype.traces);
      expect(Math.abs(total[name] / count - mean), name).toBeLessThan(4 * error);
    }
  });
});
