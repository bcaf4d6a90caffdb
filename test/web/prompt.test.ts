import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random, STREAM } from "../../src/random.ts";
import { createTask, TASKS } from "../../src/tasks/registry.ts";
import { examplePrompt, readPrompt } from "../../web/state/prompt.ts";

const chain = createTask("chain-arithmetic");

function wordsOf(text: string, task = chain): string {
  const reading = readPrompt(task, text);
  return reading.ok ? reading.words.join(" ") : `fault: ${reading.fault.kind}`;
}

describe("a problem as it is typed", () => {
  test.each([
    ["48 a *8 b *4 >", "4 8 a * 8 b * 4 >"],
    ["48a*8b*4", "4 8 a * 8 b * 4 >"],
    ["48*8*4", "4 8 a * 8 b * 4 >"],
    ["  48 - 8 + 4 ", "4 8 a - 8 b + 4 >"],
  ])("%s", (text, words) => {
    expect(wordsOf(text)).toBe(words);
  });

  test("of countdown takes numbers whole", () => {
    expect(wordsOf("3 5 8 > 64", createTask("countdown"))).toBe("3 5 8 > 64");
  });

  test("that cannot be read is told where", () => {
    expect(readPrompt(chain, "  ")).toEqual({ ok: false, fault: { kind: "empty" } });
    expect(readPrompt(chain, "48 / 8")).toEqual({ ok: false, fault: { kind: "unknown", text: "/" } });
    expect(readPrompt(chain, "48 wait")).toEqual({ ok: false, fault: { kind: "unknown", text: "wait" } });
    expect(readPrompt(chain, "48 a forty-two")).toEqual({
      ok: false,
      fault: { kind: "unknown", text: "forty-two" },
    });
    const long = readPrompt(chain, "12*2*2*2*2*2*2");
    expect(long).toEqual({ ok: false, fault: { kind: "long", words: 21, most: 18 } });
  });

  test("of chain arithmetic has its answer, as the task has it", () => {
    const random = new Random(5, STREAM.evalProblems);
    for (let i = 0; i < 40; i++) {
      const { prompt, answer } = chain.problem(i % 4, random);
      expect(readPrompt(chain, chain.vocabulary.format(prompt))).toMatchObject({ ok: true, answer });
    }
    expect(readPrompt(chain, "48 *")).toMatchObject({ ok: true, answer: null });
    expect(readPrompt(createTask("countdown"), "3 5 > 8")).toMatchObject({ ok: true, answer: null });
  });

  test("can be an example of any level of any task", () => {
    for (const name of TASKS.keys()) {
      const task = createTask(name);
      for (const [level] of task.levels.entries()) {
        for (let seed = 0; seed < 5; seed++) {
          const text = examplePrompt(task, level, seed);
          const reading = readPrompt(task, text);
          expect(reading.ok && task.vocabulary.format(task.vocabulary.ids(reading.words))).toBe(text);
        }
      }
    }
  });

  test("whatever it is, is read or refused, and what is read the model can take", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const reading = readPrompt(chain, text);
        if (reading.ok) expect(chain.vocabulary.ids(reading.words).length).toBeLessThanOrEqual(18);
      }),
    );
  });
});
