import type { Recipe } from "./recipe.ts";
import { recipeSettings } from "./settings.ts";

/**
 * ThinkPrune (2504.01296): GRPO under a budget that only falls, 4000, 3000, 2000 tokens, each tread a new run
 * from the last one's policy, with a new optimizer and a new reference. No expansion: the natural control to
 * SIRI. KL and entropy 0.001 as in its code, symmetric clip, one update per rollout.
 *
 * The toy's treads are L_max, the middle and L_min, of T steps each. Its prompts leave out the sentence that
 * names the budget.
 */
export const thinkprune: Recipe = {
  name: "thinkprune",
  title: "ThinkPrune",
  source: "ThinkPrune 2504.01296; code",
  settings: () =>
    recipeSettings({
      schedule: { kind: "staircase" },
      rl: {
        stageStart: "restart",
        clipHigh: 0.2,
        klKind: "k3",
        klCoefficient: 0.001,
        entropyCoefficient: 0.001,
      },
    }),
};
