import { invalid } from "../errors.ts";

export const DECAYS = ["constant", "linear", "cosine"] as const;

/** The learning rate over a run. */
export interface LearningRate {
  /** The rate after warm-up and before decay. */
  readonly peak: number;
  /** Steps of linear warm-up: the first step uses peak / warmup, step warmup − 1 the peak. 0: none. */
  readonly warmup: number;
  readonly decay: (typeof DECAYS)[number];
  /** The fraction of the peak that decay ends at; `constant` does not read it. */
  readonly floor: number;
}

/**
 * The learning rate of a step (from 0) of a run of `steps` steps:
 *   peak · min(1, (step + 1) / warmup) · (floor + (1 − floor) · shape(step / steps))
 * with shape(x) = 1 − x or ½(1 + cos πx); `constant` has no last factor. Decay runs from the first step on,
 * under the warm-up; the schedulers of `transformers` begin to decay after it. From step `steps` on the rate
 * is the floor.
 * @throws BellowsError `input-invalid` where `step` is not a whole number from 0, or `steps` from 1.
 */
export function learningRateAt(rate: LearningRate, step: number, steps: number): number {
  if (!isCount(step)) throw invalid("input-invalid", "step", step, "a whole number from 0");
  if (!isCount(steps) || steps === 0) throw invalid("input-invalid", "steps", steps, "a whole number from 1");
  const warmup = Math.min(1, (step + 1) / rate.warmup);
  return rate.peak * warmup * decayed(rate, Math.min(step, steps), steps);
}

/** The fraction of the peak that decay leaves after `elapsed` of the steps. */
function decayed({ decay, floor }: LearningRate, elapsed: number, steps: number): number {
  switch (decay) {
    case "constant":
      return 1;
    case "linear":
      return floor + (1 - floor) * (1 - elapsed / steps);
    case "cosine":
      return floor + (1 - floor) * 0.5 * (1 + Math.cos((Math.PI * elapsed) / steps));
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
