import type { ImitationMethod, PreferenceMethod } from "../method.ts";
import { rightWrongPairs, teacherPairs } from "../pairs.ts";
import { CORRECTNESS } from "../reward.ts";
import { chosenTraces } from "../selection.ts";
import type { Recipe, RecipeBase } from "./recipe.ts";
import { DPO_LEARNING_RATE, FIXED_LENGTH, recipeSettings } from "./settings.ts";
import { TRAITS } from "./traits.ts";

// Iterative training, SIRI 2509.25176 §2.2: rounds of sampling from the policy of the round's start,
// filtering, and training.

/** Steps of a round: four to a cycle. */
function roundOf({ cycle }: RecipeBase): number {
  return Math.max(1, Math.round(cycle / 4));
}

export const rejectionSftMethod: ImitationMethod = {
  ...TRAITS["rejection-sft"],
  rewards: () => [CORRECTNESS],
  traces: (groups, { chosen }) => chosenTraces(groups, chosen),
};

/**
 * Rejection sampling and SFT, as ReST-EM (2312.06585 §3) and RFT do it: imitate the right responses, each
 * distinct one once; `method.chosen=shortest` imitates only the shortest to each problem. ReST-EM begins each
 * round from the starting policy; the toy goes on from the last.
 */
export const rejectionSft = {
  name: "rejection-sft",
  title: "Rejection sampling and SFT",
  source: "ReST-EM 2312.06585 §3",
  method: rejectionSftMethod,
  settings: (base) =>
    recipeSettings({
      schedule: FIXED_LENGTH,
      method: { name: "rejection-sft", chosen: "all", refreshEvery: roundOf(base) },
    }),
} satisfies Recipe;

export const iterativeDpoMethod: PreferenceMethod = {
  ...TRAITS["iterative-dpo"],
  rewards: () => [CORRECTNESS],
  pairs: (groups, _settings, random) => rightWrongPairs(groups, random),
};

/**
 * Iterative reasoning preference optimisation (2404.19733 §2): DPO on pairs of a right and a wrong response,
 * from the policy of the round's start, plus the negative log-prob of the right one;
 * `method.nllCoefficient=0` leaves that out and is iterative DPO. β is the paper's.
 */
export const iterativeDpo = {
  name: "iterative-dpo",
  title: "Iterative DPO",
  source: "Iterative RPO 2404.19733 §2",
  method: iterativeDpoMethod,
  settings: (base) =>
    recipeSettings({
      schedule: FIXED_LENGTH,
      rl: { learningRate: DPO_LEARNING_RATE },
      method: {
        name: "iterative-dpo",
        preferenceBeta: 0.1,
        nllCoefficient: 1,
        refreshEvery: roundOf(base),
      },
    }),
} satisfies Recipe;

export const spinMethod: PreferenceMethod = {
  ...TRAITS.spin,
  rewards: () => [CORRECTNESS],
  pairs: (groups) => teacherPairs(groups),
};

/**
 * SPIN (2401.01335 §4): the policy learns to tell the teacher's responses from those of its former self, by
 * DPO's loss with that self as the reference. The verifier has no part in it, so the teacher is its ceiling.
 * The paper samples one response to a problem; the toy uses all of a group, against one of the teacher's.
 */
export const spin = {
  name: "spin",
  title: "SPIN",
  source: "SPIN 2401.01335 §4",
  method: spinMethod,
  settings: (base) =>
    recipeSettings({
      schedule: FIXED_LENGTH,
      rl: { learningRate: DPO_LEARNING_RATE },
      method: { name: "spin", preferenceBeta: 0.1, refreshEvery: roundOf(base) },
    }),
} satisfies Recipe;
