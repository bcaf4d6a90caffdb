import type { AdamwSettings } from "../model/optimizer.ts";
import { learningRateAt } from "../rl/learning-rate.ts";
import type { Config } from "./config.ts";

/** What the optimizer needs to know, out of the group `rl` or `sft`. */
export function adamwSettings({
  beta1,
  beta2,
  eps,
  weightDecay,
  gradientClip,
}: AdamwSettings): AdamwSettings {
  return { beta1, beta2, eps, weightDecay, gradientClip };
}

/** The learning rate of a step of RL. */
export function learningRateOf({ rl }: Config, step: number): number {
  const { learningRate: peak, warmupSteps: warmup, decay, decayFloor: floor, steps } = rl;
  return learningRateAt({ peak, warmup, decay, floor }, step, steps);
}
