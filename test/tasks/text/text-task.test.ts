import { describe, expect, test } from "vitest";
import { Random, STREAM } from "../../../src/random.ts";
import { recipeOf } from "../../../src/rl/recipes/index.ts";
import { createTask } from "../../../src/tasks/registry.ts";
import { drawProblem, splitOf } from "../../../src/tasks/split.ts";
import { readProblems } from "../../../src/tasks/text/problems.ts";
import type { TextSettings } from "../../../src/tasks/text/settings.ts";
import { TextTask } from "../../../src/tasks/text/text-task.ts";
import { parseConfig } from "../../../src/train/config.ts";
import { evalProblems } from "../../../src/train/evaluate.ts";
import { PRESETS } from "../../../src/train/presets.ts";
import { type ConfigSources, layConfig } from "../../../src/train/settings.ts";
import { textTask } from "../../../src/train/text.ts";
import { refusal } from "../../config/support.ts";
import { sumProblems } from "../../support/published.ts";
import { fixture } from "./support.ts";

const language = fixture("qwen2");
const FILE = sumProblems(400);

function taskOf(text: string, settings: Partial<TextSettings> = {}): TextTask {
  return new TextTask(
    language,
    readProblems(text, "p.jsonl"),
    { answer: "boxed", promptTokens: 64, ...settings },
    "p.jsonl",
  );
}

/** Lines of problems with these prompts. */
function lines(...prompts: readonly string[]): string {
  return prompts.map((prompt) => JSON.stringify({ prompt, answer: "1" })).join("\n");
}

describe("a file of problems", () => {
  test("is read line by line: answers as data sets write them, levels and other fields as they come", () => {
    const text = [
      '\ufeff{"prompt": "a", "answer": "x #### 7"}',
      "",
      '{"prompt": "b", "answer": 8.5, "level": 2, "source": "elsewhere"}\r',
      '{"prompt": "c", "answer": "\\\\boxed{9}", "level": "hard"}',
    ].join("\n");
    expect(readProblems(text, "f")).toEqual([
      { prompt: "a", answer: "7", level: "", line: 1 },
      { prompt: "b", answer: "8.5", level: "2", line: 3 },
      { prompt: "c", answer: "9", level: "hard", line: 4 },
    ]);
  });

  test.each([
    ["", "f has no problems"],
    ["\n\n", "f has no problems"],
    ["{}", "f, line 1 has no prompt"],
    ['{"prompt": 3, "answer": "1"}', "f, line 1 has no prompt"],
    ['{"prompt": "a"}', "f, line 1 has no answer"],
    ['{"prompt": "a", "answer": " "}', "f, line 1 has no answer"],
    ['{"prompt": "a", "answer": ["1"]}', "f, line 1 has no answer"],
    ['{"prompt": "a", "answer": "1", "level": {}}', "f, line 1 has a level that is neither"],
    ['{"prompt": "a", "answer": "1"}\n[1]', "f, line 2 has no object"],
    ['{"prompt": "a", "answer": "1"}\n{"prompt":', "f, line 2 is not JSON: "],
  ])("%j is refused: %s", (text, message) => {
    expect(() => readProblems(text, "f")).toThrow(message);
  });
});

describe("a task of text", () => {
  test("splits by the text of the prompt, and lists both parts", () => {
    const task = taskOf(FILE);
    expect(task.levels.map(({ name }) => name)).toEqual(["easy", "hard"]);
    const [train, held] = (["train", "eval"] as const).map((split) => {
      const problems = task.levels.flatMap((_, level) => task.listed(level, split));
      expect(problems.every(({ key }) => splitOf(key) === split)).toBe(true);
      return problems;
    });
    expect(train!.length + held!.length).toBe(400);
    expect(held!.length).toBeGreaterThan(20);
    expect(held!.length).toBeLessThan(80);
    const { level, prompt, key, answer } = train![0]!;
    expect(language.decode(prompt)).toBe(key);
    expect({ level, key, answer }).toEqual({ level: 0, key: "What is 0 + 0? (0)", answer: "0" });
  });

  test("draws problems of a split, the same for the same generator", () => {
    const task = taskOf(FILE);
    const draw = () => {
      const random = new Random(3, STREAM.trainProblems);
      return Array.from({ length: 200 }, () => drawProblem(task, 1, "train", random).key);
    };
    expect(draw()).toEqual(draw());
    expect(new Set(draw()).size).toBeGreaterThan(80);
    expect(draw().every((key) => splitOf(key) === "train" && key.startsWith("Say"))).toBe(true);
  });

  test("is evaluated on each problem once", () => {
    const task = taskOf(FILE);
    const config = textConfig({ settings: ["eval.problemsPerLevel=1000"] });
    const problems = evalProblems(task, config);
    expect(new Set(problems).size).toBe(problems.length);
    expect(problems.length).toBe(task.listed(0, "eval").length + task.listed(1, "eval").length);
    expect(evalProblems(task, textConfig({ settings: ["eval.problemsPerLevel=5"] }))).toHaveLength(10);
  });

  test.each([
    ["numbers ascend", ["10", "9", 2], ["2", "9", "10"]],
    ["words stay as they come", ["hard", "easy", "hard"], ["hard", "easy"]],
    ["none at all is one", [undefined], ["all problems"]],
  ])("levels: %s", (_, levels, names) => {
    const text = levels
      .flatMap((level) =>
        Array.from({ length: 60 }, (_, i) => ({ prompt: `${level} ${i}`, answer: "1", level })),
      )
      .map((line) => JSON.stringify(line))
      .join("\n");
    expect(taskOf(text).levels.map(({ name }) => name)).toEqual(names);
  });

  test.each<[string, string, RegExp]>([
    [
      "a prompt that is too long",
      lines("a ".repeat(100)),
      /^p\.jsonl, line 1 has a prompt of \d+ tokens; it must have 1 to 64$/,
    ],
    [
      "a level without both splits",
      lines("one"),
      /^p\.jsonl has 1 problem at level all problems, none of them for (training|evaluation)$/,
    ],
    [
      "too many levels",
      Array.from({ length: 40 }, (_, level) => JSON.stringify({ prompt: "a", answer: "1", level })).join(
        "\n",
      ),
      /^p\.jsonl has 40 levels; it must have at most 32$/,
    ],
  ])("refuses %s", (_, text, message) => {
    expect(() => taskOf(text)).toThrow(message);
  });

  test.each<[string, string, number | null, boolean, string | null]>([
    ["right", "thus \\boxed{7}", language.end, true, "7"],
    ["right, otherwise written", "\\boxed{7.0}.", language.end, true, "7.0"],
    ["wrong", "thus \\boxed{8}", language.end, false, "8"],
    ["silent", "seven", language.end, false, null],
    ["cut off", "thus \\boxed{7}", null, false, null],
  ])("judges what is %s", (_, text, end, correct, prediction) => {
    const task = taskOf(FILE);
    const problem = { ...task.listed(0, "train")[0]!, answer: "7" };
    const response = [...language.encode(text), ...(end === null ? [] : [end])];
    expect(task.verify(problem, response)).toEqual({ correct, prediction });
  });

  test("judges any ids without throwing", () => {
    const task = taskOf(FILE);
    const problem = task.listed(0, "train")[0]!;
    for (const response of [[], [language.end], [-1, 4e9, 0.5], [575, 575, language.end]]) {
      expect(task.verify(problem, response)).toEqual({ correct: false, prediction: null });
    }
  });
});

function laid(sources: ConfigSources = {}): Record<string, unknown> {
  return layConfig({
    ...sources,
    settings: ["task.name=text", "text.promptTokens=64", ...(sources.settings ?? [])],
  });
}

function textConfig(sources: ConfigSources = {}) {
  const published = { tokenizer: language, config: { vocab_size: language.size, ...PRESETS.default.model } };
  return textTask(laid(sources), published, FILE).config;
}

describe("a config of text", () => {
  test.each([
    "siri-stair-cosine",
    "dapo",
    "kimi-length-penalty",
    "o1-pruner",
    "dast",
    "iterative-dpo",
    "rejection-sft",
  ])("goes with the recipe %s", (name) => {
    expect(textConfig({ recipe: recipeOf(name) }).method.name).toBeDefined();
  });

  test.each([
    ["l1-exact", "method.name", "text has no words for a budget in prompts"],
    ["l1-max", "method.name", "text has no words for a budget in prompts"],
    ["adaptthink", "method.name", "text has no words to open responses with"],
    ["spin", "method.name", "text has no teacher"],
    ["overthink", "method.chosen", "solutions inside a response cannot be told"],
    ["budget-forcing", "eval.forceAnswerAt", "text has no words for it"],
  ])("does not go with %s", (name, field, message) => {
    const lmax = ["schedule.lmax=48", "schedule.lmin=24"];
    expect(() => textConfig({ recipe: recipeOf(name), settings: lmax })).toThrow(refusal(field, message));
  });

  test("is refused where nobody has read its files", () => {
    expect(() => parseConfig(laid())).toThrow(
      refusal("task.name", 'task.name is "text", whose tokenizer and problems'),
    );
    expect(() => createTask("text")).toThrow(
      refusal("task.name", "the command line's train, sample and eval read them"),
    );
  });
});
