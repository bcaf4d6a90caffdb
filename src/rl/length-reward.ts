import { invalid } from "../errors.ts";
import { cappedCorrectness, type PromptBudget, type RewardFunction, type Sample } from "./reward.ts";
import { mean } from "./statistics.ts";

// Rewards that know how long a response is. Lengths are tokens, end token included.

/**
 * Kimi k1.5's length reward (2501.12599 §2.3.3), in [−0.5, 0.5]. A right response gets λ, a wrong one
 * min(0, λ), where λ = 0.5 − (length − shortest) / (longest − shortest); shortest and longest are those of
 * the whole group, right and wrong. All 0 where lengths are equal.
 * @param from step from which it applies, as training begins without it; null before
 */
export function kimiLengthReward(from: number): RewardFunction {
  return (group, context) => {
    if (context.step < from) return group.map(() => null);
    const lengths = group.map(({ response }) => response.length);
    const shortest = Math.min(...lengths);
    const longest = Math.max(...lengths);
    if (shortest === longest) return group.map(() => 0);
    const isRight = cappedCorrectness(group, context);
    return lengths.map((length, i) => {
      const reward = 0.5 - (length - shortest) / (longest - shortest);
      return isRight[i] === 1 ? reward : Math.min(0, reward);
    });
  };
}

/** δ: what L1-Max gives a right response that uses up the budget. */
const MAX_BUDGET_OFFSET = 0.5;

/**
 * L1's reward (2503.04697 §3) for a prompt that names a budget of n tokens.
 * - exactly n: correct − α |n − length|; wrong responses are held to the length too, so it may be negative
 * - at most n: correct · clip(α (n − length) + 0.5, 0, 1)
 * @param coefficient α, per token
 */
export function promptBudgetReward(coefficient: number): RewardFunction {
  return (group, context) => {
    const { budget } = context;
    if (budget === undefined) throw invalid("input-invalid", "budget", budget, "what the prompt names");
    const isRight = cappedCorrectness(group, context);
    return group.map(({ response }, i) =>
      budgetedReward(isRight[i] === 1, budget, response.length, coefficient),
    );
  };
}

function budgetedReward(
  isRight: boolean,
  { kind, tokens }: PromptBudget,
  length: number,
  coefficient: number,
) {
  if (kind === "exact") return Number(isRight) - coefficient * Math.abs(tokens - length);
  if (!isRight) return 0;
  return Math.min(Math.max(coefficient * (tokens - length) + MAX_BUDGET_OFFSET, 0), 1);
}

/**
 * O1-Pruner's length-harmonising reward (2501.12570 §3.2): mean length / length − 1 + λ (correct − accuracy).
 * The means are those of the group, whose responses the reference policy wrote. A short wrong response earns
 * without bound: see `pruningAdvantages` for what bounds it.
 * @param accuracyWeight λ
 */
export function harmonisingReward(accuracyWeight: number): RewardFunction {
  return (group, context) => {
    const correct = cappedCorrectness(group, context).map(Number);
    const accuracy = mean(correct) ?? 0;
    const meanLength = mean(group.map(({ response }) => response.length)) ?? 0;
    return group.map(
      ({ response }, i) => meanLength / response.length - 1 + accuracyWeight * (correct[i]! - accuracy),
    );
  };
}

/**
 * DAST's token length budget of a problem (2503.04472 §3.1): p · L̄ + (1 − p) · L_max, with p the fraction of
 * the group that is right and L̄ the mean length of those; L_max where none is.
 */
export function tokenBudget(group: readonly Pick<Sample, "correct" | "response">[], lmax: number): number {
  const lengths = group.filter(({ correct }) => correct).map(({ response }) => response.length);
  const p = lengths.length / group.length;
  return p * (mean(lengths) ?? 0) + (1 - p) * lmax;
}

/**
 * DAST's reward (2503.04472 §3.2) of a response, by its relative distance λ from the budget:
 * - right: max(0.5 − 0.5 λ, 0.1), so it is to be short
 * - wrong: min(0.9 λ − 0.1, −0.1), so it is to think on, up to the budget
 */
export function distanceReward(length: number, isRight: boolean, budget: number): number {
  const distance = (length - budget) / budget;
  return isRight ? Math.max(0.5 - 0.5 * distance, 0.1) : Math.min(0.9 * distance - 0.1, -0.1);
}

/** DAST's reward of a group; the cap of the step is its L_max. */
export const tokenBudgetReward: RewardFunction = (group, { cap }) => {
  const budget = tokenBudget(group, cap);
  return group.map(({ response, correct }) => distanceReward(response.length, correct, budget));
};
