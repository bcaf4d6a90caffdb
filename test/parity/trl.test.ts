import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { AGGREGATIONS } from "../../src/rl/aggregation.ts";
import { capAt } from "../../src/rl/length-schedule.ts";
import { composeConfig } from "../../src/train/settings.ts";
import { useGpu } from "../support/gpu.ts";
import { exportFirstSteps, removeExport } from "./first-steps.ts";
import { interpreter, runForJson } from "./python.ts";

const SCRIPT = fileURLToPath(new URL("trl_update.py", import.meta.url));
const gpu = useGpu();
beforeAll(() => void interpreter()); // before minutes are spent

/** Settings of a few steps that TRL has exactly; budget and learning rate move. */
const SETTINGS = [
  "rl.steps=4",
  "schedule.kind=cosine",
  "schedule.cycle=6",
  "rl.warmupSteps=2",
  "rl.decay=cosine",
  "rl.advantageStd=sample",
  "train.samplesEvery=1",
  "eval.every=0",
  "eval.problemsPerLevel=1",
];

interface Compared {
  /** Of each step. */
  readonly caps: readonly number[];
  /** Norm of the difference over our norm. */
  readonly gradient: number;
  /** The same of the change of the weights over all steps. */
  readonly update: number;
  /** Largest difference. */
  readonly advantages: number;
  /** Of our gradient. */
  readonly norm: number;
}

/** One setting of each run, beside those. */
const VARIED = [
  ...AGGREGATIONS.map((aggregation) => `rl.lossAggregation=${aggregation}`),
  "rl.overlong=mask",
  "rl.overlong=soft",
  "rl.advantageStd=none",
  "rl.entropyCoefficient=0.01",
  "rl.temperature=0.8",
  "rl.weightDecay=0.1",
];

test("the same responses make the same gradient and the same weights, in TRL's own loop", async () => {
  const folders: string[] = [];
  const { schedule } = composeConfig({ settings: SETTINGS });
  for (const setting of VARIED) {
    const config = composeConfig({ settings: [...SETTINGS, setting] });
    folders.push(await exportFirstSteps(gpu(), config, "trl"));
  }
  try {
    const found = await runForJson<Record<string, Compared>>(SCRIPT, folders, tmpdir());
    for (const [i, setting] of VARIED.entries()) {
      const { gradient, update, advantages, norm, caps } = found[folders[i]!]!;
      console.log(setting, { gradient, update, advantages, norm });
      expect(caps, setting).toEqual([0, 1, 2, 3].map((step) => capAt(schedule, step)));
      expect(norm, setting).toBeGreaterThan(0.01);
      expect(advantages, setting).toBeLessThan(1e-5);
      expect(gradient, setting).toBeLessThan(1e-3);
      // Adam's first step is nearly the sign of the gradient, so its least elements weigh as much as its largest.
      expect(update, setting).toBeLessThan(1e-2);
    }
  } finally {
    for (const folder of folders) removeExport(folder);
  }
});
