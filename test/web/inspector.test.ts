import { describe, expect, test } from "vitest";
import { Random, STREAM } from "../../src/random.ts";
import { createTask } from "../../src/tasks/registry.ts";
import type { ToyTask } from "../../src/tasks/task.ts";
import type { SampleRecord } from "../../src/train/records.ts";
import { firstWorthSeeing, groupsOf, levelsOf, verdictUnder } from "../../web/panels/rollout-groups.ts";
import { heatOf, markTokens, recheckedWords, wordsOf, wordsPerNumber } from "../../web/panels/token-marks.ts";

function sample(change: Partial<SampleRecord>): SampleRecord {
  return {
    ...{ step: 3, group: 0, sample: 0, level: 0, prompt: "48 a *8 >", response: "", answer: "84" },
    ...{ tokens: [], logprobs: [], entropies: [], prediction: "84", correct: true, reward: 1 },
    ...{ advantage: 1, length: 20, truncated: false, cap: 40 },
    ...change,
  };
}

describe("groups of a rollout", () => {
  const samples = [
    sample({ group: 0, sample: 0, level: 1 }),
    sample({ group: 0, sample: 1, level: 1, correct: false, advantage: -1 }),
    sample({ group: 1, sample: 0, advantage: 0 }),
    sample({ group: 1, sample: 1, advantage: 0 }),
  ];

  test("know how many are right, and whether they teach anything", () => {
    const groups = groupsOf(samples);
    expect(groups.map(({ group, right, dead }) => ({ group, right, dead }))).toEqual([
      { group: 0, right: 1, dead: false },
      { group: 1, right: 2, dead: true },
    ]);
    expect(firstWorthSeeing(groups)?.group).toBe(0);
    expect(firstWorthSeeing([])).toBeUndefined();
  });

  test("stand by difficulty, easiest first", () => {
    const levels = levelsOf(groupsOf(samples));
    expect(levels.map(({ level, right, responses, dead }) => [level, right, responses, dead])).toEqual([
      [0, 2, 2, 1],
      [1, 1, 2, 0],
    ]);
  });
});

test("under a smaller budget a response is cut that is longer, right or wrong", () => {
  expect(verdictUnder(sample({ length: 20 }), 20)).toBe("right");
  expect(verdictUnder(sample({ length: 21 }), 20)).toBe("cut");
  expect(verdictUnder(sample({ length: 10, correct: false }), 20)).toBe("wrong");
  expect(verdictUnder(sample({ length: 20, truncated: true }), 80)).toBe("cut");
});

describe("tokens", () => {
  const chain = createTask("chain-arithmetic");
  const countdown = createTask("countdown");

  test("of numbers are as many as the task's vocabulary has", () => {
    expect(wordsPerNumber(chain.vocabulary)).toBe(2);
    expect(wordsPerNumber(countdown.vocabulary)).toBe(1);
  });

  test("of a re-check go from wait through the number after so", () => {
    const words = "a * 8 = 4 4 wait 8 * 8 = 6 4 4 * 8 = 3 2 so 8 4 b + 2".split(" ");
    const inside = recheckedWords(words, 2);
    expect(words.filter((_, i) => inside[i]).join(" ")).toBe("wait 8 * 8 = 6 4 4 * 8 = 3 2 so 8 4");
    expect(inside.indexOf(true)).toBe(6);
    const numbers = "7 * 8 = 54 wait 7 * 7 = 49 49 + 7 = 56 so 56 56 - 2 = 54".split(" ");
    expect(recheckedWords(numbers, 1).lastIndexOf(true)).toBe(numbers.indexOf("so") + 1);
  });

  test("of a re-check that never ends go to the end, but for the end token", () => {
    expect(recheckedWords(["a", "wait", "4", "<eos>"], 2)).toEqual([false, true, true, false]);
    expect(recheckedWords(["so", "4"], 2)).toEqual([false, false]);
  });

  test("are spaced as the task formats them, in every trace of the teacher", () => {
    for (const task of [chain, countdown] as readonly ToyTask[]) {
      const { vocabulary } = task;
      const random = new Random(7, STREAM.sftProblems);
      for (let i = 0; i < 40; i++) {
        const ids = task.trace(task.problem(i % 4, random), random).slice(0, -1); // the page has a sign of its own for the end
        const marks = markTokens(
          { words: wordsOf(vocabulary, ids), logprobs: [], entropies: [] },
          10,
          wordsPerNumber(vocabulary),
        );
        const text = marks.map(({ word, spaced }) => (spaced ? ` ${word}` : word)).join("");
        expect(text).toBe(vocabulary.format(ids));
        expect(marks.findIndex(({ beyond }) => beyond)).toBe(ids.length > 10 ? 10 : -1);
      }
    }
  });

  test("are coloured from 0 to 1 on a fixed scale", () => {
    expect(heatOf("logprob", { logprob: 0, entropy: 9 })).toBe(0);
    expect(heatOf("logprob", { logprob: -1.5, entropy: 0 })).toBe(0.5);
    expect(heatOf("logprob", { logprob: -99, entropy: 0 })).toBe(1);
    expect(heatOf("entropy", { logprob: -99, entropy: 0.75 })).toBe(0.5);
    expect(heatOf("none", { logprob: -99, entropy: 9 })).toBe(0);
  });
});
