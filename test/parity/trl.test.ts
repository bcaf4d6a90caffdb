import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { AGGREGATIONS } from "../../src/rl/aggregation.ts";
import { composeConfig } from "../../src/train/settings.ts";
import { useGpu } from "../support/gpu.ts";
import { exportFirstStep, removeExport } from "./one-update.ts";
import { runForJson } from "./python.ts";

const SCRIPT = fileURLToPath(new URL("trl_update.py", import.meta.url));
const gpu = useGpu();

/** Settings of one step that TRL has exactly. */
const ONE_STEP = [
  "rl.steps=1",
  "rl.advantageStd=sample",
  "train.samplesEvery=1",
  "eval.every=0",
  "eval.problemsPerLevel=1",
];

interface Compared {
  /** Norm of the difference over our norm. */
  readonly gradient: number;
  readonly update: number;
  /** Largest difference. */
  readonly advantages: number;
  /** Of our gradient. */
  readonly norm: number;
}

test.each([
  ...AGGREGATIONS.map((aggregation) => [`rl.lossAggregation=${aggregation}`]),
  ["rl.overlong=mask"],
  ["rl.overlong=soft"],
  ["rl.advantageStd=none"],
  ["rl.entropyCoefficient=0.01"],
  ["rl.temperature=0.8"],
  ["rl.weightDecay=0.1"],
])("one update from the same responses, in TRL's own loop: %s", async (setting) => {
  const config = composeConfig({ settings: [...ONE_STEP, setting] });
  const folder = await exportFirstStep(gpu(), config, "trl");
  try {
    const compared = await runForJson<Compared>(SCRIPT, [], folder);
    console.log(setting, compared);
    expect(compared.norm).toBeGreaterThan(0.01);
    expect(compared.advantages).toBeLessThan(1e-5);
    expect(compared.gradient).toBeLessThan(1e-3);
    // Adam's first step is nearly the sign of the gradient, so the least of its elements weigh as much as the largest.
    expect(compared.update).toBeLessThan(1e-2);
  } finally {
    removeExport(folder);
  }
});
