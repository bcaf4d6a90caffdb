import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { useGpu } from "../support/gpu.ts";
import { makeTrainer, runTo, smallConfig } from "../support/training.ts";

const gpu = useGpu();

/** Removes garbage, so that what is counted is what is held. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

test("500 steps, with evaluations and snapshots, take no more memory than the first 150", async () => {
  const config = smallConfig(
    "rl.steps=500",
    "rl.promptsPerStep=2",
    "rl.groupSize=2",
    "schedule.lmax=32",
    "schedule.lmin=24",
    "eval.every=50",
  );
  const trainer = await makeTrainer(gpu(), config);
  const bytesAfter = async (steps: number) => {
    await runTo(trainer, steps);
    await trainer.snapshot();
    collectGarbage();
    const { rss, heapUsed, heapTotal } = process.memoryUsage();
    return { heap: heapUsed, native: rss - heapTotal, gpu: gpu().buffers.bytes };
  };
  const early = await bytesAfter(150); // by then V8's heap has found its size
  const late = await bytesAfter(500);
  expect(late.gpu).toBe(early.gpu);
  expect(late.heap - early.heap).toBeLessThan(2 ** 20);
  // Allocators keep what they once had: this moves by some per cent from run to run.
  expect(late.native / early.native).toBeLessThan(1.15);
});
