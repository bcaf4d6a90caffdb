import type { LengthSchedule } from "../length-schedule.ts";
import type { MethodSettings } from "../method.ts";
import type { Patch } from "./recipe.ts";

/**
 * What a recipe does not say itself about `rl`: GRPO as SIRI runs it (2509.25176 §5.1: DAPO's clip, no KL),
 * by one update per rollout and at the toy's learning rate. Advantages are divided by the population's
 * deviation, where verl takes the sample's: for a group of 8 they are 7 % larger. Prompts, group size, steps
 * and the optimizer's decays are the config's own: they are the same for all that are compared.
 */
const RL = {
  temperature: 1,
  learningRate: 5e-4,
  warmupSteps: 0,
  decay: "constant",
  miniBatches: 1,
  lossAggregation: "token-mean",
  clipLow: 0.2,
  clipHigh: 0.28,
  dualClip: 0,
  advantageStd: "population",
  klKind: "none",
  klCoefficient: 0,
  entropyCoefficient: 0,
  exploreIn: "every-phase",
  overlong: "penalise",
  overlongBuffer: 16,
  groupFilter: "off",
  stageGroupSizes: [],
  stageStart: "continue",
};

const METHOD: MethodSettings & { readonly name: string } = {
  name: "grpo",
  refreshEvery: 0,
  lengthCoefficient: 0,
  lengthFrom: 0,
  preferenceBeta: 2,
  preferenceMargin: 0.25,
  nllCoefficient: 0,
  dropFraction: 0,
  chosen: "shortest",
  evalBudget: 0,
};

const EVAL = { forceAnswerAt: 0, ignoreEnds: 0 };

/** What a recipe says; what it leaves out is plain GRPO. */
export interface RecipeSettings {
  readonly schedule: Partial<LengthSchedule> & Pick<LengthSchedule, "kind">;
  readonly rl?: Partial<Record<keyof typeof RL, unknown>>;
  readonly method?: Partial<typeof METHOD>;
  readonly eval?: Partial<typeof EVAL>;
}

/**
 * The settings of a recipe made whole: all that tells one way to train from another is in them, so a recipe
 * is the same whatever config it is laid over.
 */
export function recipeSettings({ schedule, rl, method, eval: evaluation }: RecipeSettings): Patch {
  return {
    schedule: { compression: 0.5, alignment: "half", stages: [], ...schedule },
    rl: { ...RL, ...rl },
    method: { ...METHOD, ...method },
    eval: { ...EVAL, ...evaluation },
  };
}

/** The budget of methods that are not about it: L_max throughout. */
export const FIXED_LENGTH = { kind: "constant" } as const;

/** The learning rate of DPO: a fifth of RL's. The papers are closer together: 7e-7 (Iterative RPO) and 1e-6 (RL). */
export const DPO_LEARNING_RATE = 1e-4;

/**
 * The learning rate of SimPO: a twenty-fifth of RL's. A loss without a reference is what breaks a policy
 * first, and a step of `overthink` has one or two pairs, of `dast` 10 to 24, for which AdamW steps as far as
 * for hundreds. With DPO's rate the toy fell from 0.50 right to 0.13 (`overthink`, 358 steps) and to 0.36
 * (`dast`, 280).
 */
export const SIMPO_LEARNING_RATE = 2e-5;
