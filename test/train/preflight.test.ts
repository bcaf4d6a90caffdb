import { afterEach, describe, expect, test } from "vitest";
import { defaultVariants } from "../../src/model/variants.ts";
import { plannedBytes } from "../../src/train/planned-bytes.ts";
import { preflight } from "../../src/train/preflight.ts";
import { useGpu } from "../support/gpu.ts";
import { makeTrainer, runTo, smallConfig } from "../support/training.ts";

const gpu = useGpu();
afterEach(() => gpu().buffers.destroyAll());

describe("the pre-flight", () => {
  test.each([
    [[]],
    [["rl.klKind=k3", "rl.klCoefficient=0.01"]],
    [["method.name=dast", "eval.ignoreEnds=1"]],
    [["method.name=adaptthink"]],
    [["model.hidden_size=64", "train.microBatchTokens=4096"]],
  ])("plans the memory that a run then takes, settings %j", async (settings: string[]) => {
    const config = smallConfig("rl.steps=2", ...settings);
    const planned = await plannedBytes(gpu(), config, defaultVariants(gpu()));
    const before = gpu().buffers.bytes;
    const trainer = await makeTrainer(gpu(), config);
    await runTo(trainer);
    const taken = gpu().buffers.bytes - before;
    // Readbacks of updates are made when their size is known.
    expect(taken / planned).toBeGreaterThanOrEqual(1);
    expect(taken / planned).toBeLessThan(1.02);
  });

  test("predicts truncation, accuracy and dead groups of the pre-RL model as they were measured", async () => {
    const config = smallConfig("rl.groupSize=8", "schedule.lmin=40", "schedule.lmax=80");
    const trainer = await makeTrainer(gpu(), config);
    const before = (await trainer.snapshot()).parameters;
    const found = await preflight(trainer, 1);
    expect(found.truncatedAtLmax).toBeGreaterThan(0.2);
    expect(found.truncatedAtLmax).toBeLessThan(0.55);
    expect(found.truncatedAtLmin).toBeGreaterThan(0.6);
    expect(found.accuracyAtLmin).toBeLessThan(found.accuracyAtLmax);
    expect(found.deadGroupsAtLmin).toBeGreaterThan(found.deadGroupsAtLmax);
    expect(found.meanLength).toBeGreaterThan(55);
    expect(found.seconds).toBeGreaterThan(0);
    expect(found.warnings).toEqual([]);
    expect((await trainer.snapshot()).parameters).toEqual(before);
  });

  test("asks as the method does: with openings, and with budgets in the prompts", async () => {
    const found = async (...settings: string[]) => {
      const trainer = await makeTrainer(gpu(), smallConfig(...settings));
      const { meanLength, accuracyAtLmax } = await preflight(trainer, 1);
      gpu().buffers.destroyAll();
      return { meanLength, accuracyAtLmax };
    };
    const plain = await found();
    expect(await found("method.name=kimi-length-penalty")).toEqual(plain);
    expect(await found("method.name=l1-exact")).not.toEqual(plain);
    expect(await found("method.name=adaptthink")).not.toEqual(plain);
  });

  test("changes nothing that the run depends on", async () => {
    const config = smallConfig("rl.steps=1");
    const plain = await makeTrainer(gpu(), config);
    const [, first] = await runTo(plain, 1);
    const flown = await makeTrainer(gpu(), config);
    await preflight(flown, 1);
    const [, second] = await runTo(flown, 1);
    expect(second).toMatchObject({ samples: (first as { samples: unknown }).samples as object });
    expect((await flown.snapshot()).parameters).toEqual((await plain.snapshot()).parameters);
  });

  test("is told of part by part, and ends when it is asked to", async () => {
    const trainer = await makeTrainer(gpu(), smallConfig());
    const parts: [done: number, total: number][] = [];
    const stop = new AbortController();
    const progress = (done: number, total: number) => {
      parts.push([done, total]);
      if (done === 2) stop.abort(new Error("enough"));
    };
    await expect(preflight(trainer, 1, { progress, signal: stop.signal })).rejects.toThrow("enough");
    expect(parts).toEqual([
      [1, 6],
      [2, 6],
    ]);
    parts.length = 0;
    await preflight(trainer, 1, { progress: (...part) => parts.push(part) });
    expect(parts.map(([done]) => done)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test.each([
    { code: "no-pressure", settings: ["schedule.kind=constant", "schedule.lmax=200", "rl.steps=2"] },
    { code: "all-cut", settings: ["schedule.lmin=16"] },
    {
      code: "never-right",
      settings: ["schedule.kind=constant", "schedule.lmax=16", "task.levelWeights=[0,0,0,1]"],
    },
    {
      code: "never-ends",
      settings: ["schedule.kind=constant", "schedule.lmax=16", "task.levelWeights=[0,0,0,1]"],
    },
    {
      code: "dead-groups",
      settings: [
        "schedule.kind=constant",
        "schedule.lmax=16",
        "task.levelWeights=[0,0,0,1]",
        "rl.groupSize=2",
      ],
    },
  ])("warns of a run that cannot learn: $code", async ({ code, settings }) => {
    const trainer = await makeTrainer(gpu(), smallConfig(...settings));
    const { warnings } = await preflight(trainer, 1);
    expect(warnings.map((warning) => warning.code)).toContain(code);
  });
});
