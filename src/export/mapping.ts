import { type BellowsError, invalid } from "../errors.ts";
import type { JsonObject } from "../io/json.ts";
import type { Config } from "../train/config.ts";

/** Trainers that a run can be exported to. */
export const TARGETS = ["trl", "verl"] as const;
export type Target = (typeof TARGETS)[number];

export const TARGET_NAMES: Readonly<Record<Target, string>> = { trl: "TRL", verl: "verl" };

/** A config in the words of another trainer. */
export interface Mapping {
  /** What its settings file holds. */
  readonly settings: JsonObject;
  /** What will not be the same there, a sentence each. */
  readonly differences: readonly string[];
}

/** The error for a setting that another trainer has nothing for. @param right what it must be, and why. */
export function noCounterpart(field: string, value: unknown, target: Target, right: string): BellowsError {
  return invalid("config-invalid", field, value, `${right}, to be exported to ${TARGET_NAMES[target]}`);
}

/**
 * Refuses what neither trainer has a counterpart for.
 * @throws BellowsError `config-invalid`.
 */
export function checkExportable({ rl, method, schedule, lora }: Config, target: Target): void {
  const refuse = (field: string, value: unknown, right: string) => noCounterpart(field, value, target, right);
  if (method.name !== "grpo") {
    throw refuse(
      "method.name",
      method.name,
      "grpo, as other methods have rewards, pairs or a loss of their own",
    );
  }
  if (lora.rank > 0) throw refuse("lora.rank", lora.rank, "0, as the whole model is trained there");
  if (rl.groupFilter !== "off") {
    const right = "off, as the problems of a run with dynamic sampling depend on its responses";
    throw refuse("rl.groupFilter", rl.groupFilter, right);
  }
  if (rl.stageGroupSizes.length > 0) {
    throw refuse("rl.stageGroupSizes", rl.stageGroupSizes.join(", "), "empty: one group size for all steps");
  }
  if (rl.exploreIn === "expansion") {
    throw refuse("rl.exploreIn", rl.exploreIn, "every-phase, as an objective is the same in all steps there");
  }
  const hasStages = schedule.kind === "staged" || schedule.kind === "staircase";
  if (hasStages && rl.stageStart === "restart") throw refuse("rl.stageStart", rl.stageStart, "continue");
  if (rl.klCoefficient > 0 && method.refreshEvery > 0) {
    throw refuse("method.refreshEvery", method.refreshEvery, "0 where there is a KL penalty");
  }
  if (rl.promptsPerStep % rl.miniBatches !== 0) {
    const right = `a divisor of rl.promptsPerStep (${rl.promptsPerStep})`;
    throw refuse("rl.miniBatches", rl.miniBatches, right);
  }
}

/** What is different in both. */
export function commonDifferences({ rl, eval: evaluation }: Config): string[] {
  const differences: string[] = [
    "Random numbers are others, so responses differ from the first one on; compare runs over several seeds.",
  ];
  if (rl.tokenBudget > 0) {
    differences.push(
      `bellows ends with the step that has generated ${rl.tokenBudget} tokens in all (rl.tokenBudget); here the run has ${rl.steps} steps.`,
    );
  }
  if (evaluation.forceAnswerAt > 0 || evaluation.ignoreEnds > 0) {
    differences.push("Evaluation is without budget forcing (eval.forceAnswerAt, eval.ignoreEnds).");
  }
  return differences;
}
