import type { PreferenceMethod } from "../method.ts";
import { overthinkingPairs } from "../pairs.ts";
import { CORRECTNESS } from "../reward.ts";
import type { Recipe } from "./recipe.ts";
import { FIXED_LENGTH, recipeSettings, SIMPO_LEARNING_RATE } from "./settings.ts";
import { TRAITS } from "./traits.ts";

export const overthinkMethod: PreferenceMethod = {
  ...TRAITS.overthink,
  rewards: () => [CORRECTNESS],
  pairs: (groups, { chosen }) => overthinkingPairs(groups, chosen),
};

/**
 * "Do NOT think that much for 2+3=?" (2412.21187 §4): self-training on pairs of the starting policy's
 * responses by SimPO. The longest right response is rejected; chosen is the shortest one
 * (`method.chosen=shortest`), or the rejected one cut behind its first right solution (`first-solution`) or
 * its second (`reflection`, the paper's FCS+Reflection and its advice). The version behind SIRI's table,
 * AdaptThink's, cuts that way.
 *
 * β and γ are not published: they are SimPO's defaults. Pairs are streamed, not trained on twice.
 */
export const overthink = {
  name: "overthink",
  title: "OverThink",
  source: "2412.21187 §4; AdaptThink 2505.13417 §5",
  method: overthinkMethod,
  settings: () =>
    recipeSettings({
      schedule: FIXED_LENGTH,
      rl: { learningRate: SIMPO_LEARNING_RATE },
      method: { name: "overthink", chosen: "reflection", preferenceBeta: 2, preferenceMargin: 0.25 },
    }),
} satisfies Recipe;
