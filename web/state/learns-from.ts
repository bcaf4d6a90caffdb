/** What of a rollout the method of a config learns from, as far as the page speaks of it. */
import { isPairwise } from "../../src/rl/method.ts";
import { traitsOf } from "../../src/rl/recipes/traits.ts";
import type { Config } from "../../src/train/config.ts";

/** Whether each response is weighted by an advantage; other methods learn from pairs, or by heart. */
export function hasAdvantages({ method }: Config): boolean {
  const { objective } = traitsOf(method.name);
  return !isPairwise(objective) && objective !== "imitation";
}

/** Whether advantages are only of right against wrong: with nothing but one of them, nothing is learned. */
export function learnsFromMistakes({ method }: Config): boolean {
  return method.name === "grpo" || method.name === "iterative-dpo";
}

/** Whether right responses are needed. SPIN has the teacher's instead. */
export function needsRight({ method }: Config): boolean {
  return method.name !== "spin";
}

/** Whether what is sampled shows the policy that is trained, rather than an earlier one. */
export function samplesPolicy({ method }: Config): boolean {
  return traitsOf(method.name).sampler === "policy";
}
