import { Random, STREAM } from "../random.ts";
import { traitsOf } from "../rl/recipes/traits.ts";
import { type RolloutRequest, rollout, type Trajectory } from "../rl/rollout.ts";
import {
  accuracyCompressionRatio,
  accuracyEfficiencyScore,
  mean,
  meanOverQuestions,
  passAtK,
  summariseLengths,
} from "../rl/statistics.ts";
import { drawProblem } from "../tasks/split.ts";
import type { Problem, Task } from "../tasks/task.ts";
import type { Config } from "./config.ts";
import type { Engine } from "./engine.ts";
import type { EvalRecord, Example, LevelResult } from "./records.ts";

/** A response to an evaluation problem, judged. */
interface Judged {
  readonly problem: Problem;
  readonly trajectory: Trajectory;
  readonly correct: boolean;
  readonly response: readonly number[];
  readonly ended: boolean;
}

/** Accuracy and mean length per level of the first evaluation: what later ones are compared with. */
export interface Baseline {
  readonly accuracy: readonly number[];
  readonly length: readonly number[];
}

/** The evaluation problems: the same for every run with these eval settings, and never trained on. Listed ones come once each. */
export function evalProblems(task: Task, config: Config): Problem[] {
  return task.levels.flatMap((_, level) => {
    const random = new Random(config.eval.seed, STREAM.evalProblems, level);
    const listed = task.listed?.(level, "eval");
    if (listed !== undefined) return random.shuffle(listed).slice(0, config.eval.problemsPerLevel);
    return Array.from({ length: config.eval.problemsPerLevel }, () =>
      drawProblem(task, level, "eval", random),
    );
  });
}

/**
 * Evaluates the policy at L_max, whatever the current cap, at the evaluation temperature with several samples a problem:
 * accuracy (mean@n) with its standard error over problems, lengths, pass@k, behaviour words, per level and in all. Where
 * the method's prompts name a budget, they name `method.evalBudget`.
 */
export async function evaluate(
  engine: Engine,
  problems: readonly Problem[],
  step: number,
  baseline?: Baseline,
): Promise<EvalRecord> {
  const { config, task } = engine;
  const { samples, temperature } = config.eval;
  const request: RolloutRequest = {
    prompts: problems.map(({ prompt }) => evalPrompt(engine, prompt)),
    groupSize: samples,
    cap: config.schedule.lmax,
    temperature,
    seed: config.seed,
    stream: STREAM.evalSampling,
    step,
    otherEnds: task.vocabulary.otherEnds,
    firstId: 0,
  };
  const judged = (await evalRollout(engine, request)).map((trajectory, index): Judged => {
    const problem = problems[Math.floor(index / samples)]!;
    const { correct } = task.verify(problem, trajectory.response);
    return { problem, trajectory, correct, response: trajectory.response, ended: trajectory.ended };
  });
  const byLevel = task.levels.map((_, level) => judged.filter(({ problem }) => problem.level === level));
  const levels = byLevel.map((group, level) => levelResult(task, level, group, samples));
  const current: Baseline = {
    accuracy: levels.map((l) => l.accuracy),
    length: levels.map((l) => l.meanLength),
  };
  return {
    type: "eval",
    step,
    metrics: {
      ...accuracyMetrics(judged, samples),
      ...lengthMetrics(judged),
      ...wordMetrics(task, judged),
      ...comparison(current, baseline ?? current),
    },
    levels,
    examples: byLevel
      .flatMap((group) => group.filter((_, index) => index % samples === 0).slice(0, 2))
      .map((j) => example(task, j)),
  };
}

/** The prompt as it is in evaluation: with a budget named in it, where the method's prompts name one. */
export function evalPrompt(
  { config, task }: Pick<Engine, "config" | "task">,
  prompt: readonly number[],
): readonly number[] {
  const { promptBudget } = traitsOf(config.method.name);
  if (promptBudget === undefined) return prompt;
  const kind = promptBudget === "exact" ? "exact" : "max";
  return task.script!.withBudget(prompt, { kind, tokens: config.method.evalBudget || config.schedule.lmax });
}

/** A rollout as in evaluation: under budget forcing, where the config asks for it. */
export async function evalRollout(
  { config, task, decoder }: Engine,
  request: RolloutRequest,
): Promise<Trajectory[]> {
  const { forceAnswerAt, ignoreEnds } = config.eval;
  if (forceAnswerAt === 0 && ignoreEnds === 0) return rollout(decoder, request);
  const { budgetForcedRollout } = await import("../rl/budget-forcing.ts"); // fetched when it is first asked for
  // parseConfig refuses both where the task has no such words.
  return budgetForcedRollout(decoder, request, { forceAnswerAt, ignoreEnds, ...task.thinking! });
}

function scoresOf(judged: readonly Judged[], samples: number): number[][] {
  return Array.from({ length: judged.length / samples }, (_, question) =>
    judged.slice(question * samples, (question + 1) * samples).map(({ correct }) => Number(correct)),
  );
}

function levelResult(task: Task, level: number, judged: readonly Judged[], samples: number): LevelResult {
  const { name, standsFor } = task.levels[level]!;
  const accuracy = meanOverQuestions(scoresOf(judged, samples));
  const lengths = summariseLengths(judged);
  return {
    name,
    standsFor,
    accuracy: accuracy.mean ?? 0,
    standardError: accuracy.standardError,
    meanLength: lengths.all?.mean ?? 0,
    truncated: lengths.truncated ?? 0,
  };
}

function accuracyMetrics(judged: readonly Judged[], samples: number) {
  const scores = scoresOf(judged, samples);
  const accuracy = meanOverQuestions(scores);
  const correct = scores.map((question) => question.reduce((sum, score) => sum + score, 0));
  return {
    "eval/acc": accuracy.mean,
    "eval/acc_se": accuracy.standardError,
    [`eval/pass@${samples}`]: mean(correct.map((count) => passAtK(samples, count, samples))),
  };
}

function lengthMetrics(judged: readonly Judged[]) {
  const lengths = summariseLengths(judged);
  return {
    "eval/mean_length": lengths.all?.mean ?? null,
    "eval/mean_terminated_length": lengths.terminated?.mean ?? null,
    "eval/mean_length_correct": lengths.correct?.mean ?? null,
    "eval/mean_length_wrong": lengths.wrong?.mean ?? null,
    "eval/clipped_ratio": lengths.truncated,
    "eval/entropy": mean(judged.flatMap(({ trajectory }) => Array.from(trajectory.entropies))),
  };
}

/** Behaviour words per response, for right and wrong answers apart (SIRI §4.4). */
export function wordMetrics(
  task: Task,
  judged: readonly { readonly correct: boolean; readonly trajectory: Trajectory }[],
  prefix = "eval/",
): Record<string, number | null> {
  const metrics: Record<string, number | null> = {};
  for (const [name, group] of [
    ["", judged],
    ["_correct", judged.filter(({ correct }) => correct)],
    ["_wrong", judged.filter(({ correct }) => !correct)],
  ] as const) {
    const counts = group.map(({ trajectory }) => task.vocabulary.countWords(trajectory.response));
    for (const word of ["wait", "alt", "so"] as const) {
      metrics[`${prefix}words/${word}${name}`] = mean(counts.map((count) => count[word]));
    }
  }
  return metrics;
}

/** AES, and the accuracy–CR ratio over levels, against the first evaluation of the run. */
function comparison(current: Baseline, base: Baseline): Record<string, number | null> {
  const pairs = current.accuracy.map((accuracy, level) => ({
    current: { accuracy, length: current.length[level]! },
    base: { accuracy: base.accuracy[level]!, length: base.length[level]! },
  }));
  const scores = pairs.map(accuracyEfficiencyScore).filter((score) => score !== null);
  return { "eval/acr": accuracyCompressionRatio(pairs), "eval/aes": mean(scores) };
}

function example(task: Task, { problem, trajectory, correct, response, ended }: Judged): Example {
  const { vocabulary } = task;
  return {
    level: problem.level,
    prompt: vocabulary.format(trajectory.prompt),
    response: vocabulary.format(response),
    answer: problem.answer,
    correct,
    length: response.length,
    truncated: !ended,
  };
}
