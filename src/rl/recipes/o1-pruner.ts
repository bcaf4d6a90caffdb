import { harmonisingReward } from "../length-reward.ts";
import type { PolicyMethod } from "../method.ts";
import { pruningAdvantages } from "../reference-advantage.ts";
import type { Recipe } from "./recipe.ts";
import { FIXED_LENGTH, recipeSettings } from "./settings.ts";
import { TRAITS } from "./traits.ts";

/**
 * λ: what accuracy weighs beside the relative length; 2 for the paper's 7B model, 5 for its 32B. With 2 the
 * toy unlearned the task (from 0.50 right at 54 tokens to 0.38 at 25): half of its responses are wrong, and
 * with 2 a wrong one that is short still beats a right one that is long.
 */
const ACCURACY_WEIGHT = 5;

export const o1PrunerMethod: PolicyMethod = {
  ...TRAITS["o1-pruner"],
  rewards: () => [{ name: "harmony", weight: 1, reward: harmonisingReward(ACCURACY_WEIGHT) }],
  advantages: (groups, _settings, random) => pruningAdvantages(groups, random),
};

/**
 * O1-Pruner (2501.12570 §3): responses of the starting policy, each weighted by how much shorter it is than
 * their mean and how much better than their accuracy, in PPO's clipped loss. Code and paper differ; the code
 * is followed: the ratio is that of a whole response, normalised by its length, two random responses of a
 * problem are kept, and weights are clipped to [−2, 4] and z-normalised. The code does the last over its
 * data set; the toy, whose data set is streamed, over the responses of a step.
 *
 * The learning rate is a tenth of RL's (2e-7 of 1e-6 would be a fifth, which falls to 0.46 right by step
 * 320; a tenth stays at 0.56); the code's warm-up and decay are left out, and gradients are clipped at the
 * norm of RL (the code: at 10). The reference's means are those of a group (the paper: 12 to 16).
 */
export const o1Pruner = {
  name: "o1-pruner",
  title: "O1-Pruner",
  source: "O1-Pruner 2501.12570; code",
  method: o1PrunerMethod,
  settings: () =>
    recipeSettings({
      schedule: FIXED_LENGTH,
      rl: { learningRate: 5e-5, clipHigh: 0.2 },
      method: { name: "o1-pruner" },
    }),
} satisfies Recipe;
