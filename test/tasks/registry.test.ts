import { expect, test } from "vitest";
import { Random, STREAM } from "../../src/random.ts";
import { createTask, resolveSettings, TASKS } from "../../src/tasks/registry.ts";
import type { Setting } from "../../src/tasks/task.ts";

const DEFINITIONS = [...TASKS.values()];
const SETTINGS = DEFINITIONS.flatMap((definition) =>
  Object.entries(definition.settings).map(([setting, range]) => ({ task: definition.name, setting, range })),
);

function refusal(field: string, message: RegExp) {
  return expect.objectContaining({ code: "config-invalid", field, message: expect.stringMatching(message) });
}

test.each(DEFINITIONS)("$name: a task with four levels and a text about itself", (definition) => {
  const task = createTask(definition.name);
  expect(task.name).toBe(definition.name);
  expect(task.levels).toHaveLength(4);
  expect(task.levels.map(({ standsFor }) => standsFor)).toEqual(["MATH500", "AMC", "AIME24", "AIME25"]);
  expect(definition.title).not.toBe("");
  expect(definition.description).not.toBe("");
});

test.each(SETTINGS)("$task: $setting has a default in range and a description", ({ range }) => {
  expect(range.minimum).toBeLessThanOrEqual(range.default);
  expect(range.default).toBeLessThanOrEqual(range.maximum);
  expect(range.description).not.toBe("");
  expect(range.unit).not.toBe("");
});

test.each(SETTINGS)("$task: $setting may be anything in its range, and the teacher still ends", (row) => {
  for (const value of [row.range.minimum, row.range.maximum]) {
    const task = createTask(row.task, { [row.setting]: value });
    const random = new Random(0, STREAM.sftProblems);
    for (let i = 0; i < 200; i++) {
      expect(task.trace(task.problem(i % 4, random), random).at(-1)).toBe(task.vocabulary.end);
    }
  }
});

test.each(SETTINGS)("$task: $setting may be nothing else", ({ task, setting, range }) => {
  const field = `task.settings.${setting}`;
  const { minimum, maximum, integer } = range as Setting;
  const wrong: unknown[] = [
    minimum - 0.01,
    maximum + 0.01,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    "0.5",
    null,
    undefined,
  ];
  if (integer === true) wrong.push(minimum + 0.5);
  for (const value of wrong) {
    const message = new RegExp(
      `^${field} is .*; it must be a (whole )?number from ${minimum} to ${maximum}$`,
    );
    expect(() => createTask(task, { [setting]: value as number })).toThrow(refusal(field, message));
  }
});

test.each(DEFINITIONS)(
  "$name: a prompt may name a budget of 1 to 99 tokens, exactly or at most",
  ({ name }) => {
    const task = createTask(name);
    const { prompt } = task.problem(0, new Random(0, STREAM.sftProblems));
    const seen = new Set([task.vocabulary.decode(prompt)]);
    for (let tokens = 1; tokens <= 99; tokens++) {
      for (const kind of ["exact", "max"] as const) {
        const named = task.withBudget(prompt, { kind, tokens });
        expect(named).toHaveLength(prompt.length + task.budgetTokens);
        seen.add(task.vocabulary.decode(named));
      }
    }
    expect(seen.size).toBe(1 + 2 * 99);
    for (const tokens of [0, -1, 2.5, 100, Number.NaN]) {
      expect(() => task.withBudget(prompt, { kind: "max", tokens })).toThrow(
        expect.objectContaining({
          code: "input-invalid",
          message: `a prompt cannot name a budget of ${tokens} tokens; it must be a whole number from 1 to 99`,
        }),
      );
    }
  },
);

test.each(DEFINITIONS)("$name: a response may be cut behind a solution, whatever it is", ({ name }) => {
  const task = createTask(name);
  const random = new Random(5, STREAM.sftProblems);
  const { size, end } = task.vocabulary;
  let cuts = 0;
  for (let i = 0; i < 400; i++) {
    const problem = task.problem(i % 4, random);
    const trace = task.trace(problem, random);
    for (const count of [1, 2, 9]) {
      const cut = task.cutAfterSolution(problem, trace, count);
      if (cut === null) continue;
      cuts += 1;
      expect(task.verify(problem, cut).correct).toBe(true);
      expect(cut.length).toBeLessThanOrEqual(trace.length);
    }
    // The same with a token that does not belong there: what is left must still be right, or nothing.
    const damaged = [...trace];
    damaged[random.integer(0, trace.length)] = random.integer(-1, size + 1);
    const cut = task.cutAfterSolution(problem, damaged, 1);
    if (cut !== null && !cut.slice(0, -1).includes(end)) expect(task.verify(problem, cut).correct).toBe(true);
  }
  expect(cuts).toBeGreaterThan(600);
});

test.each(["chain", "", "constructor", "__proto__"])(
  "an unknown task %j is refused with the list of tasks",
  (name) => {
    const message = /^task\.name is ".*"; it must be one of chain-arithmetic, countdown, or text$/;
    expect(() => createTask(name)).toThrow(refusal("task.name", message));
  },
);

test.each(["slip", "constructor", "__proto__"])(
  "an unknown setting %j is refused with the list of settings",
  (name) => {
    const settings = JSON.parse(`{"${name}": 0.5}`) as Record<string, number>;
    const message =
      /is not a setting of countdown; its settings are multiplicationSlip, .*, insight, attempts$/;
    expect(() => createTask("countdown", settings)).toThrow(refusal(`task.settings.${name}`, message));
  },
);

test("settings that are not given have their defaults", () => {
  const definition = TASKS.get("chain-arithmetic")!;
  const resolved = resolveSettings(definition, { noise: 0.1 });
  expect(resolved).toEqual({
    multiplicationSlip: 0.55,
    additionSlip: 0.15,
    subtractionSlip: 0.15,
    noise: 0.1,
    checkAfterRight: 0.5,
    checkAfterWrong: 0.85,
    checkAgain: 0.25,
    checkSlip: 0,
    alternative: 0.25,
    secondAlternative: 0.1,
    alternativeDoubt: 0.5,
    bare: 0,
  });
});
