import type { DecoderCapacity } from "../model/decode-state.ts";
import { traitsOf } from "../rl/recipes/traits.ts";
import type { Task } from "../tasks/task.ts";
import type { Config } from "./config-schema.ts";

/** Tokens of the longest prompt that is sampled from: budgets that prompts name and forced openings come to the task's own. */
export function promptTokens({ method }: Config, task: Task): number {
  const { promptBudget, openings = [] } = traitsOf(method.name);
  const budget = promptBudget === undefined ? 0 : task.script!.budgetTokens;
  return task.maxPromptTokens + budget + (openings.length > 0 ? 1 : 0);
}

/** Most sequences that this config ever samples at once, and how long they get. */
export function decodeCapacity(config: Config, task: Task): DecoderCapacity {
  const { promptsPerStep, groupSize, stageGroupSizes } = config.rl;
  const { problemsPerLevel, samples, forceAnswerAt, ignoreEnds } = config.eval;
  const largestGroup = Math.max(groupSize, ...stageGroupSizes);
  const wanted = Math.max(promptsPerStep * largestGroup, problemsPerLevel * task.levels.length * samples);
  const { lmax } = config.schedule;
  // Budget forcing takes up responses that are under way as prompts.
  const forcing = forceAnswerAt > 0 || ignoreEnds > 0 ? lmax : 0;
  return {
    sequences: Math.min(wanted, config.train.decodeSequences),
    promptTokens: promptTokens(config, task) + forcing,
    responseTokens: lmax,
  };
}
