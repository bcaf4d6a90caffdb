import type { MethodTraits } from "../method.ts";

/**
 * What is fixed of each method, by its name: `grpo` is that of recipes without functions of their own; the others go by their
 * recipe's name. Their functions stand with the recipe, and are loaded by the runs that need them (load-method.ts).
 */
export const TRAITS = {
  grpo: { objective: "token-ratio", sampler: "policy" },
  "kimi-length-penalty": { objective: "token-ratio", sampler: "policy" },
  "l1-exact": { objective: "token-ratio", sampler: "policy", promptBudget: "exact" },
  "l1-max": { objective: "token-ratio", sampler: "policy", promptBudget: "mixed" },
  "o1-pruner": { objective: "sequence-ratio", sampler: "reference" },
  // NoThinking and Thinking: `so` opens a bare chain without checks, `a`, the label of the first step, any other response.
  adaptthink: { objective: "sequence-ratio", sampler: "policy", referenceGroup: true, openings: ["so", "a"] },
  overthink: { objective: "simpo", sampler: "reference" },
  dast: { objective: "simpo", sampler: "reference" },
  "rejection-sft": { objective: "imitation", sampler: "reference" },
  "iterative-dpo": { objective: "dpo", sampler: "reference", needsReference: true },
  spin: { objective: "dpo", sampler: "reference", needsReference: true, needsTeacher: true },
} as const satisfies Record<string, MethodTraits>;

export type MethodName = keyof typeof TRAITS;

export const METHOD_NAMES = Object.keys(TRAITS) as MethodName[];

export function traitsOf(name: MethodName): MethodTraits {
  return TRAITS[name];
}
