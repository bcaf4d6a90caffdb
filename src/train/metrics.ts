import type { LossStatistics } from "../kernels/loss.ts";
import type { PreferenceStatistics } from "../kernels/preference.ts";
import { countGroups } from "../rl/groups.ts";
import type { Reward } from "../rl/reward.ts";
import { deviation, mean, summariseLengths } from "../rl/statistics.ts";
import type { PolicyUpdate } from "../rl/update.ts";
import type { ScoredGroup } from "./score.ts";

// Names follow TRL's, and verl's where TRL has none, so that curves can be laid beside public runs.

/** What was sampled: rewards, groups, lengths, entropy. Lengths are those sampled, before any filter or mask. */
export function rolloutMetrics(groups: readonly ScoredGroup[]): Record<string, number | null> {
  const samples = groups.flatMap((group) => group.samples);
  const rewards = samples.map(({ reward }) => reward.total).filter((total) => total !== null);
  const advantages = samples.map(({ advantage }) => advantage);
  const lengths = summariseLengths(samples);
  const counts = countGroups(groups);
  const dead = groups.filter((group) => group.samples.every(({ advantage }) => advantage === 0)).length;
  const tokens = samples.flatMap(({ trajectory }) => Array.from(trajectory.entropies));
  const surprisals = samples.flatMap(({ trajectory }) =>
    Array.from(trajectory.logprobs, (logprob) => -logprob),
  );
  return {
    reward: mean(rewards),
    reward_std: deviation(rewards),
    ...partMetrics(samples.map(({ reward }) => reward)),
    acc: mean(samples.map(({ correct }) => Number(correct))),
    "critic/score/mean": mean(rewards),
    "critic/score/max": extreme(rewards, Math.max),
    "critic/score/min": extreme(rewards, Math.min),
    "adv/mean": mean(advantages),
    "adv/max": extreme(advantages, Math.max),
    "adv/min": extreme(advantages, Math.min),
    frac_reward_zero_std: dead / groups.length,
    "groups/all_correct": counts.allCorrect,
    "groups/all_wrong": counts.allWrong,
    "groups/mixed": counts.mixed,
    "completions/mean_length": lengths.all?.mean ?? null,
    "completions/min_length": lengths.all?.min ?? null,
    "completions/max_length": lengths.all?.max ?? null,
    "completions/mean_terminated_length": lengths.terminated?.mean ?? null,
    "completions/min_terminated_length": lengths.terminated?.min ?? null,
    "completions/max_terminated_length": lengths.terminated?.max ?? null,
    "completions/mean_length_correct": lengths.correct?.mean ?? null,
    "completions/mean_length_wrong": lengths.wrong?.mean ?? null,
    "completions/clipped_ratio": lengths.truncated,
    entropy: mean(tokens),
    surprisal: mean(surprisals),
  };
}

/** Mean and deviation of each part of the reward, before weighting. */
function partMetrics(rewards: readonly Reward[]): Record<string, number | null> {
  const metrics: Record<string, number | null> = {};
  for (const name of Object.keys(rewards[0]?.parts ?? {})) {
    const values = rewards.map(({ parts }) => parts[name] ?? null).filter((value) => value !== null);
    metrics[`rewards/${name}/mean`] = mean(values);
    metrics[`rewards/${name}/std`] = deviation(values);
  }
  return metrics;
}

/**
 * What the updates of a step did, over all its mini-batches. Clip ratios count only tokens where clipping changes the
 * objective. Null where no token was left to learn from, ratios also where the loss has none.
 * @param isOnPolicy whether the policy sampled every token itself: only then is a difference of its log-probs a mismatch.
 */
export function updateMetrics(
  updates: readonly PolicyUpdate[],
  learningRate: number,
  isOnPolicy: boolean,
): Record<string, number | null> {
  const statistics = updates.map((update) => update.statistics);
  const tokens = statistics.reduce((sum, s) => sum + s.tokens, 0);
  const hasRatio = statistics.some((s) => s.ratioMaximum > 0);
  const perToken = (pick: (s: LossStatistics) => number) =>
    hasRatio ? statistics.reduce((sum, s) => sum + pick(s), 0) / tokens : null;
  const made = updates.filter((update) => update.gradientNorm !== null);
  const extremes = statistics.filter((s) => s.ratioMaximum > 0);
  return {
    loss: mean(made.map((update) => update.statistics.loss)),
    policy_loss: mean(made.map((update) => update.statistics.policyLoss)),
    kl: perToken((s) => s.kl),
    ppo_kl: perToken((s) => s.policyKl),
    "ratio/mean": perToken((s) => s.ratio),
    "ratio/min": extreme(
      extremes.map((s) => s.ratioMinimum),
      Math.min,
    ),
    "ratio/max": extreme(
      extremes.map((s) => s.ratioMaximum),
      Math.max,
    ),
    "clip_ratio/low_mean": perToken((s) => s.clippedLow),
    "clip_ratio/high_mean": perToken((s) => s.clippedHigh),
    "clip_ratio/region_mean": perToken((s) => s.clippedLow + s.clippedHigh),
    "clip_ratio/dual": perToken((s) => s.dualClipped),
    "mismatch/max_abs_dlogp": extreme(
      (isOnPolicy ? extremes.slice(0, 1) : []).map((s) => s.mismatchMaximum),
      Math.max,
    ),
    "mismatch/k3": isOnPolicy ? firstMismatch(extremes[0]) : null,
    grad_norm: mean(made.map((update) => update.gradientNorm!)),
    grad_skipped: updates.filter((update) => update.skipped).length,
    ...pairMetrics(updates),
    update_norm: mean(made.map((update) => update.updateNorm!)),
    updates: made.length,
    lr: learningRate,
    "tokens/trained": updates.reduce((sum, update) => sum + update.trainedTokens, 0),
  };
}

/** What is known of pairs, by TRL's names for DPO; nothing where the loss is not one of pairs. */
function pairMetrics(updates: readonly PolicyUpdate[]): Record<string, number | null> {
  const known = updates.flatMap(({ preference }) => (preference === undefined ? [] : [preference]));
  if (known.length === 0) return {};
  const pairs = known.reduce((sum, s) => sum + s.pairs, 0);
  const perPair = (pick: (s: PreferenceStatistics) => number) =>
    pairs === 0 ? null : known.reduce((sum, s) => sum + pick(s), 0) / pairs;
  return {
    pairs,
    nll_loss: perPair((s) => s.nll),
    "rewards/accuracies": perPair((s) => s.preferred),
    "rewards/chosen": perPair((s) => s.chosenReward),
    "rewards/rejected": perPair((s) => s.rejectedReward),
    "rewards/margins": perPair((s) => s.chosenReward - s.rejectedReward),
  };
}

/** Only before the first update are sampler and trainer the same policy, so only then is a difference a mismatch. */
function firstMismatch(first: LossStatistics | undefined): number | null {
  return first === undefined ? null : first.mismatchK3 / first.tokens;
}

function extreme(values: readonly number[], pick: (a: number, b: number) => number): number | null {
  return values.length === 0 ? null : values.reduce((best, value) => pick(best, value));
}
