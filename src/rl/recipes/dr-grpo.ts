import type { Recipe } from "./recipe.ts";
import { FIXED_LENGTH, recipeSettings } from "./settings.ts";

/**
 * Dr. GRPO (2503.20783 §3.2): advantages are not divided by the deviation of their group, and the loss of a
 * response not by its length but by the constant L_max. What goes with them is the weight of very easy and
 * very hard prompts, and the discount on long wrong responses. As in its code, a mean over responses is taken
 * as well.
 */
export const drGrpo: Recipe = {
  name: "dr-grpo",
  title: "Dr. GRPO",
  source: "Dr. GRPO 2503.20783 §3.2; understand-r1-zero",
  settings: () =>
    recipeSettings({
      schedule: FIXED_LENGTH,
      rl: { advantageStd: "none", lossAggregation: "seq-mean-token-sum-norm", clipHigh: 0.2 },
    }),
};
