import type { Recipe } from "./recipe.ts";
import { recipeSettings } from "./settings.ts";

/**
 * Steps at which DeepScaleR began its stages of 16K and 24K tokens (its README), and about where it ended.
 */
const SWITCHES = [1040, 1520];
const PUBLISHED_STEPS = 1750;

/**
 * DeepScaleR-Preview: GRPO in three stages of ever larger budgets, 8K, 16K and 24K tokens, each a run of its
 * own: the optimizer starts anew, and KL is measured from the stage's start. Groups grow from 8 to 16
 * responses with the second stage. Two updates per rollout, temperature 0.6, KL and entropy 0.001, the
 * latter a default of its fork of verl.
 *
 * The toy's stages are L_min, the middle, and L_max, since L_max is where all recipes are evaluated and
 * L_min lies next to the shortest right answers; they switch at the published fractions of three cycles. A
 * budget of tokens may be spent before the last: groups twice as large take twice as many. The report of a
 * comparison says so where it happens.
 */
export const deepscaler: Recipe = {
  name: "deepscaler",
  title: "DeepScaleR",
  source: "DeepScaleR-Preview, code and README",
  settings: ({ lmax, lmin, cycle }) => {
    const [second, third] = SWITCHES.map((step) =>
      Math.max(1, Math.round((3 * cycle * step) / PUBLISHED_STEPS)),
    );
    return recipeSettings({
      schedule: {
        kind: "staged",
        stages: [
          { step: 0, cap: lmin },
          { step: second!, cap: Math.round((lmin + lmax) / 2) },
          { step: third!, cap: lmax },
        ],
      },
      rl: {
        stageGroupSizes: [8, 16, 16],
        stageStart: "restart",
        miniBatches: 2,
        temperature: 0.6,
        clipHigh: 0.2,
        klKind: "k3",
        klCoefficient: 0.001,
        entropyCoefficient: 0.001,
      },
    });
  },
};
