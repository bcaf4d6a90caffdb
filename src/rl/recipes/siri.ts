import type { ScheduleKind } from "../length-schedule.ts";
import type { Recipe, RecipeBase, Reported } from "./recipe.ts";
import { recipeSettings } from "./settings.ts";

/**
 * SIRI (2509.25176 §4): GRPO whose length budget goes from L_max down to L_min and back, cycle after cycle.
 * No code is public. The paper prints the loss with a mean per response, but it ran verl, whose default is
 * the mean over tokens, and that is taken here. Responses that are cut at the budget are wrong and stay in
 * the loss: they are the pressure. The toy has the paper's ratio of L_min to L_max, and a cycle of 160 steps
 * for its 640.
 */
function siri(shape: ScheduleKind, title: string): Recipe {
  return {
    name: `siri-${shape}`,
    title,
    source: "SIRI 2509.25176 §4.3",
    settings: () => recipeSettings({ schedule: { kind: shape } }),
    reported: lowAndHigh,
  };
}

/**
 * SIRI-low and SIRI-high: where the last compression ended, in the paper the last step ≡ T/2 mod T, and where
 * the last expansion did, the last multiple of T. The length follows the budget late, so it is shortest some
 * steps after the first of the two; the paper does not say whether it looked for that.
 */
export function lowAndHigh({ cycle, compression }: RecipeBase, steps: number): readonly Reported[] {
  const turn = Math.round(compression * cycle);
  const low = Math.floor((steps - turn) / cycle) * cycle + turn;
  const high = Math.floor(steps / cycle) * cycle;
  const ends = [
    { label: "low", step: low },
    { label: "high", step: high },
  ].filter(({ step }) => step > 0);
  return ends.length > 0 ? ends : [{ label: "final", step: steps }];
}

export const siriCosine = siri("cosine", "SIRI, cosine");
export const siriStair = siri("stair", "SIRI, stair");
export const siriStairCosine = siri("stair-cosine", "SIRI, stair-cosine");
