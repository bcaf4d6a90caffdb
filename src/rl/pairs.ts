import type { Random } from "../random.ts";
import type { PreferencePair, RatedGroup } from "./method.ts";
import { type Chosen, chosenAmong, rightResponses } from "./selection.ts";

// Builders of preference pairs. Both responses of a pair answer the same prompt, and they are never equal.

/**
 * OverThink's pairs (2412.21187 §4): the longest right response of a group is rejected. Chosen is the
 * shortest right one, or the longest itself, cut behind a solution; `all` chooses every right one. Only what
 * is shorter is chosen, so a group whose longest has nothing to cut makes no pair.
 */
export function overthinkingPairs(groups: readonly RatedGroup[], chosen: Chosen): PreferencePair[] {
  return groups.flatMap((group) => {
    const right = rightResponses(group);
    const longest = right.at(-1);
    if (longest === undefined) return [];
    const isCut = chosen === "first-solution" || chosen === "reflection";
    return chosenAmong(isCut ? [longest] : right, chosen, group.cutAfterSolution)
      .filter((response) => response.length < longest.length)
      .map((response) => ({ prompt: group.prompt, chosen: response, rejected: longest }));
  });
}

/**
 * DAST's pairs (2503.04472 §3.3): of each group the right responses of the largest and the smallest reward,
 * and likewise the wrong ones; never a right with a wrong one, which gained nothing there. Responses that did
 * not end are in no pair: among the wrong ones they would win, as the longest. Of all pairs together the
 * given fraction, those of the smallest margin, is left out.
 */
export function budgetPairs(groups: readonly RatedGroup[], dropFraction: number): PreferencePair[] {
  const pairs = groups.flatMap((group) => [true, false].flatMap((correct) => widestPair(group, correct)));
  const byMargin = [...pairs].sort((a, b) => a.margin - b.margin);
  const dropped = new Set(byMargin.slice(0, Math.floor(dropFraction * pairs.length)));
  return pairs
    .filter((pair) => !dropped.has(pair))
    .map(({ prompt, chosen, rejected }) => ({ prompt, chosen, rejected }));
}

/**
 * The pair of the largest margin among the right (or the wrong) responses of a group; none where all earn the
 * same.
 */
function widestPair(
  { prompt, samples, rewards }: RatedGroup,
  correct: boolean,
): (PreferencePair & { readonly margin: number })[] {
  const rated = samples
    .map((sample, i) => ({ sample, reward: rewards[i]!.total! }))
    .filter(({ sample }) => sample.ended && sample.correct === correct)
    .sort((a, b) => b.reward - a.reward);
  const [best, worst] = [rated[0], rated.at(-1)];
  if (best === undefined || worst === undefined || best.reward === worst.reward) return [];
  const margin = best.reward - worst.reward;
  return [{ prompt, chosen: best.sample.response, rejected: worst.sample.response, margin }];
}

/**
 * Iterative DPO's pairs (2404.19733 §2): right responses with wrong ones of the same group, matched at
 * random, each used once.
 */
export function rightWrongPairs(groups: readonly RatedGroup[], random: Random): PreferencePair[] {
  return groups.flatMap(({ prompt, samples }) => {
    const shuffled = random.shuffle(samples);
    const right = shuffled.filter(({ correct }) => correct);
    const wrong = shuffled.filter(({ correct }) => !correct);
    return right
      .slice(0, wrong.length)
      .map(({ response }, i) => ({ prompt, chosen: response, rejected: wrong[i]!.response }));
  });
}

/** SPIN's pairs (2401.01335 §4.1): a response of the teacher against each of the group, whatever is right. */
export function teacherPairs(groups: readonly RatedGroup[]): PreferencePair[] {
  return groups.flatMap((group) => {
    const { prompt, samples } = group;
    const chosen = group.teacher();
    return samples
      .filter(({ response }) => !isSameResponse(response, chosen))
      .map(({ response }) => ({ prompt, chosen, rejected: response }));
  });
}

function isSameResponse(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((token, i) => token === b[i]);
}
