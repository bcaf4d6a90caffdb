import type { Random } from "../random.ts";
import { groupAdvantages } from "./advantage.ts";
import type { RatedGroup } from "./method.ts";
import { mean } from "./statistics.ts";

// Advantages of methods that measure a response from what the reference policy does on the problem, not from
// its group.

/** Responses that O1-Pruner keeps of each problem, and what it clips their weights to. */
const KEPT = 2;
const LEAST_WEIGHT = -2;
const MOST_WEIGHT = 4;

/**
 * O1-Pruner's weights as its code makes them: two random responses of each problem, their rewards clipped to
 * [−2, 4], then z-normalised over all that were kept. So what is pushed up is what is better than the others
 * of the step, not what is better than the reference.
 * @returns [groups][G]; null for what is not kept
 */
export function pruningAdvantages(groups: readonly RatedGroup[], random: Random): (number | null)[][] {
  const weights = groups.map(({ rewards }) => {
    const kept = random.shuffle([...rewards.keys()]).slice(0, KEPT);
    return rewards.map(({ total }, i) => (kept.includes(i) ? clippedWeight(total!) : null));
  });
  return zNormalise(weights);
}

function clippedWeight(reward: number): number {
  return Math.min(Math.max(reward, LEAST_WEIGHT), MOST_WEIGHT);
}

/**
 * (value − mean) / population deviation over all groups together; all 0 where the values are equal. Null
 * stays null.
 */
function zNormalise(values: readonly (readonly (number | null)[])[]): (number | null)[][] {
  const normalised = groupAdvantages(values.flat(), { std: "population", eps: 0 });
  return values.map((row, g) =>
    row.map((value, i) => (value === null ? null : normalised[g * row.length + i]!)),
  );
}

/**
 * AdaptThink's advantage (2505.13417 §3.2): δ · 1[NoThinking] + reward − accuracy of the reference policy on
 * the problem. It is not normalised, so a group whose members are equal teaches too.
 * @param noThinking index of the opening that stands for not thinking
 * @param bonus δ
 * @returns [groups][G]
 */
export function modeAdvantages(groups: readonly RatedGroup[], noThinking: number, bonus: number): number[][] {
  return groups.map(({ rewards, openings, reference }) => {
    const accuracy = mean(reference.map(({ correct }) => Number(correct)))!;
    return rewards.map(({ total }, i) => (openings[i] === noThinking ? bonus : 0) + (total! - accuracy));
  });
}
