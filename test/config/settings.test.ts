import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sourcesFromFlags } from "../../src/cli/flags.ts";
import { BellowsError } from "../../src/errors.ts";
import { capAt } from "../../src/rl/length-schedule.ts";
import { createTask } from "../../src/tasks/registry.ts";
import { type Config, parseConfig } from "../../src/train/config.ts";
import { SETTINGS } from "../../src/train/config-schema.ts";
import { PRESETS } from "../../src/train/presets.ts";
import { type ConfigSources, composeConfig } from "../../src/train/settings.ts";
import { refusal } from "./support.ts";

describe("composeConfig", () => {
  test("starts from the default preset, or from the one that is named", () => {
    expect(composeConfig({})).toEqual(PRESETS.default);
    for (const [preset, config] of Object.entries(PRESETS)) {
      expect(composeConfig({ preset })).toEqual(config);
    }
  });

  test.each(["tiny", "", "__proto__", "constructor"])("refuses the preset %j", (preset) => {
    expect(() => composeConfig({ preset })).toThrow(
      refusal("preset", `preset is ${preset}; it must be one of default, paper-toy, smoke`),
    );
  });

  test("lays the file over the preset and changes nothing else", () => {
    const file = { seed: 7, rl: { groupSize: 4 }, task: { settings: { noise: 0 } } };
    const base = PRESETS.smoke;
    expect(composeConfig({ preset: "smoke", file })).toEqual({
      ...base,
      seed: 7,
      rl: { ...base.rl, groupSize: 4 },
      task: { ...base.task, settings: { noise: 0 } },
    });
  });

  test("lays the settings over the file, the last one on top", () => {
    const file = {
      rl: { groupSize: 4, promptsPerStep: 2 },
      task: { settings: { noise: 0, checkSlip: 0.5 } },
    };
    const settings = ["rl.groupSize=6", "task.settings.noise=0.05", "rl.groupSize=8"];
    const { rl, task } = composeConfig({ file, settings });
    expect(rl).toMatchObject({ groupSize: 8, promptsPerStep: 2 });
    expect(task.settings).toEqual({ noise: 0.05, checkSlip: 0.5 });
  });

  test("replaces lists whole", () => {
    const file = { task: { levelWeights: [1, 2, 3, 4] } };
    const settings = ["task.levelWeights=[0,0,0,1]"];
    expect(composeConfig({ file, settings }).task.levelWeights).toEqual([0, 0, 0, 1]);
  });

  test("reads a value as JSON, and as text where it is none", () => {
    const settings = [
      "init=runs/a=b/checkpoints/step 3",
      "rl.learningRate=1e-3",
      'schedule={"kind":"staged","stages":[{"step":0,"cap":50}]}',
      "rl.decay=linear",
      'rl.klKind="k3"',
    ];
    const { init, rl, schedule } = composeConfig({ settings });
    expect(init).toBe("runs/a=b/checkpoints/step 3");
    expect(rl).toMatchObject({ learningRate: 0.001, decay: "linear", klKind: "k3" });
    expect(schedule).toEqual({ ...PRESETS.default.schedule, kind: "staged", stages: [{ step: 0, cap: 50 }] });
  });

  test.each(["", "=", "=5", "seed", "rl.groupSize"])("refuses %j, which is no setting", (setting) => {
    expect(() => composeConfig({ settings: [setting] })).toThrow(
      refusal("set", `"${setting}" is no setting; it must be of the form path=value`),
    );
  });

  test.each([
    { setting: "seed.x=1", field: "seed", message: "seed is an object; it must be a whole number" },
    { setting: "seed=", field: "seed", message: 'seed is ""; it must be a whole number' },
    { setting: "seed=NaN", field: "seed", message: 'seed is "NaN"; it must be a whole number' },
    { setting: "seed=1e400", field: "seed", message: "seed is Infinity; it must be a whole number" },
    { setting: "rl=5", field: "rl", message: "rl is 5; it must be an object of steps, " },
    { setting: "rl.=5", field: 'rl.""', message: "is not a setting" },
    { setting: ".rl=5", field: '""', message: "is not a setting" },
    { setting: "task.settings=null", field: "task.settings", message: "is null; it must be an object" },
    {
      setting: "schedule.stages.0.cap=5",
      field: "schedule.stages",
      message: "schedule.stages is an object; it must be a list",
    },
  ])("refuses $setting", ({ setting, field, message }) => {
    expect(() => composeConfig({ settings: [setting] })).toThrow(refusal(field, message));
  });

  test.each([[null], [[]], ["{}"], [5], [true]])("refuses the file %j", (file) => {
    expect(() => composeConfig({ file })).toThrow(refusal("config", "a config file must hold a JSON object"));
  });

  test("changes neither the presets nor the file", () => {
    const presets = structuredClone(PRESETS);
    const file = { rl: { groupSize: 4 }, task: { settings: {} } };
    composeConfig({ file, settings: ["rl.groupSize=6", "task.settings.noise=0", "seed=3"] });
    expect(PRESETS).toEqual(presets);
    expect(file).toEqual({ rl: { groupSize: 4 }, task: { settings: {} } });
  });
});

describe("the flags", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "bellows-config-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("--seed and --steps are above --set, --set above --config, --config above --preset", () => {
    const config = join(folder, "config.json");
    writeFileSync(config, JSON.stringify({ seed: 1, rl: { steps: 2, groupSize: 3, promptsPerStep: 4 } }));
    const set = ["seed=5", "rl.steps=6", "rl.groupSize=7"];
    const flags = { preset: "smoke", config, set, seed: "8", steps: "9" };
    const { seed, rl, sft } = composeConfig(sourcesFromFlags(flags, "rl.steps"));
    expect({ seed, rl }).toEqual({
      seed: 8,
      rl: { ...PRESETS.smoke.rl, steps: 9, groupSize: 7, promptsPerStep: 4 },
    });
    expect(sft).toEqual(PRESETS.smoke.sft);
    expect(composeConfig(sourcesFromFlags(flags, "sft.steps"))).toMatchObject({
      rl: { steps: 6 },
      sft: { steps: 9 },
    });
    expect(composeConfig(sourcesFromFlags(flags, null))).toMatchObject({
      seed: 8,
      rl: { steps: 6 },
      sft: PRESETS.smoke.sft,
    });
  });

  test.each([
    { flags: { seed: "x" }, field: "seed", message: 'seed is "x"; it must be a whole number from 0' },
    { flags: { steps: "0" }, field: "rl.steps", message: "rl.steps is 0; it must be a whole number from 1" },
    { flags: { steps: "1.5" }, field: "rl.steps", message: "rl.steps is 1.5; it must be a whole number" },
  ])("$flags is refused", ({ flags, field, message }) => {
    expect(() => composeConfig(sourcesFromFlags(flags, "rl.steps"))).toThrow(refusal(field, message));
  });

  test("a file that is not JSON is refused by its name", () => {
    const config = join(folder, "broken.json");
    writeFileSync(config, '{"seed": 1,');
    expect(() => composeConfig(sourcesFromFlags({ config }, null))).toThrow(
      refusal("config", `${config} is not JSON: `),
    );
  });
});

describe("any JSON", () => {
  const path = fc.constantFrom(...SETTINGS.map((setting) => setting.path));
  const value = fc.oneof(
    fc.jsonValue(),
    fc.nat(300),
    fc.double().map((number) => number + 0), // JSON has no −0
    fc.constantFrom(...SETTINGS.flatMap(({ options = [] }) => options)),
  );
  const key = fc.oneof(
    fc.string(),
    fc.constantFrom("__proto__", ...SETTINGS.flatMap((setting) => setting.path.split("."))),
  );
  const nested = fc.oneof(value, fc.dictionary(key, fc.oneof(value, fc.dictionary(key, value))));
  const file = fc.oneof(fc.jsonValue(), fc.dictionary(key, nested));
  const setting = fc.oneof(
    fc.string(),
    fc.tuple(fc.oneof(path, key), value).map(([at, set]) => `${at}=${JSON.stringify(set)}`),
  );

  /** The config, or null where it is refused; any other error gets through. */
  function composed(sources: ConfigSources): Config | null {
    try {
      return composeConfig(sources);
    } catch (error) {
      if (!(error instanceof BellowsError)) throw error;
      expect(error).toMatchObject({ code: "config-invalid", field: expect.any(String) });
      return null;
    }
  }

  test("laid over a preset parses, or is refused as a bad config", () => {
    let parsed = 0;
    fc.assert(
      fc.property(
        fc.option(file, { nil: undefined }),
        fc.array(setting, { maxLength: 3 }),
        (file, settings) => {
          const config = composed({ file, settings });
          if (config === null) return;
          parsed += 1;
          expect(parseConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
        },
      ),
      { numRuns: 2000 },
    );
    expect(parsed).toBeGreaterThan(20);
  });

  test("what parses can be run: each response fits, and a right one fits under each cap", () => {
    const tokens = fc.integer({ min: 1, max: 120 });
    const settings = fc.record({
      "task.name": fc.constantFrom("chain-arithmetic", "countdown"),
      "schedule.kind": fc.constantFrom("constant", "stair", "cosine", "stair-cosine", "staged", "staircase"),
      "schedule.lmax": tokens,
      "schedule.lmin": tokens,
      "schedule.cycle": fc.integer({ min: 1, max: 9 }),
      "schedule.stages": fc.array(fc.record({ step: fc.nat(9), cap: tokens }), { maxLength: 3 }),
      "model.max_position_embeddings": fc.integer({ min: 1, max: 250 }),
      "train.microBatchTokens": fc.integer({ min: 1, max: 250 }),
      "sft.maxTokens": tokens,
    });
    let parsed = 0;
    const check = (drawn: Record<string, unknown>) => {
      const list = Object.entries(drawn).map(([at, set]) => `${at}=${JSON.stringify(set)}`);
      const config = composed({ settings: list });
      if (config === null) return;
      parsed += 1;
      const task = createTask(config.task.name);
      const shortest = Math.min(...task.levels.map((level) => level.shortestResponse));
      const room = Math.min(config.model.max_position_embeddings, config.train.microBatchTokens);
      for (let step = 0; step < 20; step++) {
        const cap = capAt(config.schedule, step);
        expect(cap).toBeGreaterThanOrEqual(shortest);
        expect(task.maxPromptTokens + cap).toBeLessThanOrEqual(room);
      }
      expect(config.sft.maxTokens).toBeLessThanOrEqual(room);
      expect(config.sft.maxTokens).toBeGreaterThan(task.maxPromptTokens);
    };
    fc.assert(fc.property(settings, check), { numRuns: 5000 });
    expect(parsed).toBeGreaterThan(20);
  });
});
