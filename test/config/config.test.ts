import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/train/config.ts";
import { PRESET_NOTES, PRESETS } from "../../src/train/presets.ts";
import { composeConfig } from "../../src/train/settings.ts";
import { refusal, withSetting } from "./support.ts";

describe("the presets", () => {
  test.each(Object.entries(PRESETS))("%s parses, to itself", (name, preset) => {
    expect(parseConfig(preset)).toEqual(preset);
    expect(PRESET_NOTES[name as keyof typeof PRESETS]).not.toBe("");
  });

  test("what is parsed shares nothing with what it was parsed from", () => {
    const config = parseConfig(PRESETS.default);
    config.rl.steps = 1;
    config.task.settings.noise = 0;
    config.schedule.stages.push({ step: 0, cap: 50 });
    expect(PRESETS.default.rl.steps).toBe(320);
    expect(PRESETS.default.task.settings).toEqual({});
    expect(PRESETS.default.schedule.stages).toEqual([]);
  });
});

/** A refused config: what is set (apart by spaces), the field that the error names and what it says. */
interface Refused {
  readonly settings: string;
  readonly field: string;
  readonly message: string;
}

function refused(field: string, settings: string, message: string): Refused {
  return { field, settings, message };
}

describe("what must hold between settings", () => {
  test.each([
    refused("model.head_dim", "model.head_dim=20", "is 20; it must be a multiple of 8, at most 128"),
    refused("model.hidden_size", "model.hidden_size=66", "is 66; it must be a multiple of 4"),
    refused("model.intermediate_size", "model.intermediate_size=162", "is 162; it must be a multiple of 4"),
    refused(
      "model.num_key_value_heads",
      "model.num_key_value_heads=3",
      "is 3; it must be a divisor of num_attention_heads (4)",
    ),
    refused(
      "model.num_key_value_heads",
      "model.num_attention_heads=4 model.num_key_value_heads=8",
      "is 8; it must be a divisor of num_attention_heads (4)",
    ),
    refused("schedule.lmin", "schedule.lmin=81", "is 81; it must be at most schedule.lmax (80)"),
    refused(
      "schedule.lmin",
      "schedule.lmin=15",
      "is 15; it must be at least 16, the shortest right answer of chain-arithmetic",
    ),
    refused(
      "schedule.lmin",
      "task.name=countdown schedule.lmin=11",
      "is 11; it must be at least 12, the shortest right answer of countdown",
    ),
    refused("schedule.lmax", "schedule.kind=constant schedule.lmax=15", "is 15; it must be at least 16"),
    refused("schedule.cycle", "schedule.cycle=3", "is 3; it must be a whole number of steps from 4"),
    refused("schedule.stages", "schedule.kind=staged", "is empty; it must be a list of (step, cap)"),
    refused(
      "schedule.stages",
      'schedule.kind=staged schedule.lmin=1 schedule.stages=[{"step":0,"cap":50},{"step":9,"cap":15}]',
      "is 15; it must be at least 16, the shortest right answer of chain-arithmetic",
    ),
    refused(
      "schedule.stages[0].step",
      'schedule.kind=staged schedule.stages=[{"step":1,"cap":50}]',
      "is 1; it must be 0",
    ),
    refused(
      "schedule.stages[0].cap",
      'schedule.kind=staged schedule.stages=[{"step":0,"cap":81}]',
      "is 81; it must be a whole number from schedule.lmin (40) to schedule.lmax (80)",
    ),
    refused(
      "schedule.stages[1].cap",
      'schedule.kind=staircase schedule.stages=[{"step":0,"cap":50},{"step":9,"cap":60}]',
      "is 60; it must be below the stage before it (50)",
    ),
    refused(
      "model.max_position_embeddings",
      "model.max_position_embeddings=97 sft.maxTokens=97",
      "is 97; it must be at least 98: prompts of 18 tokens and schedule.lmax (80)",
    ),
    refused(
      "sft.maxTokens",
      "sft.maxTokens=257",
      "is 257; it must be at most model.max_position_embeddings (256)",
    ),
    refused(
      "sft.maxTokens",
      "sft.maxTokens=18",
      "is 18; it must be at least 19: prompts of 18 tokens and one",
    ),
    refused(
      "train.microBatchTokens",
      "train.microBatchTokens=199",
      "is 199; it must be at least one whole sequence (200 tokens)",
    ),
    refused(
      "train.microBatchTokens",
      "schedule.lmax=200 train.microBatchTokens=217",
      "is 217; it must be at least one whole sequence (218 tokens)",
    ),
    refused("lora.rank", "lora.rank=6", "is 6; it must be a multiple of 4, or 0 for no adapters"),
    refused(
      "lora.targets",
      "lora.targets=q,q",
      `is "q,q"; it must be names of q, k, v, o, gate, up, down with commas between them`,
    ),
    refused("lora.targets", "lora.targets=query", `is "query"; it must be names of`),
    refused("rl.miniBatches", "rl.miniBatches=17", "is 17; it must be at most rl.promptsPerStep (16)"),
    refused(
      "rl.overlongBuffer",
      "rl.overlong=soft rl.overlongBuffer=40",
      "is 40; it must be below the smallest budget (schedule.lmin is 40), or every token is punished there",
    ),
    refused(
      "train.microBatchTokens",
      "method.name=dast train.microBatchTokens=399",
      "is 399; it must be at least a pair of sequences (400 tokens), as dast learns from pairs",
    ),
    refused(
      "schedule.lmax",
      "method.name=l1-exact schedule.lmax=100",
      "is 100; it must be at most 99, the largest budget that a prompt of l1-exact can name",
    ),
    refused(
      "method.name",
      "method.name=adaptthink task.name=countdown",
      'is adaptthink; it must be a method for countdown, whose words do not include "a"',
    ),
    refused(
      "rl.groupSize",
      "method.name=adaptthink rl.groupSize=7",
      "is 7; it must be a multiple of 2: adaptthink opens equal shares of a group with so and a",
    ),
    refused(
      "rl.stageGroupSizes",
      "rl.stageGroupSizes=[8,16]",
      "is 2 group sizes; it must be one for each of the 0 stages of the schedule (schedule.stages), or none",
    ),
    refused(
      "eval.forceAnswerAt",
      "eval.forceAnswerAt=80",
      "is 80; it must be below schedule.lmax (80), so that there is room for an answer",
    ),
    refused(
      "model.max_position_embeddings",
      "schedule.lmax=120 eval.ignoreEnds=1",
      "is 256; it must be at least 258: budget forcing takes up responses of up to schedule.lmax (120) as prompts",
    ),
    refused(
      "schedule.lmax",
      "method.name=l1-max schedule.lmax=100",
      "is 100; it must be at most 99, the largest budget that a prompt of l1-max can name",
    ),
    refused("eval.ignoreEnds", "eval.ignoreEnds=17", "is 17; it must be a whole number from 0 to 16"),
    refused("method.name", "method.name=ppo", 'is "ppo"; it must be one of grpo, kimi-length-penalty'),
    refused("rl.klCoefficient", "rl.klCoefficient=0.1", "is 0.1; it must be 0 while rl.klKind is none"),
    refused(
      "task.levelWeights",
      "task.levelWeights=[1,1,1]",
      "is 3 weights; it must be one for each of the 4 levels",
    ),
    refused(
      "task.levelWeights",
      "task.levelWeights=[0,0,0,0]",
      "is all zero; it must be positive for at least one level",
    ),
    refused("task.name", "task.name=chess", 'is "chess"; it must be one of chain-arithmetic, countdown'),
    refused("task.name", "task.name=constructor", 'is "constructor"; it must be one of chain-arithmetic'),
    refused(
      "task.settings.slip",
      "task.settings.slip=0.5",
      "is not a setting of chain-arithmetic; its settings are multiplicationSlip, ",
    ),
    refused(
      "task.settings.__proto__",
      "task.settings.__proto__=0.5",
      "is not a setting of chain-arithmetic; its settings are multiplicationSlip, ",
    ),
    refused(
      "task.settings.checkSlip",
      "task.settings.checkSlip=1.5",
      "is 1.5; it must be a number from 0 to 1",
    ),
    refused(
      "task.settings.attempts",
      "task.name=countdown task.settings.attempts=2.5",
      "is 2.5; it must be a whole number from 1 to 10",
    ),
  ])("$settings is refused", ({ settings, field, message }) => {
    expect(() => composeConfig({ settings: settings.split(" ") })).toThrow(
      refusal(field, `${field} ${message}`),
    );
  });

  test.each([
    "schedule.lmin=80",
    "schedule.lmin=16",
    "schedule.kind=constant schedule.lmax=16",
    "schedule.kind=constant schedule.lmin=99",
    'schedule.kind=staged schedule.stages=[{"step":0,"cap":40},{"step":1,"cap":80}]',
    "schedule.kind=staircase",
    "model.max_position_embeddings=98 sft.maxTokens=98",
    "sft.maxTokens=256",
    "sft.maxTokens=19",
    "train.microBatchTokens=200",
    "lora.rank=8 lora.targets=v,q train.weights=f16",
    "rl.miniBatches=16",
    "rl.klKind=k3 rl.klCoefficient=0.1",
    "rl.klKind=k3 rl.klCoefficient=0",
    "rl.overlong=soft rl.overlongBuffer=39",
    "task.levelWeights=[0,0,0,1]",
    "task.name=countdown schedule.lmin=12 task.settings.attempts=10",
    "model.num_key_value_heads=1 model.head_dim=128",
  ])("%s is accepted", (settings) => {
    expect(() => composeConfig({ settings: settings.split(" ") })).not.toThrow();
  });
});

describe("a list where an object belongs", () => {
  test.each([
    ["task.settings", [], "an object of numbers"],
    ["task.settings", [1], "an object of numbers"],
    ["train", [], "an object of weights, microBatchTokens, decodeSequences, checkpointEvery, samplesEvery"],
    ["train", [1], "an object of weights"],
    ["schedule.stages[0]", [], "an object of step, cap"],
    ["task", [], "an object of name, settings, levelWeights"],
  ])("%s=%j", (path, list, right) => {
    const message = `${path} is a list; it must be ${right}`;
    const isStage = path.startsWith("schedule.stages");
    const config = isStage ? withSetting("schedule.stages", [list]) : withSetting(path, list);
    expect(() => parseConfig(config)).toThrow(refusal(path, message));
  });
});

describe("what is no setting", () => {
  test.each([
    { path: "modle", hint: "Did you mean model?" },
    { path: "groupSize", hint: "Did you mean rl.groupSize?" },
    { path: "rl.group_size", hint: "Did you mean rl.groupSize?" },
    { path: "rl.temprature", hint: "Did you mean rl.temperature?" },
    { path: "rl.clip", hint: "Did you mean rl.clipLow or rl.clipHigh or rl.dualClip?" },
    { path: "rl.kl", hint: "Did you mean rl.klKind or rl.klCoefficient?" },
    { path: "train.steps", hint: "Did you mean rl.steps or sft.steps?" },
    { path: "schedule.Lmax", hint: "Did you mean schedule.lmax?" },
    { path: "model.hiddenSize", hint: "Did you mean model.hidden_size?" },
    {
      path: "eval.foo",
      hint: "eval must be an object of every, problemsPerLevel, samples, temperature, seed, forceAnswerAt, ignoreEnds.",
    },
    {
      path: "foo",
      hint: "config must be an object of seed, init, task, text, model, lora, schedule, rl, method, sft, eval, train.",
    },
  ])("$path: $hint", ({ path, hint }) => {
    expect(() => parseConfig(withSetting(path, 1))).toThrow(refusal(path, `${path} is not a setting`));
    expect(() => parseConfig(withSetting(path, 1))).toThrow(expect.objectContaining({ hint }));
  });

  test.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
    "%s is no setting of any group",
    (key) => {
      for (const group of ["", "task.", "model.", "lora.", "schedule.", "rl.", "sft.", "eval.", "train."]) {
        expect(() => composeConfig({ settings: [`${group}${key}=1`] })).toThrow(
          refusal(`${group}${key}`, `${group}${key} is not a setting`),
        );
        expect(() => composeConfig({ settings: [`${group}${key}.seed=1`] })).toThrow(
          refusal(`${group}${key}`, `${group}${key} is not a setting`),
        );
      }
      expect(({} as Record<string, unknown>).seed).toBeUndefined();
    },
  );

  test("a key that is no name is quoted", () => {
    const file = { "": 1 };
    expect(() => composeConfig({ file })).toThrow(refusal('""', '"" is not a setting'));
    const escapes = { rl: { "\u001b[2J": 1 } };
    expect(() => composeConfig({ file: escapes })).toThrow(refusal('rl."\\u001b[2J"', "is not a setting"));
    const long = { rl: { ["x".repeat(1e6)]: 1 } };
    expect(() => composeConfig({ file: long })).toThrow(
      refusal(`rl."${"x".repeat(59)}…`, "is not a setting"),
    );
  });

  test("a path where an object belongs is refused with the object that is meant", () => {
    expect(() => composeConfig({ file: { "rl.groupSize": 4 } })).toThrow(
      expect.objectContaining({ field: '"rl.groupSize"', hint: 'Write it as {"rl": {"groupSize": …}}.' }),
    );
  });
});

describe("what has the wrong shape", () => {
  test.each([
    { config: null, field: "config", message: "config is null; it must be an object of seed, init, task, " },
    { config: 5, field: "config", message: "config is 5; it must be an object of seed" },
    { config: undefined, field: "config", message: "config is undefined; it must be an object of seed" },
    { config: {}, field: "seed", message: "seed is missing" },
    { config: withSetting("rl", 5), field: "rl", message: "rl is 5; it must be an object of steps, " },
    {
      config: withSetting("rl", undefined),
      field: "rl",
      message: "rl is undefined; it must be an object of steps",
    },
    { config: withSetting("rl", {}), field: "rl.steps", message: "rl.steps is missing" },
    {
      config: withSetting("init", ""),
      field: "init",
      message: 'init is ""; it must be pre-rl, two-modes, random or the path of a checkpoint folder',
    },
    {
      config: withSetting("init", 5),
      field: "init",
      message: "init is 5; it must be pre-rl, two-modes, random",
    },
    {
      config: withSetting("task.name", 5),
      field: "task.name",
      message: "is 5; it must be the name of a task",
    },
    {
      config: withSetting("task.settings", 5),
      field: "task.settings",
      message: "is 5; it must be an object",
    },
    {
      config: withSetting("task.settings", { noise: "0.1" }),
      field: "task.settings.noise",
      message: 'is "0.1"; it must be a number',
    },
    {
      config: withSetting("task.levelWeights", 1),
      field: "task.levelWeights",
      message: "is 1; it must be a list of numbers",
    },
    {
      config: withSetting("task.levelWeights", [1, -1, 1, 1]),
      field: "task.levelWeights[1]",
      message: "task.levelWeights[1] is -1; it must be a number from 0 to ",
    },
    {
      config: withSetting("schedule.stages", { step: 0, cap: 50 }),
      field: "schedule.stages",
      message: "is an object; it must be a list of up to 1000 objects of step and cap",
    },
    {
      config: withSetting("schedule.stages", Array(1001).fill({ step: 0, cap: 50 })),
      field: "schedule.stages",
      message: "is a list; it must be a list of up to 1000 objects of step and cap",
    },
    {
      config: withSetting("schedule.stages", [{ step: 0 }]),
      field: "schedule.stages[0].cap",
      message: "schedule.stages[0].cap is missing",
    },
    {
      config: withSetting("schedule.stages", [{ step: 0, cap: 50, kind: "stair" }]),
      field: "schedule.stages[0].kind",
      message: "schedule.stages[0].kind is not a setting",
    },
    {
      config: withSetting("schedule.stages", [
        { step: 0, cap: 50 },
        { step: -1, cap: 50 },
      ]),
      field: "schedule.stages[1].step",
      message: "is -1; it must be a whole number from 0 to ",
    },
  ])("$message", ({ config, field, message }) => {
    expect(() => parseConfig(config)).toThrow(refusal(field, message));
  });

  test("what is missing comes with what belongs there", () => {
    expect(() => parseConfig(withSetting("schedule.stages", [{ step: 0 }]))).toThrow(
      expect.objectContaining({ hint: "schedule.stages[0] must be an object of step, cap." }),
    );
  });

  test("a value of any size or depth is refused in one short line", () => {
    const deep = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
    for (const value of [deep, { deep }, "x".repeat(1e6), () => deep, Symbol("x")]) {
      expect(() => parseConfig(withSetting("seed", value))).toThrow(
        expect.objectContaining({ field: "seed", message: expect.stringMatching(/^seed is .{0,140}$/) }),
      );
    }
  });
});
