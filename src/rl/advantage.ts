import { invalid } from "../errors.ts";

export interface AdvantageSettings {
  /**
   * What a reward's distance from the mean of its group is divided by.
   * - `sample`: the deviation with G − 1 in its denominator (verl, TRL, DeepScaleR).
   * - `population`: with G (GRPO-Zero, nano-aha-moment, our prototype).
   * - `none`: nothing. Division by a deviation gives very easy and very hard prompts more weight, since their
   *   rewards vary least (Dr. GRPO 2503.20783 §3.1).
   */
  readonly std: "sample" | "population" | "none";
  /** Added to the deviation. */
  readonly eps: number;
}

/**
 * Group-relative advantages (DeepSeekMath 2402.03300 §4.1.2): (reward − mean) / (deviation + eps), in double
 * precision. Where all rewards of a group are equal they are exactly 0, decided by comparison before any
 * arithmetic: rounding noise divided by eps has ruined runs (NeMo-RL PR #4158). A null reward has no part in
 * mean or deviation and gets 0.
 * @param rewards [G], the rewards of one group
 * @returns [G]
 * @throws BellowsError `input-invalid` for a group of fewer than 2 or a reward that is not finite.
 */
export function groupAdvantages(
  rewards: readonly (number | null)[],
  settings: AdvantageSettings,
): Float64Array {
  checkGroupSize(rewards.length);
  const applying = rewards.filter((reward) => reward !== null);
  for (const reward of applying) {
    if (!Number.isFinite(reward)) throw invalid("input-invalid", "reward", reward, "a finite number or null");
  }
  if (isConstant(rewards)) return new Float64Array(rewards.length);

  const count = applying.length;
  const mean = applying.reduce((sum, reward) => sum + reward, 0) / count;
  const squares = applying.reduce((sum, reward) => sum + (reward - mean) ** 2, 0);
  const scale = settings.std === "none" ? 1 : deviation(squares, count, settings.std) + settings.eps;
  return Float64Array.from(rewards, (reward) => (reward === null ? 0 : (reward - mean) / scale));
}

function deviation(squares: number, count: number, std: "sample" | "population"): number {
  return Math.sqrt(squares / (std === "sample" ? count - 1 : count));
}

/**
 * The advantages of a batch whose groups lie one after another, `groupSize` rewards each. Groups are places
 * in the batch: a prompt that was drawn twice has two groups with a baseline each.
 * @param rewards [groups · G]
 * @returns [groups · G]
 */
export function batchAdvantages(
  rewards: readonly (number | null)[],
  groupSize: number,
  settings: AdvantageSettings,
): Float64Array {
  checkGroupSize(groupSize);
  if (rewards.length % groupSize !== 0) {
    throw invalid(
      "input-invalid",
      "number of rewards",
      rewards.length,
      `a multiple of groupSize (${groupSize})`,
    );
  }
  const advantages = new Float64Array(rewards.length);
  for (let at = 0; at < rewards.length; at += groupSize) {
    advantages.set(groupAdvantages(rewards.slice(at, at + groupSize), settings), at);
  }
  return advantages;
}

/** Whether a group teaches nothing: the rewards that apply are all the same, or there are none. */
export function isConstant(rewards: readonly (number | null)[]): boolean {
  const applying = rewards.filter((reward) => reward !== null);
  return applying.every((reward) => reward === applying[0]);
}

function checkGroupSize(size: number): void {
  if (!(Number.isSafeInteger(size) && size >= 2)) {
    throw invalid(
      "input-invalid",
      "groupSize",
      size,
      "a whole number from 2, as a response is measured against the others of its group",
    );
  }
}
