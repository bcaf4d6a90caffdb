import { describe, expect, test } from "vitest";
import { TASKS } from "../../src/tasks/registry.ts";
import { parseConfig } from "../../src/train/config.ts";
import { SETTINGS } from "../../src/train/config-schema.ts";
import { PRESETS } from "../../src/train/presets.ts";
import { checkChanges } from "../../src/worker/config-change.ts";
import { configOf, QUESTIONS } from "../../web/panels/questions.ts";
import {
  GROUPS,
  isAbout,
  isFound,
  readNumber,
  readWholeNumbers,
  settingsOf,
  takesEffect,
  withTask,
} from "../../web/panels/settings-form.ts";
import { differences, settingOf } from "../../web/state/config-diff.ts";
import { de } from "../../web/text/de.ts";
import { en } from "../../web/text/en.ts";
import { insidesDe } from "../../web/text/insides.de.ts";
import { insidesEn } from "../../web/text/insides.en.ts";

describe("the form", () => {
  test("holds every setting once, but for those of published models, which the page does not run", () => {
    const paths = GROUPS.flatMap((group) => settingsOf(group).map(({ path }) => path));
    const elsewhere = ["model.rope_scaling", "model.attention_bias", "model.tie_word_embeddings"];
    const shown = SETTINGS.map(({ path }) => path).filter(
      (path) => !path.startsWith("text.") && !elsewhere.includes(path),
    );
    expect(paths.toSorted()).toEqual(shown.toSorted());
  });

  test.each(SETTINGS.map(({ path }) => path))("says of %s what the worker will say", (path) => {
    const change = () => checkChanges([{ path, from: 1, to: 2 }], 0);
    if (takesEffect(path) === "new-run") expect(change).toThrow(/cannot change within a run/);
    else expect(change).not.toThrow();
  });

  test("is searched by path and explanation, word for word", () => {
    const group = SETTINGS.find(({ path }) => path === "rl.groupSize")!;
    expect(isFound(group, group.description, "")).toBe(true);
    expect(isFound(group, group.description, "GROUP responses")).toBe(true);
    expect(isFound(group, group.description, "group entropy")).toBe(false);
  });

  test("reads numbers with a point or a comma", () => {
    expect(readNumber(" 0,5 ")).toBe(0.5);
    expect(readNumber("5e-4")).toBe(0.0005);
    for (const text of ["", " ", "x", "1.2.3", "Infinity"]) expect(readNumber(text)).toBeNull();
  });

  test("reads lists of whole numbers", () => {
    expect(readWholeNumbers("8, 16 16;24")).toEqual([8, 16, 16, 24]);
    expect(readWholeNumbers(" ")).toEqual([]);
    for (const text of ["8, x", "1.5", "-4", "8,, 1e3"]) expect(readWholeNumbers(text)).toBeNull();
  });

  test("puts an error at the field that it names", () => {
    expect(isAbout("schedule.stages[0].cap", "schedule.stages")).toBe(true);
    expect(isAbout("task.settings.noise", "task.settings")).toBe(true);
    expect(isAbout("rl.clipLow", "rl.clip")).toBe(false);
    expect(isAbout(undefined, "rl.clipLow")).toBe(false);
  });

  test("leaves a config that can be run when the task changes", () => {
    for (const name of TASKS.keys()) {
      const config = parseConfig(withTask({ ...PRESETS.default, init: "elsewhere" }, name));
      expect(config.init).toBe(name === "chain-arithmetic" ? "pre-rl" : "random");
    }
  });
});

describe("questions", () => {
  test.each(QUESTIONS.map((question) => [question.name, question] as const))(
    "%s can be run, and differs from the preset as it says",
    (_, question) => {
      const config = configOf(question);
      parseConfig(config);
      const changed = differences(PRESETS.default, config);
      expect(changed.map(({ path }) => path).toSorted()).toEqual(
        question.edits.map(({ path }) => path).toSorted(),
      );
      for (const { path, value } of question.edits) expect(settingOf(config, path)).toEqual(value);
    },
  );

  test("have different names", () => {
    expect(new Set(QUESTIONS.map(({ name }) => name)).size).toBe(QUESTIONS.length);
  });
});

describe("German", () => {
  const { descriptions, units, taskSettings } = insidesDe.settings;

  test("explains every setting, and none that is not there", () => {
    expect(Object.keys(descriptions).toSorted()).toEqual(SETTINGS.map(({ path }) => path).toSorted());
  });

  test("names every unit", () => {
    const used = new Set(SETTINGS.map(({ unit }) => unit).filter((unit) => unit !== ""));
    expect(Object.keys(units).toSorted()).toEqual([...used].toSorted());
  });

  test("explains every setting of every task", () => {
    const names = new Set([...TASKS.values()].flatMap(({ settings }) => Object.keys(settings)));
    expect(Object.keys(taskSettings).toSorted()).toEqual([...names].toSorted());
  });

  test("says something wherever English does", () => {
    for (const { presets, insides } of [{ ...en, insides: insidesEn }, de]) {
      expect(emptyWords({ presets, insides })).toEqual([]);
    }
  });
});

/** Paths of words that are empty or say `undefined` whatever they are asked. */
function emptyWords(words: unknown, path = ""): string[] {
  if (typeof words === "function") {
    const text = String(words(2, 3, 4, 5));
    return text === "" || text.includes("undefined") ? [path] : [];
  }
  if (typeof words === "string") return words.trim() === "" ? [path] : [];
  return Object.entries(words as object).flatMap(([key, inner]) => emptyWords(inner, `${path}.${key}`));
}
