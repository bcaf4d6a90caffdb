import { promptBudgetReward } from "../length-reward.ts";
import type { PolicyMethod } from "../method.ts";
import type { Recipe, RecipeBase, Reported } from "./recipe.ts";
import { FIXED_LENGTH, recipeSettings } from "./settings.ts";
import { TRAITS } from "./traits.ts";

/**
 * L1 (2503.04697 §3): prompts name a budget, and the reward holds the response to it. The coefficient α of
 * the length is scaled so that α · L_max is 1.2, as 0.0003 · 4000 in the paper. Its other settings are those
 * of DeepScaleR, from whose policy the paper starts and the toy does not: two updates per rollout,
 * temperature 0.6, KL and entropy 0.001. Budgets are drawn from a quarter of L_max to L_max, where the paper
 * goes from 100 to 4000 tokens: the toy's shortest right answers take a fifth of L_max and more.
 *
 * In the 2.6 million tokens of docs/results the toy does not learn to read the number: asked for L_min and
 * for L_max it writes as many tokens, 55 (L1-Exact) and 41 (L1-Max).
 */
function l1Settings(name: string, { lmax }: RecipeBase) {
  return recipeSettings({
    schedule: FIXED_LENGTH,
    rl: {
      miniBatches: 2,
      temperature: 0.6,
      clipHigh: 0.2,
      klKind: "k3",
      klCoefficient: 0.001,
      entropyCoefficient: 0.001,
    },
    method: { name, lengthCoefficient: 1.2 / lmax },
  });
}

const rewards: PolicyMethod["rewards"] = ({ lengthCoefficient }) => [
  { name: "budget", weight: 1, reward: promptBudgetReward(lengthCoefficient) },
];

export const l1ExactMethod: PolicyMethod = { ...TRAITS["l1-exact"], rewards };
export const l1MaxMethod: PolicyMethod = { ...TRAITS["l1-max"], rewards };

/** The last policy, asked to keep within L_min and within L_max. */
function atTwoBudgets({ lmin, lmax }: RecipeBase, steps: number): readonly Reported[] {
  return [lmin, lmax].map((tokens) => ({
    label: `budget-${tokens}`,
    step: steps,
    settings: { method: { evalBudget: tokens } },
  }));
}

/** L1-Exact: as many tokens as the prompt says. */
export const l1Exact = {
  name: "l1-exact",
  title: "L1-Exact",
  source: "L1 2503.04697 §3.1",
  method: l1ExactMethod,
  settings: (base) => l1Settings("l1-exact", base),
  reported: atTwoBudgets,
} satisfies Recipe;

/**
 * L1-Max: at most as many, in half of the prompts; the others ask for exactly so many. The reward is the
 * paper's, not that of the code, which without a flag rewards short wrong responses too, and whose α counts
 * half. The paper trains L1-Exact before it; the toy trains on the mixture from the start.
 */
export const l1Max = {
  name: "l1-max",
  title: "L1-Max",
  source: "L1 2503.04697 §3.2",
  method: l1MaxMethod,
  settings: (base) => l1Settings("l1-max", base),
  reported: atTwoBudgets,
} satisfies Recipe;
