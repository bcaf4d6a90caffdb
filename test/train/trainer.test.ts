import { afterEach, describe, expect, test } from "vitest";
import { candidates, defaultVariants } from "../../src/model/variants.ts";
import { SCHEDULE_KINDS } from "../../src/rl/length-schedule.ts";
import type { Config } from "../../src/train/config.ts";
import type { StepRecord, TrainerRecord } from "../../src/train/records.ts";
import type { Snapshot } from "../../src/train/snapshot.ts";
import { useGpu } from "../support/gpu.ts";
import { bits, makeTrainer, runTo, smallConfig, timeless } from "../support/training.ts";

const gpu = useGpu();
afterEach(() => gpu().buffers.destroyAll());

const steps = (records: readonly TrainerRecord[]) =>
  records.filter((record): record is StepRecord => record.type === "step");

const SCHEDULES = SCHEDULE_KINDS.map((kind) => ({
  kind,
  settings:
    kind === "staged"
      ? ['schedule.stages=[{"step":0,"cap":40},{"step":2,"cap":60},{"step":4,"cap":80}]']
      : ["schedule.cycle=4"],
}));

describe.each(SCHEDULES)("stopping and resuming changes nothing, $kind", ({ kind, settings }) => {
  test("at every step", async () => {
    const config = smallConfig(`schedule.kind=${kind}`, "eval.every=3", ...settings);
    const whole = await makeTrainer(gpu(), config);
    const records: unknown[] = [];
    const snapshots: Snapshot[] = [];
    for await (const record of whole.run()) {
      records.push(timeless(record));
      if (record.type === "step") snapshots.push(await whole.snapshot());
    }
    const end = bits(await whole.snapshot());
    gpu().buffers.destroyAll();
    for (const stop of [1, 2, 5]) {
      const rest = await makeTrainer(gpu(), config, snapshots[stop - 1]);
      const resumed = (await runTo(rest)).map(timeless);
      expect(resumed).toEqual(records.slice(-resumed.length));
      expect(bits(await rest.snapshot())).toEqual(end);
      gpu().buffers.destroyAll();
    }
  });
});

describe("results do not depend on", () => {
  async function trained(settings: string[], variants = defaultVariants(gpu())) {
    const trainer = await makeTrainer(gpu(), smallConfig("rl.steps=2", ...settings), undefined, variants);
    const records = await runTo(trainer);
    return { records: records.map(timeless), end: bits(await trainer.snapshot()) };
  }

  test("how many sequences are sampled together", async () => {
    expect(await trained(["train.decodeSequences=3"])).toEqual(await trained([]));
  });

  test("the kernel variants", async () => {
    const { matmul, attention } = candidates(gpu());
    const base = await trained([]);
    for (const [i, variant] of matmul.entries()) {
      const variants = {
        matmul: variant,
        decodeMatmul: variant,
        attention: attention[Math.min(i, attention.length - 1)]!,
      };
      expect(await trained([], variants), JSON.stringify(variants)).toEqual(base);
    }
  });
});

test("the split into micro-batches changes rollouts not at all and the update by rounding alone", async () => {
  const run = async (tokens: number) => {
    const trainer = await makeTrainer(
      gpu(),
      smallConfig("rl.steps=1", `train.microBatchTokens=${tokens}`, "sft.maxTokens=90"),
    );
    const [step] = steps(await runTo(trainer, 1));
    return { step: step!, parameters: (await trainer.snapshot()).parameters };
  };
  const whole = await run(2048);
  const split = await run(100);
  expect(split.step.samples).toEqual(whole.step.samples);
  expect(split.step.metrics.grad_norm! / whole.step.metrics.grad_norm!).toBeCloseTo(1, 5);
  // AdamW's first step moves a weight by the sign of its gradient, so a gradient near 0 may move either way.
  let moved = 0;
  for (const [i, value] of whole.parameters.entries())
    moved += Number(Math.abs(value - split.parameters[i]!) > 1e-5);
  expect(moved / whole.parameters.length).toBeLessThan(1e-3);
});

describe("explored in expansion alone", () => {
  // Steps 0 and 1 compress, 2 and 3 expand.
  const breathing = (...settings: string[]) =>
    smallConfig(
      "schedule.kind=stair",
      "schedule.cycle=4",
      "schedule.lmin=70",
      "rl.steps=4",
      "rl.promptsPerStep=16",
      "rl.miniBatches=4",
      ...settings,
    );
  const tight = ["rl.clipLow=0.0004", "rl.clipHigh=0.0004"]; // so that a second mini-batch is clipped
  const stateAfter = async (steps: number, config: Config, from?: Snapshot) => {
    const trainer = await makeTrainer(gpu(), config, from);
    await runTo(trainer, steps);
    return trainer.snapshot();
  };

  test.each([
    ["entropy bonus", [...tight, "rl.entropyCoefficient=0.1"]],
    ["wide upper clip", ["rl.clipLow=0.0004", "rl.clipHigh=0.9"]],
  ])("%s: none in compression, as it is set in expansion", async (_, exploring) => {
    const alone = breathing("rl.exploreIn=expansion", ...exploring);
    const compressed = await stateAfter(2, alone);
    expect(bits(compressed)).toEqual(bits(await stateAfter(2, breathing(...tight))));
    expect(bits(compressed).words).not.toEqual(bits(await stateAfter(2, breathing(...exploring))).words);
    const whole = await stateAfter(4, alone);
    expect(bits(whole)).toEqual(bits(await stateAfter(4, breathing(...exploring), compressed)));
    expect(bits(whole).words).not.toEqual(bits(await stateAfter(4, breathing(...tight), compressed)).words);
  });

  test("an upper clip below the lower one stays as it is", async () => {
    const low = ["rl.clipLow=0.01", "rl.clipHigh=0"];
    const alone = bits(await stateAfter(1, breathing("rl.exploreIn=expansion", ...low)));
    expect(alone).toEqual(bits(await stateAfter(1, breathing(...low))));
    const symmetric = await stateAfter(1, breathing("rl.clipLow=0.01", "rl.clipHigh=0.01"));
    expect(alone.words).not.toEqual(bits(symmetric).words);
  });
});

describe("a step", () => {
  test("samples under L(t), evaluates under L_max", async () => {
    const trainer = await makeTrainer(
      gpu(),
      smallConfig("schedule.kind=stair", "schedule.cycle=4", "eval.every=1"),
    );
    for (const record of await runTo(trainer)) {
      if (record.type === "step") {
        expect(record.cap).toBe([40, 40, 80, 80, 40, 40][record.step]);
        expect(record.metrics["completions/max_length"]!).toBeLessThanOrEqual(record.cap);
      } else if (record.type === "eval") {
        const longest = Math.max(...record.examples.map(({ length }) => length));
        expect(longest).toBeLessThanOrEqual(80);
        expect(record.metrics["eval/mean_length"]!).toBeGreaterThan(40); // the pre-RL model thinks longer than any low cap
      }
    }
  });

  test("finds the sampler and the trainer agreed to the last bit", async () => {
    const trainer = await makeTrainer(gpu(), smallConfig("rl.promptsPerStep=16", "rl.steps=3"));
    const records = steps(await runTo(trainer));
    for (const { metrics } of records) {
      expect(metrics["mismatch/max_abs_dlogp"]).toBe(0);
      expect(metrics["ratio/min"]).toBe(1);
      expect(metrics["ratio/max"]).toBe(1);
      expect(metrics["clip_ratio/region_mean"]).toBe(0);
    }
  });

  test("logs rollouts whose numbers add up to its metrics", async () => {
    const trainer = await makeTrainer(gpu(), smallConfig("rl.steps=2"));
    for (const { samples, metrics, cap } of steps(await runTo(trainer))) {
      const mean = (pick: (sample: (typeof samples)[number]) => number) =>
        samples.reduce((sum, sample) => sum + pick(sample), 0) / samples.length;
      expect(samples).toHaveLength(16);
      expect(mean(({ reward }) => reward!)).toBeCloseTo(metrics.reward!, 12);
      expect(mean(({ length }) => length)).toBeCloseTo(metrics["completions/mean_length"]!, 10);
      expect(mean(({ truncated }) => Number(truncated))).toBeCloseTo(
        metrics["completions/clipped_ratio"]!,
        12,
      );
      expect(mean(({ advantage }) => advantage)).toBeCloseTo(metrics["adv/mean"]!, 10);
      for (const { tokens, logprobs, length, truncated } of samples) {
        expect(tokens).toHaveLength(length);
        expect(logprobs).toHaveLength(length);
        expect(truncated).toBe(tokens.at(-1) !== 1);
        if (truncated) expect(length).toBe(cap);
      }
    }
  });

  test("of dead groups alone changes no weight and makes no update", async () => {
    // A model that never ends a response is wrong every time.
    const config = smallConfig("schedule.lmin=16", "schedule.lmax=16", "task.levelWeights=[0,0,0,1]");
    const trainer = await makeTrainer(gpu(), config);
    const before = bits(await trainer.snapshot());
    const [step] = steps(await runTo(trainer, 1));
    expect(step!.metrics.frac_reward_zero_std).toBe(1);
    expect(step!.metrics["groups/all_wrong"]).toBe(4);
    expect(step!.metrics.grad_norm).toBeNull();
    const after = bits(await trainer.snapshot());
    expect(after.words).toEqual(before.words);
    expect(after.progress.updates).toBe(0);
  });
});

describe("options", () => {
  test("several mini-batches make several updates, and the later ones leave the old policy", async () => {
    const trainer = await makeTrainer(
      gpu(),
      smallConfig("rl.promptsPerStep=16", "rl.miniBatches=4", "rl.steps=1"),
    );
    const [step] = steps(await runTo(trainer, 1));
    expect(step!.metrics.updates).toBe(4);
    expect(step!.metrics["ratio/max"]!).toBeGreaterThan(1);
    expect(step!.metrics["mismatch/max_abs_dlogp"]).toBe(0);
    expect((await trainer.snapshot()).progress.updates).toBe(4);
  });

  test("dynamic sampling trains on mixed groups alone and says what it dropped", async () => {
    const trainer = await makeTrainer(gpu(), smallConfig("rl.groupFilter=mixed", "rl.steps=2"));
    for (const { metrics, samples } of steps(await runTo(trainer))) {
      expect(metrics.gen_batches!).toBeGreaterThanOrEqual(1);
      expect(samples).toHaveLength(16 * metrics.gen_batches!);
      expect(metrics["groups/mixed"]!).toBeGreaterThanOrEqual(4);
    }
  });

  test("a KL penalty is zero at first and grows as the policy leaves its start", async () => {
    const trainer = await makeTrainer(
      gpu(),
      smallConfig("rl.klKind=k3", "rl.klCoefficient=0.1", "rl.steps=3"),
    );
    const records = steps(await runTo(trainer));
    expect(records[0]!.metrics.kl).toBe(0);
    expect(records[2]!.metrics.kl!).toBeGreaterThan(0);
  });

  test("overlong masking leaves truncated responses out of the loss, but not out of the lengths", async () => {
    const settings = ["rl.promptsPerStep=16", "schedule.kind=constant", "schedule.lmax=48", "rl.steps=1"];
    const run = async (overlong: string) => {
      const trainer = await makeTrainer(gpu(), smallConfig(`rl.overlong=${overlong}`, ...settings));
      return steps(await runTo(trainer, 1))[0]!.metrics;
    };
    const penalised = await run("penalise");
    const masked = await run("mask");
    const soft = await run("soft");
    expect(penalised["completions/clipped_ratio"]!).toBeGreaterThan(0.1);
    expect(masked["completions/mean_length"]).toBe(penalised["completions/mean_length"]);
    expect(masked["tokens/trained"]!).toBeLessThan(penalised["tokens/trained"]!);
    expect(soft["rewards/overlong/mean"]!).toBeLessThan(0);
    expect(soft.reward!).toBeLessThan(penalised.reward!);
  });

  test.each(["token-mean", "seq-mean-token-mean", "seq-mean-token-sum-norm", "seq-mean-token-sum"])(
    "loss aggregation %s trains",
    async (aggregation) => {
      const trainer = await makeTrainer(
        gpu(),
        smallConfig(`rl.lossAggregation=${aggregation}`, "rl.steps=1"),
      );
      const [step] = steps(await runTo(trainer, 1));
      expect(step!.metrics.grad_norm!).toBeGreaterThan(0);
    },
  );

  test("a learning rate that warms up and decays is the one that is logged", async () => {
    const trainer = await makeTrainer(
      gpu(),
      smallConfig("rl.warmupSteps=2", "rl.decay=linear", "rl.learningRate=1e-3"),
    );
    const rates = steps(await runTo(trainer)).map(({ metrics }) => metrics.lr!);
    expect(rates[0]).toBeCloseTo(5e-4, 12);
    expect(rates[5]!).toBeLessThan(rates[2]!);
  });
});

test("weights that are not finite stop the run with an error that says so", async () => {
  const trainer = await makeTrainer(
    gpu(),
    smallConfig("rl.learningRate=1", "rl.gradientClip=0", "rl.steps=40"),
  );
  trainer.engine.model.writeParameters((await trainer.snapshot()).parameters.fill(Number.NaN));
  await expect(runTo(trainer)).rejects.toMatchObject({ code: "numerics-failed" });
});
