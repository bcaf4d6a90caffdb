import { describe, expect, test } from "vitest";
import { RECIPES, recipeOf } from "../../src/rl/recipes/index.ts";
import { grpoMethod, loadMethod } from "../../src/rl/recipes/load-method.ts";
import type { Patch } from "../../src/rl/recipes/recipe.ts";
import { METHOD_NAMES } from "../../src/rl/recipes/traits.ts";
import { PRESETS } from "../../src/train/presets.ts";
import { composeConfig, recipeBase } from "../../src/train/settings.ts";
import { refusal } from "./support.ts";

const recipes = Object.values(RECIPES);

/** The settings in a patch, e.g. `rl.groupSize`, in alphabetical order. */
function pathsOf(patch: Patch): string[] {
  return Object.entries(patch)
    .flatMap(([group, settings]) => Object.keys(settings).map((name) => `${group}.${name}`))
    .sort();
}

describe.each(Object.keys(PRESETS) as (keyof typeof PRESETS)[])("over the preset %s", (preset) => {
  test.each(recipes)("$name is a whole config, with its own method", async (recipe) => {
    const config = composeConfig({ preset, recipe });
    expect(await loadMethod(config.method.name)).toBe(recipe.method ?? grpoMethod);
  });

  test.each(recipes)("what is reported of $name is evaluated under a config that holds", (recipe) => {
    const file = composeConfig({ preset, recipe });
    const base = recipeBase(file);
    for (const { settings = {} } of recipe.reported?.(base, file.rl.steps) ?? []) {
      const evaluated = composeConfig({ file, recipe: { ...recipe, settings: () => settings } });
      expect(evaluated).toMatchObject(settings);
    }
  });
});

test("a recipe is the same over any other", () => {
  for (const recipe of recipes) {
    const plain = composeConfig({ recipe });
    for (const other of recipes) {
      // Most recipes start from any weights, and have any trough: the page takes both away (web/panels/recipes.ts).
      const { init: _, schedule, ...rest } = composeConfig({ recipe: other });
      const { lmin: __, ...others } = schedule;
      expect(composeConfig({ file: { ...rest, schedule: others }, recipe })).toEqual(plain);
    }
  }
});

test("every recipe sets the same settings", () => {
  const base = recipeBase(PRESETS.default);
  const paths = pathsOf(recipeOf("grpo").settings(base));
  for (const recipe of recipes) {
    const { init: _, ...patch } = recipe.settings(base);
    const own = recipe.name === "siri-length-penalty" ? ["schedule.lmin"] : [];
    expect(pathsOf(patch), recipe.name).toEqual([...paths, ...own].sort());
  }
});

test("every method is that of a recipe", () => {
  const used = recipes.map((recipe) => composeConfig({ recipe }).method.name);
  expect([...METHOD_NAMES].sort()).toEqual([...new Set(used)].sort());
});

test.each(recipes)("what $name is laid over is checked too", (recipe) => {
  const refused = (sources: object) => () => composeConfig({ ...sources, recipe });
  expect(refused({ settings: ["schedule.lmax=long"] })).toThrow(
    refusal("schedule.lmax", 'schedule.lmax is "long"'),
  );
  expect(refused({ file: { schedule: 5 } })).toThrow(refusal("schedule", "schedule is 5"));
  expect(refused({ file: { rl: null } })).toThrow(refusal("rl", "rl is null"));
});
