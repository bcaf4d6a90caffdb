import { describe, expect, test } from "vitest";
import { PRESETS } from "../../src/train/presets.ts";
import { differences, namesByDifference, settingOf, withSetting } from "../../web/state/config-diff.ts";

const base = PRESETS.default;

describe("differences", () => {
  test("are none between a config and its copy", () => {
    expect(differences(base, structuredClone(base))).toEqual([]);
    const one = withSetting(base, "task.settings", { a: 1, b: 2 });
    expect(differences(one, withSetting(base, "task.settings", { b: 2, a: 1 }))).toEqual([]);
  });

  test("name path, old and new value, in the order of the schema", () => {
    const changed = withSetting(withSetting(base, "rl.groupSize", 4), "seed", 9);
    expect(differences(base, changed)).toEqual([
      { path: "seed", from: 0, to: 9 },
      { path: "rl.groupSize", from: 8, to: 4 },
    ]);
  });

  test("see into lists and objects", () => {
    const staged = withSetting(base, "schedule.stages", [{ step: 0, cap: 50 }]);
    expect(differences(staged, withSetting(base, "schedule.stages", [{ step: 0, cap: 60 }]))).toHaveLength(1);
    expect(differences(staged, structuredClone(staged))).toEqual([]);
  });
});

test("withSetting changes one setting and leaves its argument alone", () => {
  const changed = withSetting(base, "schedule.lmin", 30);
  expect(settingOf(changed, "schedule.lmin")).toBe(30);
  expect(settingOf(base, "schedule.lmin")).toBe(40);
  expect(changed.rl).toBe(base.rl);
});

describe("runs are named by what differs", () => {
  test.each([
    ["one setting", [base, withSetting(base, "seed", 1)], ["seed 0", "seed 1"]],
    [
      "two settings",
      [base, withSetting(withSetting(base, "seed", 1), "schedule.kind", "constant")],
      ["seed 0, kind stair-cosine", "seed 1, kind constant"],
    ],
    [
      "settings whose last names are the same stand in full",
      [base, withSetting(withSetting(base, "rl.steps", 10), "sft.steps", 20)],
      ["rl.steps 320, sft.steps 1800", "rl.steps 10, sft.steps 20"],
    ],
    ["runs that are alike", [base, base], ["", ""]],
    ["some alike, some not", [base, withSetting(base, "seed", 1), base], ["seed 0", "seed 1", "seed 0"]],
    ["none", [], []],
  ])("%s", (_, configs, names) => {
    expect(namesByDifference(configs)).toEqual(names);
  });
});
