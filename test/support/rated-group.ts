import type { RatedGroup } from "../../src/rl/method.ts";
import type { Reward, Sample } from "../../src/rl/reward.ts";

/** Stands for a right solution in a made-up response. */
export const SOLUTION = 7;
export const END = 1;

/** A response that ended. */
export function sampleOf(
  response: readonly number[],
  correct: boolean,
  prompt: readonly number[] = [5, 6],
): Sample {
  return { prompt, response, ended: true, correct, prediction: null };
}

/** A response of so many tokens, all different from those of other lengths. */
export function sampleOfLength(length: number, correct: boolean): Sample {
  return sampleOf([...new Array<number>(length - 1).fill(2), END], correct);
}

export function rewardOf(total: number): Reward {
  return { total, parts: {} };
}

/** A group with what a test says of it; rewards are correctness and nothing was forced, unless it says so. */
export function ratedGroup(group: Partial<RatedGroup> & Pick<RatedGroup, "samples">): RatedGroup {
  return {
    prompt: group.samples[0]?.prompt ?? [5, 6],
    rewards: group.samples.map(({ correct }) => rewardOf(Number(correct))),
    openings: group.samples.map(() => 0),
    reference: [],
    teacher: () => [8, END],
    cutAfterSolution: cutAfterMark,
    ...group,
  };
}

/** Cuts behind the `count`-th mark, or the last, and ends there. */
function cutAfterMark(response: readonly number[], count: number): readonly number[] | null {
  const marks = [...response.keys()].filter((i) => response[i] === SOLUTION);
  const mark = marks[count - 1] ?? marks.at(-1);
  return mark === undefined ? null : [...response.slice(0, mark + 1), END];
}
