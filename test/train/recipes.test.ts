import { afterEach, describe, expect, test } from "vitest";
import { RECIPES, recipeOf } from "../../src/rl/recipes/index.ts";
import type { StepRecord, TrainerRecord } from "../../src/train/records.ts";
import { needsReference } from "../../src/train/reference.ts";
import type { Snapshot } from "../../src/train/snapshot.ts";
import { useGpu } from "../support/gpu.ts";
import { bits, makeTrainer, runTo, smallConfig, smallRecipe, timeless } from "../support/training.ts";

const gpu = useGpu();
afterEach(() => gpu().buffers.destroyAll());

const steps = (records: readonly TrainerRecord[]) =>
  records.filter((record): record is StepRecord => record.type === "step");

const TRAINING = Object.values(RECIPES).filter(({ trains }) => trains !== false);
/** Of a recipe in six steps: rounds are one step, all stages of the staged ones begin, SIRI has a whole cycle. */
const configOf = (name: string, ...settings: string[]) =>
  smallRecipe(recipeOf(name), `schedule.cycle=${name.startsWith("siri") ? 4 : 2}`, ...settings);

describe.each(TRAINING)("$name", ({ name }) => {
  test("stopped and resumed, it ends as if it had not been", async () => {
    const config = configOf(name);
    const whole = await makeTrainer(gpu(), config);
    const records: unknown[] = [];
    const snapshots: Snapshot[] = [];
    for await (const record of whole.run()) {
      records.push(timeless(record));
      if (record.type !== "step") continue;
      snapshots.push(await whole.snapshot());
    }
    const end = bits(snapshots.at(-1)!);
    expect(end.words.parameters).not.toBe(bits(snapshots[0]!).words.parameters);
    gpu().buffers.destroyAll();
    const rest = await makeTrainer(gpu(), config, snapshots[4]);
    const resumed = (await runTo(rest)).map(timeless);
    expect(resumed).toEqual(records.slice(-resumed.length));
    expect(bits(await rest.snapshot())).toEqual(end);
  });
});

/** Steps of a run of a recipe, and a snapshot after each. */
async function run(name: string, ...settings: string[]) {
  const trainer = await makeTrainer(gpu(), configOf(name, ...settings));
  const snapshots: Snapshot[] = [];
  const records: TrainerRecord[] = [];
  for await (const record of trainer.run()) {
    records.push(record);
    if (record.type === "step") snapshots.push(await trainer.snapshot());
  }
  return { records: steps(records), snapshots };
}

describe("the reference policy", () => {
  test("is refreshed every so many steps, and is then the policy of that moment", async () => {
    const { snapshots } = await run("rejection-sft", "method.refreshEvery=2", "rl.steps=5");
    expect(snapshots[1]!.reference).toBeUndefined();
    const words = snapshots.map((snapshot) => bits(snapshot).words);
    expect(words[2]!.reference).toBe(words[1]!.parameters);
    expect(words[3]!.reference).toBe(words[1]!.parameters);
    expect(words[4]!.reference).toBe(words[3]!.parameters);
  });

  test("samples alone where a method learns from a data set: what is sampled does not depend on what was learnt", async () => {
    const responses = async (rate: number) => {
      const { records } = await run("dast", `rl.learningRate=${rate}`, "rl.steps=3");
      gpu().buffers.destroyAll();
      return records.map(({ samples }) => samples.map(({ response }) => response));
    };
    expect(await responses(1e-2)).toEqual(await responses(0));
  });

  test("is there for the recipes that measure from it or sample with it, and for no other", () => {
    const names = TRAINING.map(({ name }) => name).filter((name) => needsReference(configOf(name)));
    const penalised = ["deepscaler", "thinkprune", "l1-exact", "l1-max"];
    const sampled = [
      "o1-pruner",
      "adaptthink",
      "overthink",
      "dast",
      "rejection-sft",
      "iterative-dpo",
      "spin",
    ];
    expect(names).toEqual([...penalised, ...sampled]);
  });
});

test("a stage that restarts forgets the optimizer and measures KL from its own start", async () => {
  const settings = ["schedule.kind=staged", 'schedule.stages=[{"step":0,"cap":40},{"step":2,"cap":80}]'];
  const penalty = ["rl.klKind=k3", "rl.klCoefficient=0.1", "rl.stageStart=restart", "rl.steps=3"];
  const trainer = await makeTrainer(gpu(), smallConfig(...settings, ...penalty));
  const records: StepRecord[] = [];
  const snapshots: Snapshot[] = [];
  for await (const record of trainer.run()) {
    if (record.type !== "step") continue;
    records.push(record);
    snapshots.push(await trainer.snapshot());
  }
  expect(snapshots.map(({ progress }) => progress.updates)).toEqual([1, 2, 1]);
  expect(bits(snapshots[2]!).words.reference).toBe(bits(snapshots[1]!).words.parameters);
  expect(records[1]!.metrics.kl).toBeGreaterThan(0);
  expect(records[2]!.metrics.kl).toBe(0);
});

test("a stage has a group size of its own", async () => {
  const { records } = await run(
    "deepscaler",
    "rl.stageGroupSizes=[2,4,6]",
    "rl.promptsPerStep=2",
    "rl.steps=12",
  );
  const sizes = records.map(({ samples }) => samples.length / 2);
  expect([...new Set(sizes)]).toEqual([2, 4, 6]);
});

test("L1's prompts name a budget, and the reward holds the response to it", async () => {
  const { records } = await run("l1-exact", "rl.steps=1");
  const [{ samples }] = records as [StepRecord];
  for (const { prompt, reward, correct, length } of samples) {
    const budget = Number(/so (\d) ?(\d) ?=/.exec(prompt)!.slice(1).join(""));
    expect(budget).toBeGreaterThanOrEqual(20);
    expect(budget).toBeLessThanOrEqual(80);
    expect(reward).toBeCloseTo(Number(correct) - (1.2 / 80) * Math.abs(budget - length), 10);
  }
});

test("AdaptThink opens half of each group without thinking", async () => {
  const { records } = await run("adaptthink", "rl.steps=1");
  const [{ samples, metrics }] = records as [StepRecord];
  for (let begin = 0; begin < samples.length; begin += 4) {
    const words = samples.slice(begin, begin + 4).map(({ response }) => response.split(" ")[0]);
    expect(words).toEqual(["so", "so", "a", "a"]);
  }
  for (const { logprobs } of samples) expect(logprobs[0]).toBeCloseTo(Math.log(0.5), 6);
  // The starting policy answers each problem as well, and what it says is generated too.
  const shown = samples.reduce((sum, { length }) => sum + length, 0);
  expect(metrics["tokens/generated"]).toBeGreaterThan(1.5 * shown);
});

describe("a budget of tokens", () => {
  test("ends the run with the step that spends it", async () => {
    const trainer = await makeTrainer(gpu(), smallConfig("rl.tokenBudget=1500"));
    const totals = steps(await runTo(trainer)).map(({ metrics }) => metrics["tokens/generated_total"]!);
    expect(trainer.isDone).toBe(true);
    expect(totals.at(-1)).toBeGreaterThanOrEqual(1500);
    expect(totals.at(-2)).toBeLessThan(1500);
  });

  test("a run that goes on at its end makes no more steps", async () => {
    const config = smallConfig("rl.tokenBudget=1500");
    const whole = await makeTrainer(gpu(), config);
    await runTo(whole);
    const end = await whole.snapshot();
    gpu().buffers.destroyAll();
    const again = await makeTrainer(gpu(), config, end);
    expect((await runTo(again)).map(({ type }) => type)).toEqual(["eval"]);
  });
});
