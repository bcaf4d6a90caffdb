import type { Random } from "../random.ts";
import type { Reward, RewardPart, Sample } from "./reward.ts";

// A recipe (src/rl/recipes/) is data, and a method where it has functions of its own. A method says who samples, what a
// response earns, and what an update learns from; the trainer does the rest. All functions here are pure.

/** The numbers of a method: the group `method` of a config. Which of them it reads, its recipe says. */
export interface MethodSettings {
  /** Steps after which the reference policy becomes what the policy is then; 0: it stays the starting policy. */
  readonly refreshEvery: number;
  /** Weight of the method's own length term. */
  readonly lengthCoefficient: number;
  /** First step at which the length term counts. */
  readonly lengthFrom: number;
  /** β of SimPO and DPO. */
  readonly preferenceBeta: number;
  /** SimPO's target margin over β: γ/β. */
  readonly preferenceMargin: number;
  /** Weight of the mean negative log-prob of chosen responses, added to the preference loss. */
  readonly nllCoefficient: number;
  /** Fraction of the pairs of a step, those of the smallest margin, that are left out. */
  readonly dropFraction: number;
  /** Which response of a group is chosen, or imitated. */
  readonly chosen: "shortest" | "first-solution" | "reflection" | "all";
  /** Tokens that the prompt allows in evaluation; 0: L_max. Read where prompts name a budget. */
  readonly evalBudget: number;
}

/** The responses to one prompt, rated, with what a method may want to know beside them. */
export interface RatedGroup {
  readonly prompt: readonly number[];
  /** [G] */
  readonly samples: readonly Sample[];
  /** [G] */
  readonly rewards: readonly Reward[];
  /** For each sample the index of the opening that was forced on it; all 0 where nothing was forced. [G] */
  readonly openings: readonly number[];
  /** Responses of the reference policy to the same prompt; empty unless the method asks for them. */
  readonly reference: readonly Sample[];
  /** A response that the teacher writes to the problem. */
  teacher(): readonly number[];
  /**
   * A response cut behind its `count`-th solution that is right (or the last, if there are fewer), with its answer and the
   * end token put there; null where no solution is right.
   */
  cutAfterSolution(response: readonly number[], count: number): readonly number[] | null;
}

/** A response that is to become likelier than another. */
export interface PreferencePair {
  readonly prompt: readonly number[];
  readonly chosen: readonly number[];
  readonly rejected: readonly number[];
}

/** A response to imitate. */
export interface Trace {
  readonly prompt: readonly number[];
  readonly response: readonly number[];
}

/** What is fixed of a method: data alone, so that a config can be checked where no method is at work. */
export interface MethodTraits {
  /**
   * The loss. `token-ratio`: GRPO's. `sequence-ratio`: clipped by the mean log-ratio of a whole response. `simpo` and `dpo`
   * learn from pairs, `imitation` learns responses by heart.
   */
  readonly objective: "token-ratio" | "sequence-ratio" | "simpo" | "dpo" | "imitation";
  /**
   * Who writes the responses: the policy as it is, or the reference, i.e. the policy as it was at the last refresh; methods
   * that learn from a data set are those whose reference samples.
   */
  readonly sampler: "policy" | "reference";
  /** Whether the loss measures from the reference policy, beside any KL penalty. */
  readonly needsReference?: boolean;
  /** Whether a teacher's responses are learnt from. */
  readonly needsTeacher?: boolean;
  /** Whether the reference answers each prompt as well, `groupSize` times. */
  readonly referenceGroup?: boolean;
  /** Words forced at the start of responses, each on an equal share of a group; none: sampling is free. */
  readonly openings?: readonly string[];
  /** Prompts name a budget: exactly so many tokens, or, drawn for each prompt, either exactly or at most so many. */
  readonly promptBudget?: "exact" | "mixed";
}

interface Rewarding extends MethodTraits {
  /** What responses earn. */
  rewards(settings: MethodSettings): readonly RewardPart[];
}

/** Learns from the log-probs of what was sampled, each response weighted by an advantage. */
export interface PolicyMethod extends Rewarding {
  readonly objective: "token-ratio" | "sequence-ratio";
  /**
   * Advantages of the groups of a step, where they are not group-relative; null: the response is not learnt from.
   * [groups][G]
   */
  advantages?(groups: readonly RatedGroup[], settings: MethodSettings, random: Random): (number | null)[][];
}

/** Learns from pairs. */
export interface PreferenceMethod extends Rewarding {
  readonly objective: "simpo" | "dpo";
  pairs(groups: readonly RatedGroup[], settings: MethodSettings, random: Random): PreferencePair[];
}

/** Learns responses by heart. */
export interface ImitationMethod extends Rewarding {
  readonly objective: "imitation";
  traces(groups: readonly RatedGroup[], settings: MethodSettings, random: Random): Trace[];
}

export type Method = PolicyMethod | PreferenceMethod | ImitationMethod;

/** Whether a method learns from pairs. */
export function isPairwise(objective: Method["objective"]): objective is PreferenceMethod["objective"] {
  return objective === "simpo" || objective === "dpo";
}
