import { isPairwise, type Method } from "../../rl/method.ts";
import { RECIPES } from "../../rl/recipes/index.ts";
import type { Recipe } from "../../rl/recipes/recipe.ts";
import { recipeBase } from "../../train/settings.ts";
import type { Curve } from "../rows.ts";

/**
 * What a step of a recipe does that a step of plain GRPO does not, in words; read from the recipe, so that it holds for what
 * was run. "" where there is nothing, and for recipes that are not known.
 */
export function extraWork({ recipe: name, config }: Curve): string {
  if (!Object.hasOwn(RECIPES, name)) return "";
  const recipe: Recipe = RECIPES[name]!;
  const { rl } = recipe.settings(recipeBase(config));
  const settings = typeof rl === "object" ? rl : {};
  const { groupFilter, klKind, miniBatches, stageGroupSizes } = settings;
  return [
    groupFilter === "mixed" && "samples until all groups are mixed",
    typeof miniBatches === "number" && miniBatches > 1 && `${miniBatches} updates a step`,
    Array.isArray(stageGroupSizes) && stageGroupSizes.length > 0 && `groups of ${stageGroupSizes.join(", ")}`,
    klKind !== undefined && klKind !== "none" && "log-probs under the reference, for KL",
    ...(recipe.method === undefined ? [] : methodWork(recipe.method)),
  ]
    .filter((part) => part !== false)
    .join("; ");
}

function methodWork(method: Method): (string | false)[] {
  const { objective, referenceGroup, needsReference } = method;
  return [
    referenceGroup === true && "the reference answers each prompt as well",
    needsReference === true && "log-probs under the reference",
    isPairwise(objective) && "learns from pairs, two responses each",
    objective === "imitation" && "learns from the responses that it keeps",
  ];
}
