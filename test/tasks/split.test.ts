import { expect, test } from "vitest";
import { Random, STREAM } from "../../src/random.ts";
import { createTask, TASKS } from "../../src/tasks/registry.ts";
import { drawProblem, fmix32, fnv1a32, type Split, splitOf } from "../../src/tasks/split.ts";

const LEVELS = [...TASKS.keys()].flatMap((name) =>
  createTask(name).levels.map((_, level) => ({ name, level })),
);

test.each([
  ["", 0x811c9dc5],
  ["a", 0xe40c292c],
  ["foobar", 0xbf9cf968],
])("FNV-1a of %j, from its authors' test vectors", (text, hash) => {
  expect(fnv1a32(text)).toBe(hash);
});

// MurmurHash3_x86_32 of no bytes is fmix32(seed).
test.each([
  [0, 0],
  [1, 0x514e28b7],
  [0xffffffff, 0x81f16f39],
])("the finaliser of MurmurHash3 at %i", (hash, mixed) => {
  expect(fmix32(hash)).toBe(mixed);
});

// Another split would let models meet, in training, problems that they are evaluated on.
test.each([
  ["4 7 a * 5 b * 4 >", "train"],
  ["2 4 a * 3 b - 9 c - 4 >", "train"],
  ["7 9 a * 4 b * 7 c * 6 d + 9 e - 8 >", "train"],
  ["3 9 a - 2 b * 9 c - 6 >", "eval"],
  ["1 7 a * 5 b - 8 c + 8 >", "eval"],
  ["8 7 a * 7 b * 8 c - 5 d + 5 e * 6 >", "eval"],
  ["3 22 > 25", "train"],
  ["8 10 12 > 14", "train"],
  ["5 6 7 8 > 26", "train"],
  ["2 3 4 8 > 30", "eval"],
  ["4 10 12 > 18", "eval"],
  ["5 15 16 > 36", "eval"],
])("the key %j belongs to %s, now and always", (key, split) => {
  expect(splitOf(key)).toBe(split);
});

test("one key in ten belongs to evaluation, also among keys that differ in one letter", () => {
  const keys = Array.from({ length: 20_000 }, (_, i) => `${i}`);
  const share = keys.filter((key) => splitOf(key) === "eval").length / keys.length;
  expect(Math.abs(share - 0.1)).toBeLessThan(4 * Math.sqrt((0.1 * 0.9) / keys.length));
});

test.each(LEVELS)("$name, level $level: training and evaluation share no problem", ({ name, level }) => {
  const task = createTask(name);
  const keys = (split: Split, seed: number) => {
    const random = new Random(seed, STREAM.sftProblems);
    return new Set(Array.from({ length: 1500 }, () => drawProblem(task, level, split, random).key));
  };
  const train = keys("train", 1);
  const held = keys("eval", 2);
  expect([...held].filter((key) => train.has(key))).toEqual([]);
  expect(held.size).toBeGreaterThan(30);
});

test.each(LEVELS)(
  "$name, level $level: a seed gives the same problems and traces again",
  ({ name, level }) => {
    const draw = (seed: number, index: number) => {
      const task = createTask(name);
      const random = new Random(seed, STREAM.sftProblems, index);
      return Array.from({ length: 20 }, () => {
        const problem = drawProblem(task, level, "train", random);
        return { problem, trace: task.trace(problem, random) };
      });
    };
    expect(draw(5, 3)).toEqual(draw(5, 3));
    expect(draw(5, 3)).not.toEqual(draw(5, 4));
    expect(draw(5, 3)).not.toEqual(draw(6, 3));
  },
);

test("a level without a problem of the split is an error, not an endless loop", () => {
  const task = createTask("chain-arithmetic");
  const only = task.problem(0, new Random(0, STREAM.sftProblems));
  task.problem = () => only;
  const other = splitOf(only.key) === "train" ? "eval" : "train";
  expect(() => drawProblem(task, 0, other, new Random(0, STREAM.trial))).toThrow(
    new RegExp(`task chain-arithmetic, level 0: none of 1000 problems belongs to the ${other} split`),
  );
});

test.each([...TASKS.keys()].flatMap((name) => [-1, 4, 0.5, Number.NaN].map((level) => ({ name, level }))))(
  "$name: level $level is refused",
  ({ name, level }) => {
    const draw = () => drawProblem(createTask(name), level, "train", new Random(0, STREAM.sftProblems));
    expect(draw).toThrow(/level is .*; it must be one of 0 to 3/);
  },
);
