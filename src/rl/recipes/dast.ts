import { tokenBudgetReward } from "../length-reward.ts";
import type { PreferenceMethod } from "../method.ts";
import { budgetPairs } from "../pairs.ts";
import type { Recipe } from "./recipe.ts";
import { FIXED_LENGTH, recipeSettings, SIMPO_LEARNING_RATE } from "./settings.ts";
import { TRAITS } from "./traits.ts";

export const dastMethod: PreferenceMethod = {
  ...TRAITS.dast,
  rewards: () => [{ name: "budget", weight: 1, reward: tokenBudgetReward }],
  pairs: (groups, { dropFraction }) => budgetPairs(groups, dropFraction),
};

/**
 * DAST (2503.04472 §3): a token budget for each problem, the nearer to the mean length of right responses the
 * more of them are right; a reward by the distance from it; of the starting policy's responses to a problem
 * the right two and the wrong two of the largest difference make pairs for SimPO. The 15 % of the pairs with
 * the smallest difference are left out, without which responses grow; the toy leaves them out of each step. β
 * and γ are not published: they are SimPO's defaults.
 *
 * The paper does not say what becomes of responses that were cut while sampling. A quarter of the toy's are,
 * and as the longest wrong ones they would be chosen: after 60 steps 70 tokens and an accuracy of 0.34, from 54
 * and 0.50. They are left out, which ends at 63 and 0.47: pairs of wrong responses still make it longer.
 */
export const dast = {
  name: "dast",
  title: "DAST",
  source: "DAST 2503.04472 §3",
  method: dastMethod,
  settings: () =>
    recipeSettings({
      schedule: FIXED_LENGTH,
      rl: { learningRate: SIMPO_LEARNING_RATE },
      method: { name: "dast", dropFraction: 0.15, preferenceBeta: 2, preferenceMargin: 0.25 },
    }),
} satisfies Recipe;
