import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { composeConfig } from "../../src/train/settings.ts";
import { useGpu } from "../support/gpu.ts";
import { exportFirstSteps, removeExport } from "./first-steps.ts";
import { interpreter, runForJson } from "./python.ts";

const SCRIPT = fileURLToPath(new URL("verl_update.py", import.meta.url));
const gpu = useGpu();
beforeAll(() => void interpreter()); // before minutes are spent

/** Settings that verl has exactly, and a budget that moves from step to step. */
const SETTINGS = [
  "rl.steps=4",
  "schedule.cycle=6",
  "schedule.kind=cosine",
  "rl.advantageStd=sample",
  "rl.advantageEps=1e-6",
  "train.samplesEvery=1",
  "eval.every=0",
  "eval.problemsPerLevel=1",
];

test("verl's own code loads an export, and makes the same update of the same responses", async () => {
  const folder = await exportFirstSteps(gpu(), composeConfig({ settings: SETTINGS }), "verl");
  try {
    const found = await runForJson<Record<string, number | boolean>>(SCRIPT, [], folder);
    console.log(found);
    expect(found).toMatchObject({ schedule: true, limits: true, prompts: true, responses: true, rewards: 0 });
    expect(found.advantages).toBeLessThan(1e-5);
    expect(found.gradient).toBeLessThan(1e-3);
    expect(found.update).toBeLessThan(1e-2);
  } finally {
    removeExport(folder);
  }
});
