import { describe, expect, test } from "vitest";
import { capAt, type LengthSchedule } from "../../src/rl/length-schedule.ts";
import { RECIPES, recipeOf } from "../../src/rl/recipes/index.ts";
import type { RecipeBase } from "../../src/rl/recipes/recipe.ts";
import { lowAndHigh } from "../../src/rl/recipes/siri.ts";

const TOY: RecipeBase = { lmax: 80, lmin: 40, cycle: 160, compression: 0.5 };
const PAPER: RecipeBase = { lmax: 16_384, lmin: 8192, cycle: 640, compression: 0.5 };

function scheduleOf(name: string, base: RecipeBase): LengthSchedule {
  const { lmax, lmin, cycle } = base;
  const patch = recipeOf(name).settings(base).schedule as unknown as LengthSchedule;
  return { ...{ lmax, lmin, cycle }, ...patch };
}

describe("recipes", () => {
  test("are those of the paper's comparison, and two of our own", () => {
    expect(Object.keys(RECIPES)).toEqual([
      "siri-cosine",
      "siri-stair",
      "siri-stair-cosine",
      "siri-long-expansion",
      "siri-length-penalty",
      "grpo",
      "dapo",
      "dr-grpo",
      "deepscaler",
      "dapo-deepscaler-16k",
      "thinkprune",
      "kimi-length-penalty",
      "l1-exact",
      "l1-max",
      "o1-pruner",
      "adaptthink",
      "overthink",
      "dast",
      "rejection-sft",
      "iterative-dpo",
      "spin",
      "budget-forcing",
    ]);
    for (const [name, recipe] of Object.entries(RECIPES)) expect(recipe.name).toBe(name);
  });

  test("have titles of their own, and a source", () => {
    const recipes = Object.values(RECIPES);
    expect(new Set(recipes.map(({ title }) => title)).size).toBe(recipes.length);
    for (const { source } of recipes) expect(source).not.toBe("");
  });

  test.each(["siri", "GRPO", "", "__proto__", "constructor"])("%j is none", (name) => {
    expect(() => recipeOf(name)).toThrow(
      expect.objectContaining({
        code: "config-invalid",
        field: "recipe",
        message: expect.stringContaining("one of siri-cosine, siri-stair"),
      }),
    );
  });
});

describe("schedules of recipes", () => {
  test.each([
    { name: "siri-cosine", caps: [16384, 15184, 12288, 9392, 8192, 9392, 12288, 15184, 16384] },
    { name: "siri-stair-cosine", caps: [16384, 16384, 12288, 8192, 8192, 8192, 12288, 16384, 16384] },
    { name: "siri-stair", caps: [8192, 8192, 8192, 8192, 16384, 16384, 16384, 16384, 8192] },
    { name: "siri-long-expansion", caps: [16384, 13348, 8741, 8422, 9734, 11829, 14065, 15756, 16384] },
    { name: "dapo-deepscaler-16k", caps: [8192, 8192, 8192, 8192, 16384, 16384, 16384, 16384, 16384] },
    { name: "grpo", caps: new Array<number>(9).fill(16384) },
  ])("$name, at eighths of the paper's first cycle", ({ name, caps }) => {
    const schedule = scheduleOf(name, PAPER);
    expect(caps.map((_, eighth) => capAt(schedule, eighth * 80))).toEqual(caps);
  });

  test("DAPO-DeepScaleR-16K switches at step 320 of the paper", () => {
    const schedule = scheduleOf("dapo-deepscaler-16k", PAPER);
    expect([319, 320].map((step) => capAt(schedule, step))).toEqual([8192, 16384]);
  });

  test("DeepScaleR rises in three stages, at the published fractions of three cycles", () => {
    const schedule = scheduleOf("deepscaler", { ...TOY, cycle: 1750 / 3 });
    expect(schedule.stages).toEqual([
      { step: 0, cap: 40 },
      { step: 1040, cap: 60 },
      { step: 1520, cap: 80 },
    ]);
  });

  test("ThinkPrune falls as 4000, 3000, 2000", () => {
    const schedule = scheduleOf("thinkprune", { ...TOY, lmax: 4000, lmin: 2000, cycle: 180 });
    expect([0, 179, 180, 359, 360, 539].map((step) => capAt(schedule, step))).toEqual([
      4000, 4000, 3000, 3000, 2000, 2000,
    ]);
  });
});

describe("numbers of recipes", () => {
  // What papers and codes have; lengths in their own tokens.
  test.each<{ name: string; base?: Partial<RecipeBase>; settings: object }>([
    {
      name: "siri-cosine",
      settings: {
        schedule: { kind: "cosine", compression: 0.5 },
        rl: {
          clipLow: 0.2,
          clipHigh: 0.28,
          klKind: "none",
          temperature: 1,
          overlong: "penalise",
          groupFilter: "off",
        },
      },
    },
    {
      name: "dapo",
      base: { lmax: 20_480 },
      settings: {
        rl: {
          clipLow: 0.2,
          clipHigh: 0.28,
          lossAggregation: "token-mean",
          groupFilter: "mixed",
          overlong: "soft",
          overlongBuffer: 4096,
          klKind: "none",
        },
      },
    },
    {
      name: "dr-grpo",
      settings: { rl: { advantageStd: "none", lossAggregation: "seq-mean-token-sum-norm" } },
    },
    {
      name: "deepscaler",
      settings: {
        rl: {
          stageGroupSizes: [8, 16, 16],
          stageStart: "restart",
          miniBatches: 2,
          temperature: 0.6,
          clipHigh: 0.2,
          klKind: "k3",
          klCoefficient: 0.001,
          entropyCoefficient: 0.001,
        },
      },
    },
    {
      name: "thinkprune",
      settings: { rl: { stageStart: "restart", temperature: 1, clipHigh: 0.2, klCoefficient: 0.001 } },
    },
    {
      name: "kimi-length-penalty",
      settings: { rl: { advantageStd: "none" }, method: { lengthFrom: 320 } },
    },
    {
      name: "siri-length-penalty",
      settings: {
        schedule: { kind: "cosine", compression: 0.5, lmin: 11469 },
        rl: { advantageStd: "none", lossAggregation: "seq-mean-token-sum-norm", exploreIn: "every-phase" },
        method: { name: "kimi-length-penalty", lengthCoefficient: 0.2, lengthFrom: 320 },
      },
    },
    ...["l1-exact", "l1-max"].map((name) => ({
      name,
      base: { lmax: 4000 },
      settings: {
        rl: { miniBatches: 2, temperature: 0.6, klCoefficient: 0.001 },
        method: { lengthCoefficient: 0.0003 },
      },
    })),
    { name: "o1-pruner", settings: { rl: { clipLow: 0.2, clipHigh: 0.2, klKind: "none" } } },
    {
      name: "adaptthink",
      settings: {
        rl: { clipHigh: 0.2, temperature: 0.6, klKind: "none" },
        method: { lengthCoefficient: 0.05 },
      },
    },
    {
      name: "overthink",
      settings: { method: { chosen: "reflection", preferenceBeta: 2, preferenceMargin: 0.25 } },
    },
    {
      name: "dast",
      settings: { method: { dropFraction: 0.15, preferenceBeta: 2, preferenceMargin: 0.25 } },
    },
    {
      name: "iterative-dpo",
      settings: { method: { preferenceBeta: 0.1, nllCoefficient: 1, refreshEvery: 160 } },
    },
    { name: "spin", settings: { method: { nllCoefficient: 0, refreshEvery: 160 } } },
  ])("$name", ({ name, base, settings }) => {
    expect(recipeOf(name).settings({ ...PAPER, ...base })).toMatchObject(settings);
  });
});

describe("reported checkpoints", () => {
  test("SIRI-low and SIRI-high of the paper: steps 1600 and 1920", () => {
    expect(recipeOf("siri-cosine").reported!(PAPER, 1920)).toEqual([
      { label: "low", step: 1600 },
      { label: "high", step: 1920 },
    ]);
  });

  test.each([
    { steps: 480, low: 400, high: 480 },
    { steps: 479, low: 400, high: 320 },
    { steps: 399, low: 240, high: 320 },
    { steps: 160, low: 80, high: 160 },
  ])("of $steps steps in cycles of 160: $low and $high", ({ steps, low, high }) => {
    expect(lowAndHigh(TOY, steps)).toEqual([
      { label: "low", step: low },
      { label: "high", step: high },
    ]);
  });

  test("where compression takes three tenths of a cycle, it ends there", () => {
    expect(recipeOf("siri-long-expansion").reported!({ ...TOY, compression: 0.3 }, 480)).toEqual([
      { label: "low", step: 368 },
      { label: "high", step: 480 },
    ]);
  });

  test("what is not finished is not reported", () => {
    expect(lowAndHigh(TOY, 159)).toEqual([{ label: "low", step: 80 }]);
    expect(lowAndHigh(TOY, 79)).toEqual([{ label: "final", step: 79 }]);
  });

  test.each(Object.values(RECIPES))(
    "$name: of any number of steps, none beyond the last, no label twice",
    (recipe) => {
      for (let steps = 1; steps <= 500; steps++) {
        const reported = recipe.reported?.(TOY, steps) ?? [{ label: "final", step: steps }];
        expect(new Set(reported.map(({ label }) => label)).size).toBe(reported.length);
        expect(reported.length).toBeGreaterThan(0);
        for (const { step } of reported) {
          expect(step).toBeLessThanOrEqual(steps);
          expect(step === 0).toBe(recipe.trains === false);
        }
      }
    },
  );
});
