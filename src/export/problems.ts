import { invalid } from "../errors.ts";
import { Random, STREAM } from "../random.ts";
import { capAt } from "../rl/length-schedule.ts";
import type { Problem, Task } from "../tasks/task.ts";
import type { Config } from "../train/config.ts";
import { evalProblems } from "../train/evaluate.ts";
import { drawTrainProblems } from "../train/problems.ts";

/** A problem as a row of a data set. */
export interface ProblemRow {
  /** The step that draws it, from 0; of evaluation problems 0. */
  readonly step: number;
  /** Index into the task's levels. */
  readonly level: number;
  /** The most tokens that a response may have, end token included. */
  readonly cap: number;
  /** Words with a space between them: what the checkpoint's tokenizer splits into the run's very tokens. */
  readonly prompt: string;
  readonly answer: string;
}

/** Rows beyond this are refused: a data set is made in memory. */
const MAX_ROWS = 2_000_000;

/**
 * Every problem that a run draws, step after step, in its order: `rl.promptsPerStep` rows a step.
 * @throws BellowsError `config-invalid` for a run of more than two million prompts.
 */
export function trainRows(config: Config, task: Task): ProblemRow[] {
  const { seed, schedule } = config;
  const { steps, promptsPerStep } = config.rl;
  if (steps * promptsPerStep > MAX_ROWS) {
    const right = `at most ${Math.floor(MAX_ROWS / promptsPerStep)} with ${promptsPerStep} prompts a step, for a data set of ${MAX_ROWS} rows`;
    throw invalid("config-invalid", "rl.steps", steps, right);
  }
  return Array.from({ length: steps }, (_, step) => {
    const random = new Random(seed, STREAM.trainProblems, step); // as src/train/sampling.ts draws them
    const cap = capAt(schedule, step);
    return drawTrainProblems(task, config, random, promptsPerStep).map((problem) =>
      rowOf(task, problem, step, cap),
    );
  }).flat();
}

/** The evaluation problems of a run, asked at L_max. */
export function evalRows(config: Config, task: Task): ProblemRow[] {
  return evalProblems(task, config).map((problem) => rowOf(task, problem, 0, config.schedule.lmax));
}

function rowOf({ vocabulary }: Task, { level, prompt, answer }: Problem, step: number, cap: number) {
  return { step, level, cap, prompt: vocabulary.decode(prompt), answer };
}
