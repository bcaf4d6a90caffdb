import { invalid } from "../errors.ts";
import type { Phase } from "./length-schedule.ts";

/** One response to a prompt: a trajectory of the rollout with the verdict of the task. */
export interface Sample {
  readonly prompt: readonly number[];
  /** The sampled tokens, up to and including the end token if it was drawn; all lengths count it. */
  readonly response: readonly number[];
  /** Whether the end token was drawn. A response without it is truncated, whatever its length. */
  readonly ended: boolean;
  /**
   * The task's verdict. It stands apart from all rewards, so that filters, accuracy and counts never depend
   * on how the reward is shaped.
   */
  readonly correct: boolean;
  /** The answer that was found in the response, for people to read. */
  readonly prediction: string | null;
}

export interface RewardContext {
  /** From 0. */
  readonly step: number;
  readonly totalSteps: number;
  /** L(t): the cap that the responses were sampled under. */
  readonly cap: number;
  readonly phase: Phase;
  /** What the prompts of the group allow; absent where prompts name no budget. */
  readonly budget?: PromptBudget;
}

/** A budget that a prompt names: so many tokens, end token included, exactly or at most (L1 2503.04697 §3). */
export interface PromptBudget {
  readonly kind: "exact" | "max";
  readonly tokens: number;
}

/**
 * Rates the responses of one group: G answers to one occurrence of a prompt. It sees the whole group, for
 * rewards that compare its members, and returns one value for each; null says that it does not apply to that
 * response.
 */
export type RewardFunction = (group: readonly Sample[], context: RewardContext) => readonly (number | null)[];

/** What a response earned. */
export interface Reward {
  /** Weighted sum of the parts that apply; null where none does: not in the group's baseline, advantage 0. */
  readonly total: number | null;
  /** Each part before weighting, by name. */
  readonly parts: Readonly<Record<string, number | null>>;
}

export interface RewardPart {
  readonly name: string;
  readonly weight: number;
  readonly reward: RewardFunction;
}

/**
 * SIRI's length-capped correctness (2509.25176 §4.2, after DeepScaleR): 1 where a right answer can be read
 * from the response cut at the cap, else 0. Our tasks read answers only from responses that ended.
 */
export const cappedCorrectness: RewardFunction = (group, { cap }) =>
  group.map(({ correct, ended, response }) => (correct && ended && response.length <= cap ? 1 : 0));

/** Capped correctness as the reward, or as its first part. */
export const CORRECTNESS: RewardPart = { name: "correct", weight: 1, reward: cappedCorrectness };

/**
 * DAPO's soft overlong punishment (2503.14476 §3.4) in [−1, 0]: nothing up to cap − buffer tokens, then
 * falling in a line to −1 at the cap. `cap` and `buffer` are L_max and L_cache there.
 */
export function overlongPunishment(length: number, cap: number, buffer: number): number {
  return Math.max(-1, Math.min(0, (cap - buffer - length) / buffer));
}

/**
 * The soft overlong punishment below the cap of the moment, so under a moving budget it moves along.
 * @throws BellowsError `config-invalid` where the buffer is not a whole number of tokens from 1.
 */
export function softOverlong(buffer: number): RewardFunction {
  if (!(Number.isSafeInteger(buffer) && buffer >= 1)) {
    throw invalid("config-invalid", "reward.overlongBuffer", buffer, "a whole number of tokens from 1");
  }
  return (group, { cap }) => group.map(({ response }) => overlongPunishment(response.length, cap, buffer));
}

/**
 * The weighted sum of several rewards, with each part kept for the log.
 * @throws BellowsError `config-invalid` for no parts, a name used twice or a weight that is not finite; when
 * called, `input-invalid` where a part returns too few values, too many, or one that is not finite.
 */
export function combineRewards(
  parts: readonly RewardPart[],
): (group: readonly Sample[], context: RewardContext) => Reward[] {
  if (parts.length === 0) throw invalid("config-invalid", "reward.parts", "empty", "at least one reward");
  for (const [index, { name, weight }] of parts.entries()) {
    if (parts.findIndex((part) => part.name === name) !== index) {
      throw invalid("config-invalid", "reward.parts", `twice "${name}"`, "a list of different names");
    }
    if (!Number.isFinite(weight)) {
      throw invalid("config-invalid", `reward.parts.${name}.weight`, weight, "a finite number");
    }
  }
  return (group, context) => {
    const values = parts.map((part) => evaluate(part, group, context));
    return group.map((_, i) => {
      const applies = values.some((value) => value[i] !== null);
      const total = parts.reduce((sum, { weight }, p) => sum + weight * (values[p]![i] ?? 0), 0);
      return {
        total: applies ? total : null,
        parts: Object.fromEntries(parts.map(({ name }, p) => [name, values[p]![i]!])),
      };
    });
  };
}

function evaluate({ name, reward }: RewardPart, group: readonly Sample[], context: RewardContext) {
  const values = reward(group, context);
  if (values.length !== group.length) {
    throw invalid(
      "input-invalid",
      `number of values of reward ${name}`,
      values.length,
      `${group.length}, one for each sample of the group`,
    );
  }
  for (const [index, value] of values.entries()) {
    if (value !== null && !Number.isFinite(value)) {
      throw invalid(
        "input-invalid",
        `reward ${name} of sample ${index}`,
        value,
        "a finite number, or null where it does not apply",
      );
    }
  }
  return values;
}
