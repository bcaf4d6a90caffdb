import type { Recipe } from "./recipe.ts";
import { FIXED_LENGTH, recipeSettings } from "./settings.ts";

/**
 * GRPO (DeepSeekMath 2402.03300 §4.1) under a budget that stays at L_max: the control to SIRI, from which it
 * differs in nothing else. DeepSeekMath itself has a mean per response, a clip of 0.2 on both sides and a KL
 * penalty of 0.04.
 */
export const grpo: Recipe = {
  name: "grpo",
  title: "GRPO, fixed length",
  source: "DeepSeekMath 2402.03300 §4.1, with SIRI's settings (2509.25176 §5.1)",
  settings: () => recipeSettings({ schedule: FIXED_LENGTH }),
};
