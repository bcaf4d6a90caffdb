import { groupAdvantages } from "../rl/advantage.ts";
import {
  cappedCorrectness,
  combineRewards,
  type Reward,
  type RewardContext,
  type Sample,
  softOverlong,
} from "../rl/reward.ts";
import type { Trajectory } from "../rl/rollout.ts";
import type { ScoredTrajectory } from "../rl/update.ts";
import type { Problem, Task } from "../tasks/task.ts";
import type { Config } from "./config.ts";
import type { SampleRecord } from "./records.ts";

/** A response with everything that was found out about it. */
export interface ScoredSample extends Sample {
  readonly trajectory: Trajectory;
  readonly reward: Reward;
  readonly advantage: number;
  readonly masked: boolean;
}

/** The responses to one prompt. The same problem drawn twice makes two groups. */
export interface ScoredGroup {
  readonly problem: Problem;
  readonly samples: readonly ScoredSample[];
  readonly correct: readonly boolean[];
}

export type Scorer = (problem: Problem, group: readonly Trajectory[], context: RewardContext) => ScoredGroup;

/** Verifier, reward and advantage of one config, as a function of a group. */
export function groupScorer(config: Config, task: Task): Scorer {
  const { overlong, overlongBuffer, advantageStd, advantageEps } = config.rl;
  const rewardOf = combineRewards([
    { name: "correct", weight: 1, reward: cappedCorrectness },
    ...(overlong === "soft" ? [{ name: "overlong", weight: 1, reward: softOverlong(overlongBuffer) }] : []),
  ]);
  return (problem, group, context) => {
    const samples = group.map(({ prompt, response, ended }): Sample => {
      const { correct, prediction } = task.verify(problem, response);
      return { prompt, response, ended, correct, prediction };
    });
    const rewards = rewardOf(samples, context);
    const advantages = groupAdvantages(
      rewards.map(({ total }) => total),
      { std: advantageStd, eps: advantageEps },
    );
    return {
      problem,
      correct: samples.map(({ correct }) => correct),
      samples: samples.map((sample, i) => ({
        ...sample,
        trajectory: group[i]!,
        reward: rewards[i]!,
        advantage: advantages[i]!,
        masked: overlong === "mask" && !sample.ended,
      })),
    };
  };
}

export function asTraining({ trajectory, advantage, masked }: ScoredSample): ScoredTrajectory {
  return { ...trajectory, advantage, masked };
}

/** The rollouts of a step, as they are logged. */
export function sampleRecords(
  task: Task,
  groups: readonly ScoredGroup[],
  step: number,
  cap: number,
): SampleRecord[] {
  const { vocabulary } = task;
  return groups.flatMap(({ problem, samples }, group) =>
    samples.map((sample, index) => ({
      step,
      group,
      sample: index,
      level: problem.level,
      prompt: vocabulary.format(problem.prompt),
      response: vocabulary.format(sample.response),
      tokens: sample.response,
      logprobs: Array.from(sample.trajectory.logprobs),
      entropies: Array.from(sample.trajectory.entropies),
      answer: problem.answer,
      prediction: sample.prediction,
      correct: sample.correct,
      reward: sample.reward.total,
      advantage: sample.advantage,
      length: sample.response.length,
      truncated: !sample.ended,
      cap,
    })),
  );
}
