import type { Random } from "../random.ts";
import { groupAdvantages } from "../rl/advantage.ts";
import type { RatedGroup } from "../rl/method.ts";
import {
  combineRewards,
  type PromptBudget,
  type Reward,
  type RewardContext,
  type Sample,
  softOverlong,
} from "../rl/reward.ts";
import type { Trajectory } from "../rl/rollout.ts";
import type { ScoredTrajectory } from "../rl/update.ts";
import type { Problem, Task } from "../tasks/task.ts";
import type { Engine } from "./engine.ts";
import type { SampleRecord } from "./records.ts";

/** What was sampled for one prompt. The same problem drawn twice makes two groups. */
export interface SampledGroup {
  readonly problem: Problem;
  /** What the prompt allows, where prompts name a budget. */
  readonly budget?: PromptBudget;
  /** [G] */
  readonly trajectories: readonly Trajectory[];
  /** Responses of the reference policy; empty unless the method asks for them. */
  readonly reference: readonly Trajectory[];
}

/** A response with everything that was found out about it. */
export interface ScoredSample extends Sample {
  readonly trajectory: Trajectory;
  readonly reward: Reward;
  readonly advantage: number;
  readonly masked: boolean;
}

/** The responses to one prompt, judged. */
export interface ScoredGroup {
  readonly problem: Problem;
  readonly samples: readonly ScoredSample[];
  readonly correct: readonly boolean[];
  /** The same, as the functions of a method see it. */
  readonly rated: RatedGroup;
}

export type Scorer = (
  groups: readonly SampledGroup[],
  context: RewardContext,
  random: Random,
) => ScoredGroup[];

/**
 * Verifier, reward and advantage of one config, as a function of the groups of a rollout. The generator is for what a method
 * draws: which samples it keeps, and what the teacher writes.
 */
export function groupScorer({ config, task, method }: Pick<Engine, "config" | "task" | "method">): Scorer {
  const { overlong, overlongBuffer, advantageStd, advantageEps } = config.rl;
  const rewardOf = combineRewards([
    ...method.rewards(config.method),
    ...(overlong === "soft" ? [{ name: "overlong", weight: 1, reward: softOverlong(overlongBuffer) }] : []),
  ]);
  const groupRelative = ({ rewards }: RatedGroup) =>
    groupAdvantages(
      rewards.map(({ total }) => total),
      { std: advantageStd, eps: advantageEps },
    );
  return (groups, context, random) => {
    const rated = groups.map((group): RatedGroup => {
      const samples = judge(task, group.problem, group.trajectories);
      const { budget, problem } = group;
      return {
        prompt: group.trajectories[0]!.prompt,
        samples,
        rewards: rewardOf(samples, budget === undefined ? context : { ...context, budget }),
        openings: group.trajectories.map(({ opening }) => opening),
        reference: judge(task, problem, group.reference),
        // As long as the traces of SFT: what it cannot hold, no sequence of training can.
        teacher: () =>
          task.script!.trace(problem, random).slice(0, config.sft.maxTokens - problem.prompt.length),
        cutAfterSolution: (response, count) => task.script!.cutAfterSolution(problem, response, count),
      };
    });
    const own = "advantages" in method ? method.advantages?.(rated, config.method, random) : undefined;
    return groups.map(({ problem, trajectories }, g) => {
      const { samples, rewards } = rated[g]!;
      const advantages = own?.[g] ?? Array.from(groupRelative(rated[g]!));
      return {
        problem,
        rated: rated[g]!,
        correct: samples.map(({ correct }) => correct),
        samples: samples.map((sample, i) => ({
          ...sample,
          trajectory: trajectories[i]!,
          reward: rewards[i]!,
          advantage: advantages[i] ?? 0,
          masked: advantages[i] === null || (overlong === "mask" && !sample.ended),
        })),
      };
    });
  };
}

function judge(task: Task, problem: Problem, trajectories: readonly Trajectory[]): Sample[] {
  return trajectories.map(({ prompt, response, ended }) => {
    const { correct, prediction } = task.verify(problem, response);
    return { prompt, response, ended, correct, prediction };
  });
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
      prompt: vocabulary.format(sample.prompt),
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
