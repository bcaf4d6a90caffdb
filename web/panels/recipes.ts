/** The recipes as the page offers them, and the one in force. */
import { computed } from "@preact/signals";
import { BellowsError, type ErrorData } from "../../src/errors.ts";
import { RECIPES } from "../../src/rl/recipes/index.ts";
import type { Recipe } from "../../src/rl/recipes/recipe.ts";
import type { Config } from "../../src/train/config.ts";
import { PRESETS } from "../../src/train/presets.ts";
import { composeConfig, recipeBase } from "../../src/train/settings.ts";
import { differences } from "../state/config-diff.ts";
import { draft } from "../state/model.ts";

/** The recipes that train; what else there is, is a way to decode. */
export const OFFERED: readonly Recipe[] = Object.values(RECIPES).filter(({ trains }) => trains !== false);

/** A recipe as it would change the settings in the form. */
export interface Offer {
  readonly recipe: Recipe;
  /** The settings with the recipe laid over them, or why it does not fit them. */
  readonly outcome: Config | ErrorData;
  /** Whether the settings are those of the recipe already. */
  readonly isInForce: boolean;
}

/** Every recipe, over the settings in the form. */
export const offers = computed(() => offersFor(draft.value));

export function offersFor(config: Config): readonly Offer[] {
  const laid = OFFERED.map((recipe) => ({ recipe, outcome: layOver(config, recipe) }));
  const own = laid.find(({ outcome }) => isConfig(outcome) && differences(config, outcome).length === 0);
  const base = own === undefined ? config : without(config, own.recipe);
  return laid.map((offer) => {
    const isInForce = offer === own;
    return { ...offer, isInForce, outcome: isInForce ? config : layOver(base, offer.recipe) };
  });
}

/** A config without what a recipe has brought that others leave alone: weights to start from, and a trough of its own. */
function without(config: Config, recipe: Recipe): Config {
  const { init, schedule } = recipe.settings(recipeBase(config));
  const { lmax, lmin } = config.schedule;
  const hasTrough = typeof schedule === "object" && "lmin" in schedule;
  return {
    ...config,
    init: init === undefined ? config.init : PRESETS.default.init,
    schedule: { ...config.schedule, lmin: hasTrough ? Math.round(lmax / 2) : lmin },
  };
}

export function isConfig(outcome: Offer["outcome"]): outcome is Config {
  return "task" in outcome;
}

function layOver(config: Config, recipe: Recipe): Offer["outcome"] {
  try {
    return composeConfig({ file: config, recipe });
  } catch (error) {
    if (error instanceof BellowsError) return error.toData();
    throw error;
  }
}
