import type { Recipe, Reported } from "./recipe.ts";
import { FIXED_LENGTH, recipeSettings } from "./settings.ts";

/**
 * Budget forcing (s1 2501.19393 §3): nothing is trained. Either thinking is cut and an answer forced, or the
 * start of an answer is replaced by `wait` and the model thinks on. Reported are cuts at quarters of L_max,
 * and one and two such waits; s1 goes to six, for which the toy's budget has no room.
 */
export const budgetForcing: Recipe = {
  name: "budget-forcing",
  title: "Budget forcing",
  source: "s1 2501.19393 §3",
  trains: false,
  settings: ({ lmax }) =>
    recipeSettings({ schedule: FIXED_LENGTH, eval: { forceAnswerAt: Math.round(lmax / 2) } }),
  reported: ({ lmax }) => [
    ...[1 / 4, 1 / 2, 3 / 4].map((fraction) => answerAt(Math.round(fraction * lmax))),
    ...[1, 2].map(waits),
  ],
};

function answerAt(tokens: number): Reported {
  return {
    label: `answer-at-${tokens}`,
    step: 0,
    settings: { eval: { forceAnswerAt: tokens, ignoreEnds: 0 } },
  };
}

function waits(times: number): Reported {
  return { label: `wait-${times}`, step: 0, settings: { eval: { forceAnswerAt: 0, ignoreEnds: times } } };
}
