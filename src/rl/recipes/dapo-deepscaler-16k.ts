import type { Recipe } from "./recipe.ts";
import { recipeSettings } from "./settings.ts";

/**
 * SIRI's baseline of two stages (2509.25176 §5.2): DeepScaleR's 8K tokens, then 16K from step 320, half of a
 * SIRI cycle, with SIRI's own settings otherwise. It is the first cycle of `siri-stair` that never compresses
 * again.
 */
export const dapoDeepscaler16k: Recipe = {
  name: "dapo-deepscaler-16k",
  title: "DAPO-DeepScaleR-16K",
  source: "SIRI 2509.25176 §5.2",
  settings: ({ lmax, lmin, cycle }) =>
    recipeSettings({
      schedule: {
        kind: "staged",
        stages: [
          { step: 0, cap: lmin },
          { step: Math.max(1, Math.round(cycle / 2)), cap: lmax },
        ],
      },
    }),
};
