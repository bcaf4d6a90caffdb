import { invalid } from "../../errors.ts";
import { adaptthink } from "./adaptthink.ts";
import { budgetForcing } from "./budget-forcing.ts";
import { dapo } from "./dapo.ts";
import { dapoDeepscaler16k } from "./dapo-deepscaler-16k.ts";
import { dast } from "./dast.ts";
import { deepscaler } from "./deepscaler.ts";
import { drGrpo } from "./dr-grpo.ts";
import { grpo } from "./grpo.ts";
import { iterativeDpo, rejectionSft, spin } from "./iterative.ts";
import { kimiLengthPenalty } from "./kimi-length-penalty.ts";
import { l1Exact, l1Max } from "./l1.ts";
import { siriLongExpansion } from "./long-expansion.ts";
import { o1Pruner } from "./o1-pruner.ts";
import { overthink } from "./overthink.ts";
import type { Recipe } from "./recipe.ts";
import { siriCosine, siriStair, siriStairCosine } from "./siri.ts";
import { siriLengthPenalty } from "./siri-length-penalty.ts";
import { thinkprune } from "./thinkprune.ts";

/** The recipes by name, in the order in which lists show them. */
export const RECIPES: Readonly<Record<string, Recipe>> = Object.fromEntries(
  [
    siriCosine,
    siriStair,
    siriStairCosine,
    siriLongExpansion,
    siriLengthPenalty,
    grpo,
    dapo,
    drGrpo,
    deepscaler,
    dapoDeepscaler16k,
    thinkprune,
    kimiLengthPenalty,
    l1Exact,
    l1Max,
    o1Pruner,
    adaptthink,
    overthink,
    dast,
    rejectionSft,
    iterativeDpo,
    spin,
    budgetForcing,
  ].map((recipe) => [recipe.name, recipe]),
);

/** @throws BellowsError `config-invalid` where there is no such recipe. */
export function recipeOf(name: string): Recipe {
  if (Object.hasOwn(RECIPES, name)) return RECIPES[name]!;
  throw invalid("config-invalid", "recipe", name, `one of ${Object.keys(RECIPES).join(", ")}`);
}
