import { describe, expect, test } from "vitest";
import { loadCheckpoint } from "../../src/io/checkpoint.ts";
import { checkpointPath, readLog } from "../../src/io/run-folder.ts";
import type { Storage } from "../../src/io/storage.ts";
import type { Config } from "../../src/train/config.ts";
import type { StepRecord } from "../../src/train/records.ts";
import { composeConfig } from "../../src/train/settings.ts";
import { unwrap } from "../../src/worker/results.ts";
import { useGpu } from "../support/gpu.ts";
import { plain, type TestPage, usePages } from "../support/session.ts";
import { makeTrainer, runTo, smallConfig } from "../support/training.ts";

const gpu = useGpu();
const newPage = usePages(gpu);

/** A page with a new run, and the run's id. */
async function started(config: Config, kind: "rl" | "sft" = "rl") {
  const page = await newPage();
  const opened = unwrap(await page.session.create(config, kind));
  return { page, opened, id: opened.summary.id };
}

/** Weights, moments and progress of a checkpoint, as something that compares to the bit. */
async function bits(runs: Storage, id: string, name: string) {
  const { parameters, optimizer, trainer } = await loadCheckpoint(runs, checkpointPath(id, name));
  const words = [parameters, optimizer?.firstMoment, optimizer?.secondMoment].map((flat) =>
    flat === undefined ? "" : Buffer.from(flat.buffer).toString("base64"),
  );
  return { words, state: trainer?.state };
}

/** What a run logged, without times and rates. */
async function logged(page: TestPage, id: string) {
  return unwrap(await page.session.readRun(id)).records.map(plain);
}

describe("a run of a session", () => {
  test("is to the bit the run that the trainer makes by itself", async () => {
    const config = smallConfig("eval.every=3", "train.checkpointEvery=3");
    const { page, opened, id } = await started(config);
    expect(opened).toMatchObject({ step: 0, records: [], summary: { kind: "rl", step: 0, title: id } });
    expect(opened.preflight).toMatchObject({ lmin: 40, lmax: 80 });
    await page.play("end");

    const trainer = await makeTrainer(gpu(), config);
    const records = await runTo(trainer);
    expect(page.records).toEqual(records.map(plain));
    expect(await logged(page, id)).toEqual(records.map(plain));
    const { parameters } = await trainer.snapshot();
    const { words } = await bits(page.runs, id, "final");
    expect(words[0]).toBe(Buffer.from(parameters.buffer).toString("base64"));
    const { checkpoints, step } = unwrap(await page.session.readRun(id)).summary;
    expect({ checkpoints, step }).toEqual({
      checkpoints: ["000000", "000003", "000006", "final"],
      step: 6,
    });
  });

  test("can do without its trial rollout, and is the same", async () => {
    const config = smallConfig("rl.steps=1");
    const page = await newPage();
    const creating = page.session.create(config, "rl");
    await page.seen(({ type }) => type === "trial");
    unwrap(await page.session.skipTrial());
    expect(unwrap(await creating).preflight).toBeNull();
    await page.play("end");
    expect(page.records).toEqual((await runTo(await makeTrainer(gpu(), config))).map(plain));
    unwrap(await page.session.skipTrial()); // there is none: nothing happens
  });

  test("goes on by steps, by phases, and pauses at the end of a step", async () => {
    const config = smallConfig("rl.steps=3", "train.checkpointEvery=0");
    const { page, id } = await started(config);
    await page.play("step");
    expect(page.records.map((record) => (record as StepRecord).type)).toEqual(["eval", "step"]);
    await page.play("phase");
    await page.play("phase");
    expect(page.phases.slice(-2).map(({ step, done }) => [step, done])).toEqual([
      [1, "rollout"],
      [1, "score"],
    ]);
    expect(page.records).toHaveLength(2);
    expect(unwrap(await page.session.pause())).toEqual({ step: 2 });
    expect(page.records).toHaveLength(3);
    const { checkpoints, step } = unwrap(await page.session.readRun(id)).summary;
    expect({ checkpoints, step }).toEqual({ checkpoints: ["000000", "000002"], step: 2 });
    await page.play("phase");
    await page.play("phase");
    await page.play("phase");
    expect(page.records).toHaveLength(4);
    await page.play("end");
    expect(page.records).toEqual((await runTo(await makeTrainer(gpu(), config))).map(plain));
  });

  test("pauses while it plays, and is the same after another page went on with it", async () => {
    const config = smallConfig("eval.every=2", "rl.steps=5", "train.checkpointEvery=2");
    const { page, id } = await started(config);
    unwrap(await page.session.play("end"));
    await page.seen((event) => event.type === "record" && event.record.type === "step");
    const { step } = unwrap(await page.session.pause());
    expect(step).toBeGreaterThanOrEqual(1);
    expect(step).toBeLessThan(5);
    await page.close();

    const other = await newPage(page.runs);
    const opened = unwrap(await other.session.open(id));
    expect(opened).toMatchObject({ step, preflight: null });
    await other.play("end");
    const whole = await runTo(await makeTrainer(gpu(), config));
    const seen = [...page.records.slice(0, -other.records.length || undefined), ...other.records];
    expect(other.records).toEqual(whole.slice(-other.records.length).map(plain));
    expect(seen.length).toBeGreaterThan(0);
    const types = (await readLog(page.runs, id, "metrics")).map(({ type, step: at }) => [type, at]);
    expect(types).toEqual(whole.map((record) => [record.type, record.step]));
  });

  test("that has finished opens with its whole log and does nothing more", async () => {
    const { page, id } = await started(smallConfig("rl.steps=2"));
    await page.play("end");
    const before = await logged(page, id);
    const from = page.events.length;
    const opened = unwrap(await page.session.open(id));
    expect(opened.step).toBe(2);
    expect(opened.records.map(plain)).toEqual(before);
    await page.seen(
      (event) => event.type === "state" && event.state === "finished" && event.step === 2,
      from,
    );
    unwrap(await page.session.play("end"));
    expect(await logged(page, id)).toEqual(before);
  });

  test("rests after each phase, and a pause does not wait for that", async () => {
    const { page } = await started(smallConfig());
    unwrap(await page.session.setRest(60_000));
    unwrap(await page.session.play("end"));
    await page.seen((event) => event.type === "phase");
    expect(unwrap(await page.session.pause())).toEqual({ step: 1 });
    expect(await page.session.setRest(-1)).toMatchObject({ ok: false, error: { code: "input-invalid" } });
  });
});

describe("another config in mid-run", () => {
  test("leaves a marker and goes on as a run that was opened under it", async () => {
    const settings = ["rl.steps=4", "train.checkpointEvery=2"];
    const { page, id } = await started(smallConfig(...settings));
    await page.play("step");
    await page.play("step");
    const changed = smallConfig(...settings, "schedule.lmin=48", "rl.learningRate=1e-4");
    const marker = unwrap(await page.session.configure(changed));
    expect(marker).toEqual({
      type: "marker",
      step: 2,
      changes: [
        { path: "schedule.lmin", from: 40, to: 48 },
        { path: "rl.learningRate", from: 5e-4, to: 1e-4 },
      ],
    });
    await page.play("end");
    expect(await logged(page, id)).toContainEqual(marker);

    const before = await makeTrainer(gpu(), smallConfig(...settings));
    await runTo(before, 2);
    const after = await makeTrainer(gpu(), changed, await before.snapshot());
    const rest = (await runTo(after)).map(plain);
    expect(page.records.slice(-rest.length)).toEqual(rest);

    const opened = unwrap(await page.session.open(id));
    expect(opened.summary.config).toEqual(changed);
    expect(opened.records).toContainEqual(marker);
  });

  test("can turn on a KL penalty, which is measured from where the run began", async () => {
    const { page, id } = await started(smallConfig("rl.steps=3"));
    await page.play("step");
    unwrap(await page.session.configure(smallConfig("rl.steps=3", "rl.klKind=k3", "rl.klCoefficient=0.1")));
    await page.play("step");
    const { metrics } = page.records.at(-1) as StepRecord;
    expect(metrics.kl).toBeGreaterThan(0);
    expect((await bits(page.runs, id, "reference")).words[0]).toBe(
      (await bits(page.runs, id, "000000")).words[0],
    );
  });

  test("may add steps to a finished run, and is refused where it would make another run", async () => {
    const { page } = await started(smallConfig("rl.steps=2"));
    await page.play("end");
    for (const setting of ["seed=7", "model.hidden_size=32", "rl.steps=1", "init=random"]) {
      const result = await page.session.configure(smallConfig("rl.steps=2", setting));
      expect(result, setting).toMatchObject({
        ok: false,
        error: { code: "config-invalid", field: setting.split("=")[0] },
      });
    }
    unwrap(await page.session.configure(smallConfig("rl.steps=3")));
    await page.play("end");
    expect(page.records.map((record) => (record as StepRecord).type)).toEqual([
      "eval",
      "step",
      "step",
      "eval",
      "marker",
      "step",
      "eval",
    ]);
  });

  test("that changes nothing leaves no marker", async () => {
    const { page, id } = await started(smallConfig());
    expect(unwrap(await page.session.configure(smallConfig())).changes).toEqual([]);
    expect(await logged(page, id)).toEqual([]);
  });
});

describe("a device that is lost", () => {
  const config = smallConfig("rl.steps=4", "eval.every=2", "train.checkpointEvery=3");

  test.each(["while it plays", "between two phases", "while it is paused"])(
    "%s costs nothing",
    async (when) => {
      const { page, id } = await started(config);
      await page.play("step");
      if (when === "while it plays") {
        unwrap(await page.session.play("end"));
        await page.seen((event) => event.type === "record" && event.record.step === 1);
      } else if (when === "between two phases") {
        await page.play("phase");
      }
      const from = page.events.length;
      page.refusals = 2;
      page.devices.at(-1)!.device.destroy();
      await page.seen((event) => event.type === "device" && event.status === "regained", from);
      if (when === "while it plays")
        await page.seen((event) => event.type === "state" && event.state === "finished");
      else await page.play("end");
      expect(page.devices).toHaveLength(2);
      expect(page.events.filter(({ type }) => type === "failed")).toEqual([]);

      const trainer = await makeTrainer(gpu(), config);
      expect(page.records).toEqual((await runTo(trainer)).map(plain));
      const { parameters, firstMoment, secondMoment } = await trainer.snapshot();
      const words = [parameters, firstMoment, secondMoment].map((flat) =>
        Buffer.from(flat.buffer).toString("base64"),
      );
      expect((await bits(page.runs, id, "final")).words).toEqual(words);
      const types = (await readLog(page.runs, id, "metrics")).map(({ type, step }) => `${type} ${step}`);
      expect(types).toEqual([...new Set(types)]);
    },
  );
});

describe("a run that trains adapters", () => {
  test("is that of the trainer, goes on in another page, and is asked as it was before", async () => {
    const config = smallConfig(
      "lora.rank=4",
      "rl.steps=4",
      "rl.learningRate=1e-2",
      "train.checkpointEvery=2",
    );
    const { page, id } = await started(config);
    const request = { problem: { level: 0, seed: 1 }, samples: 4, temperature: 1, seed: 7 };
    const first = unwrap(await page.session.think({ ...request, checkpoint: null }));
    await page.play("step");
    await page.play("step");
    expect(unwrap(await page.session.think({ ...request, checkpoint: null }))).not.toEqual(first);
    await page.close();

    const other = await newPage(page.runs);
    const { checkpoints } = unwrap(await other.session.open(id)).summary;
    expect(checkpoints).toEqual(["000000", "000002"]);
    expect(unwrap(await other.session.think({ ...request, checkpoint: "000000" }))).toEqual(first);
    await other.play("end");
    const whole = (await runTo(await makeTrainer(gpu(), config))).map(plain);
    expect([...page.records, ...other.records]).toEqual(whole);
  });
});

describe("thinking", () => {
  test("asks the policy or a checkpoint and does not disturb the run", async () => {
    const config = smallConfig("rl.steps=3", "train.checkpointEvery=1");
    const { page } = await started(config);
    const request = { problem: { level: 2, seed: 5 }, samples: 3, temperature: 1 };
    const first = unwrap(await page.session.think({ ...request, checkpoint: null }));
    expect(first).toHaveLength(3);
    for (const { words, logprobs, entropies, answer, correct, truncated } of first) {
      expect([logprobs.length, entropies.length]).toEqual([words.length, words.length]);
      expect(truncated).toBe(words.at(-1) !== "<eos>");
      expect(answer).toMatch(/\d/);
      expect(typeof correct).toBe("boolean");
    }
    await page.play("step");
    await page.play("phase");
    const later = unwrap(await page.session.think({ ...request, checkpoint: null }));
    expect(later).not.toEqual(first);
    expect(unwrap(await page.session.think({ ...request, checkpoint: "000000" }))).toEqual(first);
    expect(unwrap(await page.session.think({ ...request, checkpoint: null, seed: 8 }))).not.toEqual(later);
    await page.play("end");
    expect(page.records).toEqual((await runTo(await makeTrainer(gpu(), config))).map(plain));
  });

  test("takes a prompt, and says what is wrong with one", async () => {
    const { page } = await started(smallConfig());
    const ask = (prompt: string, samples = 1) =>
      page.session.think({ problem: { prompt }, samples, temperature: 0, checkpoint: null });
    const [drawn] = unwrap(
      await page.session.think({
        problem: { level: 0, seed: 1 },
        samples: 1,
        temperature: 0,
        checkpoint: null,
      }),
    );
    expect(drawn!.prompt.length).toBeGreaterThan(0);
    expect(await ask("what is love")).toMatchObject({ ok: false, error: { code: "input-invalid" } });
    expect(await ask("")).toMatchObject({ ok: false, error: { code: "input-invalid", field: "prompt" } });
    expect(await ask("a", 0)).toMatchObject({
      ok: false,
      error: { code: "input-invalid", field: "samples" },
    });
    expect(
      await page.session.think({
        problem: { prompt: "a" },
        samples: 1,
        temperature: 1,
        checkpoint: "000077",
      }),
    ).toMatchObject({ ok: false, error: { code: "checkpoint-invalid" } });
  });
});

test("SFT teaches a fresh model, from which a run then starts", async () => {
  const config = composeConfig({
    preset: "smoke",
    settings: ["sft.steps=6", "sft.batchSize=8", "eval.problemsPerLevel=1", "train.checkpointEvery=4"],
  });
  const { page, id } = await started(config, "sft");
  await page.play("step");
  expect(unwrap(await page.session.pause())).toEqual({ step: 1 });
  page.devices.at(-1)!.device.destroy();
  await page.play("end");
  const types = page.records.map((record) => (record as StepRecord).type);
  expect(types).toEqual([...Array.from({ length: 6 }, () => "sft"), "eval"]);
  expect(await logged(page, id)).toEqual(page.records);
  const { summary } = unwrap(await page.session.readRun(id));
  expect(summary).toMatchObject({
    kind: "sft",
    step: 6,
    checkpoints: ["000000", "000004", "000006", "final"],
  });
  const opened = unwrap(await page.session.create(smallConfig(`init=${id}`, "rl.steps=1"), "rl"));
  const start = await bits(page.runs, opened.summary.id, "000000");
  expect(start.words[0]).toBe((await bits(page.runs, id, "final")).words[0]);
  expect(await page.session.create(smallConfig("init=nowhere"), "rl")).toMatchObject({
    ok: false,
    error: { code: "input-invalid", field: "init" },
  });
});

test("SFT that is closed in the middle goes on elsewhere to the same end", async () => {
  const config = composeConfig({
    preset: "smoke",
    settings: ["sft.steps=6", "sft.batchSize=8", "eval.problemsPerLevel=1", "train.checkpointEvery=4"],
  });
  const { page: whole, id } = await started(config, "sft");
  await whole.play("end");

  const { page, id: half } = await started(config, "sft");
  for (let step = 0; step < 3; step++) await page.play("step");
  await page.close();
  const other = await newPage(page.runs);
  expect(unwrap(await other.session.open(half))).toMatchObject({ step: 3, summary: { kind: "sft" } });
  await other.play("end");
  expect(other.records).toEqual(whole.records.slice(3));
  expect(await logged(other, half)).toEqual(whole.records);
  expect(await bits(other.runs, half, "final")).toEqual(await bits(whole.runs, id, "final"));
  expect(unwrap(await other.session.open(half))).toMatchObject({ step: 6 });
  expect(await logged(other, half)).toEqual(whole.records);
});
