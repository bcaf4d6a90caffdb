import { kimiLengthReward } from "../length-reward.ts";
import type { PolicyMethod } from "../method.ts";
import { CORRECTNESS } from "../reward.ts";
import type { Patch, Recipe, RecipeBase } from "./recipe.ts";
import { FIXED_LENGTH, type RecipeSettings, recipeSettings } from "./settings.ts";
import { TRAITS } from "./traits.ts";

export const kimiLengthPenaltyMethod: PolicyMethod = {
  ...TRAITS["kimi-length-penalty"],
  rewards: ({ lengthCoefficient, lengthFrom }) => [
    CORRECTNESS,
    { name: "length", weight: lengthCoefficient, reward: kimiLengthReward(lengthFrom) },
  ],
};

/**
 * The length penalty of Kimi k1.5 (2501.12599 §2.3.3), switched on after a warm-up without it: T/2 steps in
 * the toy. The weight is not published. It is 0.2 here: with 1, where being short earns as much as being
 * right, the toy forgot how to answer within 120 steps (from 0.76 right to none, responses of one token).
 *
 * Kimi's loss is a squared error with a term (τ/2)(∇ log π/π_i)²; with one update per rollout that term is 0,
 * and what is left is the sum of the log-probs of a response times its reward's distance from the mean:
 * advantages without deviation, and no division by length. Kimi's optimizer starts anew with each rollout's
 * data; the toy's goes on.
 */
export const kimiLengthPenalty = {
  name: "kimi-length-penalty",
  title: "Kimi k1.5 length penalty",
  source: "Kimi k1.5 2501.12599 §2.3",
  method: kimiLengthPenaltyMethod,
  settings: (base) => penaltySettings(FIXED_LENGTH, base),
} satisfies Recipe;

/** The penalty under a schedule. */
export function penaltySettings(schedule: RecipeSettings["schedule"], { cycle }: RecipeBase): Patch {
  return recipeSettings({
    schedule,
    rl: { advantageStd: "none", lossAggregation: "seq-mean-token-sum-norm" },
    method: { name: "kimi-length-penalty", lengthCoefficient: 0.2, lengthFrom: Math.round(cycle / 2) },
  });
}
