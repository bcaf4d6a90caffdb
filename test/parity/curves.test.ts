import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { makeExport, writeExport } from "../../src/export/folder.ts";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { createTask } from "../../src/tasks/registry.ts";
import type { Config } from "../../src/train/config.ts";
import { composeConfig } from "../../src/train/settings.ts";
import { useGpu } from "../support/gpu.ts";
import { bundledParameters, makeTrainer, runTo } from "../support/training.ts";
import { compareCurves } from "./curves.ts";
import { interpreter, runScript } from "./python.ts";

const SEEDS = [0, 1, 2];
const WINDOW = 20;
const gpu = useGpu();
beforeAll(() => void interpreter()); // before minutes are spent

const configOf = (seed: number) =>
  composeConfig({
    settings: [
      "rl.steps=60",
      "schedule.kind=cosine",
      "schedule.cycle=60",
      "rl.advantageStd=sample",
      "eval.every=0",
      "eval.problemsPerLevel=1",
      `seed=${seed}`,
    ],
  });

interface Curves {
  readonly reward: readonly number[];
  readonly length: readonly number[];
}

async function ofBellows(config: Config): Promise<Curves> {
  const steps = (await runTo(await makeTrainer(gpu(), config))).filter((record) => record.type === "step");
  return {
    reward: steps.map(({ metrics }) => metrics.reward!),
    length: steps.map(({ metrics }) => metrics["completions/mean_length"]!),
  };
}

async function ofTrl(config: Config): Promise<Curves> {
  const parent = mkdtempSync(join(tmpdir(), "bellows-parity-"));
  try {
    const task = createTask(config.task.name);
    const made = makeExport(config, task, "trl");
    await writeExport(new NodeStorage(parent), "export", made, await bundledParameters(), config, task);
    const folder = join(parent, "export");
    await runScript(join(folder, "train.py"), [], folder);
    const lines = readFileSync(join(folder, "out/metrics.jsonl"), "utf8").trimEnd().split("\n");
    const steps = lines
      .map((line) => JSON.parse(line) as Record<string, number>)
      .filter((record) => (record.type as unknown) === "step");
    return {
      reward: steps.map((step) => step.reward!),
      length: steps.map((step) => step["completions/mean_length"]!),
    };
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

test("TRL's reward and length follow ours within the spread over seeds", async () => {
  const ours: Curves[] = [];
  const theirs: Curves[] = [];
  for (const seed of SEEDS) {
    ours.push(await ofBellows(configOf(seed)));
    theirs.push(await ofTrl(configOf(seed)));
  }
  for (const what of ["reward", "length"] as const) {
    const of = (curves: readonly Curves[]) => curves.map((curve) => curve[what]);
    expect(of(theirs).map((curve) => curve.length)).toEqual(of(ours).map((curve) => curve.length));
    const agreement = compareCurves(of(ours), of(theirs), WINDOW);
    console.log(what, agreement);
    expect(agreement.largest, what).toBeLessThan(4);
  }
});
