import { BellowsError } from "../errors.ts";
import type { Difference } from "../train/config-diff.ts";

/** What a run is by: with another of these it would be another run. */
const FIXED =
  /^(seed|init|task\.name|task\.settings|text\..*|model\..*|lora\..*|train\.weights|method\.name)$/;

/**
 * Checks that a run can go on under such changes after `step` steps.
 * @throws BellowsError `config-invalid` naming the first setting that cannot change.
 */
export function checkChanges(changes: readonly Difference[], step: number): void {
  for (const { path, from, to } of changes) {
    if (FIXED.test(path)) {
      throw new BellowsError(
        "config-invalid",
        `${path} cannot change within a run; it is ${JSON.stringify(from)}`,
        { field: path },
      );
    }
    if (path === "rl.steps" && Number(to) < step) {
      throw new BellowsError(
        "config-invalid",
        `rl.steps is ${to}; it must be at least ${step}, the steps that are done`,
        { field: path },
      );
    }
  }
}
