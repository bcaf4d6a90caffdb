import type { Recipe } from "./recipe.ts";
import { FIXED_LENGTH, recipeSettings } from "./settings.ts";

/**
 * DAPO (2503.14476 §3) with all five parts, each a setting that can be switched off: clip-higher, mean over
 * tokens, dynamic sampling by correctness, soft overlong punishment, no KL. As in the paper the buffer of
 * the punishment is a fifth of the budget (4096 of 20480 tokens). Its reward of ±1 is 0 or 1 here, with
 * which groups have the same advantages; beside it the punishment thus weighs twice as much as there. The
 * clip acts only from the second update of a rollout on: the toy makes two, the paper sixteen. Prompts are
 * sampled as many at a time as a step takes (the recipe: three times as many, the rest thrown away),
 * `rl.maxRollouts` times at most; a step whose groups are too few then learns from these, where verl gives
 * up. Its warm-up and weight decay are left out, and so is the dual clip of verl's recipe, which the paper
 * does not have.
 */
export const dapo: Recipe = {
  name: "dapo",
  title: "DAPO",
  source: "DAPO 2503.14476 §3; verl's recipe",
  settings: ({ lmax }) =>
    recipeSettings({
      schedule: FIXED_LENGTH,
      rl: {
        miniBatches: 2,
        clipLow: 0.2,
        clipHigh: 0.28,
        lossAggregation: "token-mean",
        groupFilter: "mixed",
        overlong: "soft",
        overlongBuffer: Math.max(1, Math.round(lmax / 5)),
        klKind: "none",
      },
    }),
};
