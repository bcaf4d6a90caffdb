import type { PolicyMethod } from "../method.ts";
import { modeAdvantages } from "../reference-advantage.ts";
import { CORRECTNESS } from "../reward.ts";
import type { Recipe } from "./recipe.ts";
import { FIXED_LENGTH, recipeSettings } from "./settings.ts";
import { TRAITS } from "./traits.ts";

export const adaptthinkMethod: PolicyMethod = {
  ...TRAITS.adaptthink,
  rewards: () => [CORRECTNESS],
  advantages: (groups, { lengthCoefficient }) =>
    modeAdvantages(groups, TRAITS.adaptthink.openings.indexOf("so"), lengthCoefficient),
};

/**
 * AdaptThink (2505.13417 §3): learns when not to think. Half of each group is made to open without thinking,
 * which earns δ (`method.lengthCoefficient`), 0.05; the advantage is that and the distance from the accuracy
 * of the starting policy on the problem. The code is followed: the ratio is that of a whole response,
 * normalised by its length, and the forced token counts with a probability of a half. The exact ratio of the
 * paper would be next to 0 in the beginning.
 *
 * At the toy's lengths even the code's ratio needs a policy that opens without thinking now and then: it
 * starts from `two-modes`, trained on traces of both kinds. The paper caps responses without thinking at a
 * quarter of the budget; the toy's bare chains end long before. It takes the reference's accuracy from as
 * many responses as the group has.
 */
export const adaptthink = {
  name: "adaptthink",
  title: "AdaptThink",
  source: "AdaptThink 2505.13417 §3; code",
  method: adaptthinkMethod,
  settings: () => ({
    init: "two-modes",
    ...recipeSettings({
      schedule: FIXED_LENGTH,
      rl: { temperature: 0.6, clipHigh: 0.2 },
      method: { name: "adaptthink", lengthCoefficient: 0.05 },
    }),
  }),
} satisfies Recipe;
