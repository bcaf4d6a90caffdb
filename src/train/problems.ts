import type { Random } from "../random.ts";
import { drawProblem } from "../tasks/split.ts";
import type { Problem, Task } from "../tasks/task.ts";
import type { Config } from "./config.ts";

/** Problems of the training split, of difficulties drawn by the config's weights. */
export function drawTrainProblems(task: Task, config: Config, random: Random, count: number): Problem[] {
  const { levelWeights } = config.task;
  const weights = levelWeights.length > 0 ? levelWeights : task.levels.map(() => 1);
  return Array.from({ length: count }, () => drawProblem(task, random.weighted(weights), "train", random));
}
