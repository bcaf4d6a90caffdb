import { describe, expect, test } from "vitest";
import { RECIPES } from "../../src/rl/recipes/index.ts";
import { PRESETS } from "../../src/train/presets.ts";
import { composeConfig } from "../../src/train/settings.ts";
import { isConfig, OFFERED, offersFor } from "../../web/panels/recipes.ts";
import { withEdits } from "../../web/state/edit-config.ts";
import { recipesEn } from "../../web/text/recipes.en.ts";

const inForce = (config: Parameters<typeof offersFor>[0]) =>
  offersFor(config).find((offer) => offer.isInForce)?.recipe.name;
const offered = (config: Parameters<typeof offersFor>[0], name: string) =>
  offersFor(config).find(({ recipe }) => recipe.name === name)!.outcome;

test("there are words for every recipe that trains, and for no other", () => {
  expect(Object.keys(recipesEn.words)).toEqual(OFFERED.map(({ name }) => name));
  expect(OFFERED).toHaveLength(Object.keys(RECIPES).length - 1);
});

describe.each(Object.entries(PRESETS))("over the preset %s", (_, preset) => {
  test.each(OFFERED)("$name fits, and is then the one in force", (recipe) => {
    const config = offered(preset, recipe.name);
    expect(config).toEqual(composeConfig({ file: preset, recipe }));
    expect(inForce(config as typeof preset)).toBe(recipe.name);
  });
});

test("the presets are SIRI; a setting of the recipe that is changed leaves none in force", () => {
  expect(inForce(PRESETS.default)).toBe("siri-stair-cosine");
  const longer = withEdits(PRESETS.default, [{ path: "rl.steps", value: 400 }]);
  expect(inForce(longer)).toBe("siri-stair-cosine");
  const warmer = withEdits(PRESETS.default, [{ path: "rl.temperature", value: 0.9 }]);
  expect(inForce(warmer)).toBeUndefined();
});

test("the weights that a recipe starts from go with it; those that someone chose stay", () => {
  const adaptthink = composeConfig({ recipe: RECIPES.adaptthink! });
  expect(adaptthink.init).toBe("two-modes");
  expect(offered(adaptthink, "dast")).toMatchObject({ init: "pre-rl" });
  const random = withEdits(PRESETS.default, [{ path: "init", value: "random" }]);
  expect(offered(random, "dast")).toMatchObject({ init: "random" });
});

test("a trough of its own goes with a recipe too", () => {
  const penalised = composeConfig({ recipe: RECIPES["siri-length-penalty"]! });
  expect(penalised.schedule.lmin).toBe(56);
  expect(offered(penalised, "siri-cosine")).toMatchObject({ schedule: { lmin: 40 } });
  const shallow = withEdits(offered(PRESETS.default, "siri-cosine") as typeof PRESETS.default, [
    { path: "schedule.lmin", value: 60 },
  ]);
  expect(offered(shallow, "grpo")).toMatchObject({ schedule: { lmin: 60 } });
});

test("a recipe that does not fit says why, and the others are offered", () => {
  const odd = withEdits(PRESETS.default, [{ path: "rl.groupSize", value: 5 }]);
  expect(offered(odd, "adaptthink")).toMatchObject({ code: "config-invalid", field: "rl.groupSize" });
  expect(isConfig(offered(odd, "dast"))).toBe(true);
  const broken = withEdits(PRESETS.default, [{ path: "rl.groupSize", value: 0 }]);
  for (const { outcome, isInForce } of offersFor(broken)) {
    expect([isConfig(outcome), isInForce]).toEqual([false, false]);
  }
});
