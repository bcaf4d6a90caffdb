import { invalid } from "../errors.ts";

/** The verdicts of a group: the task's binary correctness of each response, never a shaped reward. */
export interface ScoredGroup {
  readonly correct: readonly boolean[];
}

export interface GroupCounts {
  readonly allCorrect: number;
  readonly allWrong: number;
  readonly mixed: number;
}

function successes({ correct }: ScoredGroup): number {
  return correct.filter(Boolean).length;
}

/** How many groups are all correct, all wrong, and mixed; with a reward of 0 or 1 only mixed ones teach. */
export function countGroups(groups: readonly ScoredGroup[]): GroupCounts {
  const allCorrect = groups.filter((group) => successes(group) === group.correct.length).length;
  const allWrong = groups.filter((group) => successes(group) === 0).length;
  return { allCorrect, allWrong, mixed: groups.length - allCorrect - allWrong };
}

/**
 * The probability that a group of `size` answers to a prompt solved with probability `p` is all correct or
 * all wrong: p^G + (1 − p)^G.
 */
export function deadGroupProbability(p: number, size: number): number {
  return p ** size + (1 - p) ** size;
}

/**
 * Which groups are trained on (DAPO's dynamic sampling, 2503.14476 §3.2). `mixed`: those with a right and a
 * wrong answer; a band: those whose fraction of right answers is from `low` to `high`. Decided on
 * correctness: filtering on shaped rewards lets groups without a success through, whose tiny differences are
 * then scaled up to full size (verl-recipe PR #125).
 */
export type GroupFilter = "off" | "mixed" | { readonly low: number; readonly high: number };

/** @throws BellowsError `config-invalid` for a band outside [0, 1] or upside down. */
export function checkGroupFilter(filter: GroupFilter): void {
  if (typeof filter === "string") {
    if (filter !== "off" && filter !== "mixed") {
      throw invalid("config-invalid", "filter", filter, "off, mixed or a band of low and high");
    }
    return;
  }
  const { low, high } = filter;
  if (!(low >= 0 && low <= 1)) throw invalid("config-invalid", "filter.low", low, "a fraction from 0 to 1");
  if (!(high >= low && high <= 1)) {
    throw invalid("config-invalid", "filter.high", high, `a fraction from filter.low (${low}) to 1`);
  }
}

/** Whether a group passes. */
export function passesFilter(filter: GroupFilter, group: ScoredGroup): boolean {
  if (filter === "off") return true;
  const right = successes(group);
  const size = group.correct.length;
  if (filter === "mixed") return right > 0 && right < size;
  return right / size >= filter.low && right / size <= filter.high;
}

/** The books of filling one training batch with groups that pass the filter, from several rollouts if needed. */
export interface Refill<G extends ScoredGroup> {
  readonly filter: GroupFilter;
  /** Groups of a full training batch. */
  readonly wanted: number;
  /** Most rollouts for it. */
  readonly maxRollouts: number;
  readonly rollouts: number;
  /** The groups to train on, in the order of their sampling; at most `wanted`. */
  readonly kept: readonly G[];
  /** Groups that did not pass. */
  readonly dropped: GroupCounts;
  /** Groups that passed when the batch was full already: sampled in vain. */
  readonly surplus: number;
  /**
   * `full`: train. `short`: the limit of rollouts is reached; train on the fewer groups kept, or skip the
   * update if there are none. Dropped groups do not fill the gap, as they would only dilute the gradient.
   */
  readonly state: "sampling" | "full" | "short";
}

/** @throws BellowsError `config-invalid` for a bad filter, or counts that are not whole numbers from 1. */
export function startRefill<G extends ScoredGroup>(
  filter: GroupFilter,
  wanted: number,
  maxRollouts: number,
): Refill<G> {
  checkGroupFilter(filter);
  for (const [field, value] of Object.entries({ wanted, maxRollouts })) {
    if (!(Number.isSafeInteger(value) && value >= 1)) {
      throw invalid("config-invalid", field, value, "a whole number from 1");
    }
  }
  const dropped = { allCorrect: 0, allWrong: 0, mixed: 0 };
  return { filter, wanted, maxRollouts, rollouts: 0, kept: [], dropped, surplus: 0, state: "sampling" };
}

/**
 * The books after one more rollout; changes nothing in place.
 * @throws BellowsError `input-invalid` where sampling is over already.
 */
export function addRollout<G extends ScoredGroup>(refill: Refill<G>, groups: readonly G[]): Refill<G> {
  if (refill.state !== "sampling") {
    throw invalid("input-invalid", "refill.state", refill.state, "sampling to take another rollout");
  }
  const { filter, wanted, maxRollouts } = refill;
  const passing = [...refill.kept, ...groups.filter((group) => passesFilter(filter, group))];
  const dropped = countGroups(groups.filter((group) => !passesFilter(filter, group)));
  const rollouts = refill.rollouts + 1;
  return {
    ...refill,
    rollouts,
    kept: passing.slice(0, wanted),
    dropped: {
      allCorrect: refill.dropped.allCorrect + dropped.allCorrect,
      allWrong: refill.dropped.allWrong + dropped.allWrong,
      mixed: refill.dropped.mixed + dropped.mixed,
    },
    surplus: Math.max(0, passing.length - wanted),
    state: passing.length >= wanted ? "full" : rollouts >= maxRollouts ? "short" : "sampling",
  };
}
