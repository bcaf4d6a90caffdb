import { appendFileSync, cpSync, existsSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Outcome, type Running, TINY_RUN, useBellows, withoutTimes } from "../support/cli.ts";

const bellows = useBellows();
const STEPS = 12;
const RUN = [
  "train",
  ...TINY_RUN,
  "--no-preflight",
  "--set=eval.every=4",
  "--set=train.checkpointEvery=2",
  "--set=train.samplesEvery=1",
];
const TO_THE_END = ["--steps", String(STEPS)];
/** Lessons whose learning rate falls, so that it tells the steps apart. */
const LESSONS = [
  ...["sft", "--preset=smoke", "--set=sft.batchSize=8", "--set=sft.warmupSteps=2"],
  ...["--set=eval.problemsPerLevel=2", "--set=train.checkpointEvery=2"],
];

/** Everything that a run leaves, but for times and its report. */
function traceOf(run: string) {
  const bytes = (file: string) => bellows.read(join(run, file)).toString("base64");
  return {
    config: bytes("config.json"),
    parameters: bytes("checkpoints/final/model.safetensors"),
    optimizer: bytes("checkpoints/final/optimizer.safetensors"),
    progress: JSON.parse(bellows.read(join(run, "checkpoints/final/trainer.json")).toString()).state,
    samples: existsSync(join(bellows.folder, run, "samples.jsonl")) ? bytes("samples.jsonl") : null,
    metrics: bellows.records(join(run, "metrics.jsonl")).map(withoutTimes),
    checkpoints: readdirSync(join(bellows.folder, run, "checkpoints")),
  };
}

/** Steps that are saved in a run's latest checkpoint, and those that are in its log. */
function stepsOf(run: string): { saved: number; logged: number } {
  const saved = Number(bellows.read(join(run, "checkpoints/latest")).toString());
  const lines = bellows.records(join(run, "metrics.jsonl"));
  const logged = lines.filter(({ type }) => type === "step" || type === "sft").length;
  return { saved, logged };
}

let whole: ReturnType<typeof traceOf>;
let taught: ReturnType<typeof traceOf>;
beforeAll(async () => {
  await bellows.succeed(...RUN, ...TO_THE_END, "--out=whole");
  await bellows.succeed(...LESSONS, ...TO_THE_END, "--out=taught");
  whole = traceOf("whole");
  taught = traceOf("taught");
});

/** Resumes a run to the end and expects what an uninterrupted one leaves; extra checkpoints are no difference. */
async function expectSameEnd(run: string, command: "train" | "sft" = "train"): Promise<void> {
  await bellows.succeed(command, "--resume", run, ...TO_THE_END);
  const { checkpoints, ...rest } = traceOf(run);
  const { checkpoints: expected, ...expectedRest } = command === "train" ? whole : taught;
  expect(rest).toEqual(expectedRest);
  expect(checkpoints).toEqual(expect.arrayContaining(expected));
}

/** Starts a run, and once it has printed its third step does something to it. */
async function disturbed(
  run: string,
  disturb: (running: Running) => unknown,
  args: readonly string[] = RUN,
): Promise<Outcome> {
  const running = bellows.start([...args, ...TO_THE_END, "--out", run]);
  await running.printed(/^ *3\/12 /m);
  await disturb(running);
  return running.ended;
}

test("half a run, resumed, is the run, to the bit", async () => {
  await bellows.succeed(...RUN, "--steps=6", "--out", join(bellows.folder, "half"));
  expect(stepsOf("half")).toEqual({ saved: 6, logged: 6 });
  await expectSameEnd("half");
});

test("a run with a KL penalty goes on without the checkpoint that it started from", async () => {
  cpSync(join(bellows.folder, "whole/checkpoints/final"), join(bellows.folder, "teacher"), {
    recursive: true,
  });
  const penalty = ["--set=rl.klKind=k3", "--set=rl.klCoefficient=0.1", "--set=init=teacher"];
  await bellows.succeed(...RUN, ...penalty, "--steps=4", "--out=penalised");
  await bellows.succeed(...RUN, ...penalty, "--steps=2", "--out=moved");
  rmSync(join(bellows.folder, "teacher"), { recursive: true });
  await bellows.succeed("train", "--resume=moved", "--steps=4");
  expect(traceOf("moved")).toEqual(traceOf("penalised"));
});

test("resuming a run that is done changes nothing", async () => {
  const text = await bellows.succeed("train", "--resume", "./half/");
  expect(text).toContain(" ./half/report.html\n");
  expect(traceOf("half")).toEqual({ ...whole, checkpoints: whole.checkpoints });
});

test("a run whose latest checkpoint is damaged goes on from the one before, to the same end", async () => {
  const damage = (name: string) =>
    truncateSync(join(bellows.folder, "damaged/checkpoints", name, "model.safetensors"), 100);
  cpSync(join(bellows.folder, "whole"), join(bellows.folder, "damaged"), { recursive: true });
  damage("000012");
  const { status, stderr } = await bellows.run(["train", "--resume=damaged"]);
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/^warning: .*000012.*; damaged goes on from step 10$/m);
  expect(traceOf("damaged")).toEqual(whole);
  for (const name of whole.checkpoints.filter((name) => /^\d+$/.test(name))) damage(name);
  const refused = await bellows.run(["train", "--resume=damaged"]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain("000012/model.safetensors");
});

test("a change of settings after the checkpoint that is left holds from there on, and the log says so", async () => {
  cpSync(join(bellows.folder, "whole"), join(bellows.folder, "changed"), { recursive: true });
  const marker = { type: "marker", step: 11, changes: [] };
  appendFileSync(join(bellows.folder, "changed/metrics.jsonl"), `${JSON.stringify(marker)}\n`);
  truncateSync(join(bellows.folder, "changed/checkpoints/000012/model.safetensors"), 100);
  await bellows.succeed("train", "--resume=changed");
  const logged = bellows.records("changed/metrics.jsonl");
  expect(logged.filter(({ type }) => type === "marker")).toEqual([{ ...marker, step: 10 }]);
});

describe.each(["SIGINT", "SIGTERM"] as const)("after %s", (signal) => {
  test("a run saves its step, ends with status 130 and goes on to the same end", async () => {
    const { status, stdout, stderr } = await disturbed(signal, (running) => running.process.kill(signal));
    expect(status, stderr).toBe(130);
    expect(stdout).toContain("stopping after this step and saving");
    const { saved, logged } = stepsOf(signal);
    expect(saved).toBe(logged);
    expect(saved).toBeGreaterThanOrEqual(3);
    expect(saved).toBeLessThan(STEPS);
    expect(bellows.read(join(signal, "report.html")).length).toBeGreaterThan(0);
    await expectSameEnd(signal);
  });
});

test("a run whose output nobody reads any more saves its step and goes on to the same end", async () => {
  const { status, stderr } = await disturbed("unread", (running) => running.process.stdout?.destroy());
  expect(status, stderr).toBe(130);
  expect(stderr).not.toMatch(/^ +at /m);
  const { saved, logged } = stepsOf("unread");
  expect(saved).toBe(logged);
  expect(saved).toBeLessThan(STEPS);
  await expectSameEnd("unread");
});

test("a run that is killed at any moment goes on from its latest checkpoint to the same end", async () => {
  // Some steps take 30 ms: the moment falls within a rollout, an update or a write.
  const delay = Math.random() * 200;
  const { status } = await disturbed("killed", async (running) => {
    await new Promise((resolve) => setTimeout(resolve, delay));
    running.process.kill("SIGKILL");
  });
  expect(status).toBeNull();
  expect(stepsOf("killed").saved % 2).toBe(0);
  await expectSameEnd("killed");
});

test("a second Ctrl-C stops at once, and what was saved before is there", async () => {
  const { status } = await disturbed("twice", async (running) => {
    running.process.kill("SIGINT");
    await running.printed(/Ctrl-C again stops at once/);
    running.process.kill("SIGINT");
  });
  expect(status).toBe(130);
  expect(stepsOf("twice").saved).toBeGreaterThanOrEqual(2);
  await expectSameEnd("twice");
});

describe("lessons", () => {
  test("of which half were given go on to the whole, to the bit", async () => {
    const steady = [...LESSONS, "--set=sft.decay=constant"];
    await bellows.succeed(...steady, "--steps=8", "--out=steady");
    await bellows.succeed(...steady, "--steps=4", "--out=steady-half");
    expect(stepsOf("steady-half")).toEqual({ saved: 4, logged: 4 });
    await bellows.succeed("sft", "--resume=steady-half", "--steps=8");
    expect(traceOf("steady-half")).toEqual(traceOf("steady"));
  });

  test("that Ctrl-C stops are saved, and go on to the same end", async () => {
    const stop = (running: Running) => running.process.kill("SIGINT");
    const { status, stdout, stderr } = await disturbed("lessons", stop, LESSONS);
    expect(status, stderr).toBe(130);
    expect(stdout).toContain("stopping after this step and saving");
    expect(stdout).toMatch(/^stopped early; saved lessons; train it with --set init=lessons$/m);
    expect(stdout).toMatch(/^go on: +npx bellows sft --resume lessons$/m);
    const { saved, logged } = stepsOf("lessons");
    expect(saved).toBe(logged);
    expect(saved).toBeGreaterThanOrEqual(3);
    expect(saved).toBeLessThan(STEPS);
    await expectSameEnd("lessons", "sft");
  });

  test("that are killed go on from the latest checkpoint to the same end", async () => {
    const kill = (running: Running) => running.process.kill("SIGKILL");
    expect((await disturbed("cut-off", kill, LESSONS)).status).toBeNull();
    expect(stepsOf("cut-off").saved % 2).toBe(0);
    await expectSameEnd("cut-off", "sft");
  });

  test("that are done stay as they are", async () => {
    await bellows.succeed("sft", "--resume=taught");
    expect(traceOf("taught")).toEqual(taught);
  });
});
