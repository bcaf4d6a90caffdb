import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { loadCheckpoint } from "../../src/io/checkpoint.ts";
import { jsonLines, TINY_RUN, useBellows } from "../support/cli.ts";

const bellows = useBellows();
const CHECKPOINTS = fileURLToPath(new URL("../../web/public/checkpoints/", import.meta.url));

describe("the bundled checkpoint", () => {
  test("is the one that its README describes", () => {
    const readme = readFileSync(`${CHECKPOINTS}README.md`, "utf8");
    const [, said] = /^sha256 of model\.safetensors: ([0-9a-f]{64})$/m.exec(readme) ?? [];
    const weights = readFileSync(`${CHECKPOINTS}pre-rl/model.safetensors`);
    expect(createHash("sha256").update(weights).digest("hex")).toBe(said);
  });

  test("is under 1 MB", () => {
    const files = readdirSync(`${CHECKPOINTS}pre-rl`).map((name) => statSync(`${CHECKPOINTS}pre-rl/${name}`));
    expect(files.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(1e6);
  });

  test("is right on 0.40 to 0.60 of the evaluation problems, and the harder, the less", async () => {
    const [record] = jsonLines(await bellows.succeed("eval", "--json"));
    expect(record!["eval/acc"]).toBeGreaterThan(0.4);
    expect(record!["eval/acc"]).toBeLessThan(0.6);
    const levels = (record!.levels as { accuracy: number }[]).map(({ accuracy }) => accuracy);
    expect(levels).toEqual(levels.toSorted((a, b) => b - a));
  });
});

describe("sft", () => {
  const SETTINGS = [
    "sft.batchSize=8",
    "sft.warmupSteps=5",
    "eval.problemsPerLevel=2",
    "sft.learningRate=0.01",
  ];
  const FLAGS = ["--preset=smoke", "--steps=60", ...SETTINGS.map((setting) => `--set=${setting}`)];
  let records: Record<string, unknown>[] = [];
  beforeAll(async () => {
    records = jsonLines(await bellows.succeed("sft", ...FLAGS, "--out=models/young", "--json"));
  });

  test("lowers the loss of a fresh model and ends with an evaluation", () => {
    const losses = records.filter(({ type }) => type === "sft").map(({ loss }) => Number(loss));
    expect(losses).toHaveLength(60);
    const mean = (part: readonly number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
    // A fresh model knows nothing of 31 tokens: ln 31 is 3.4 nats.
    expect(losses[0]).toBeGreaterThan(3);
    expect(mean(losses.slice(-10))).toBeLessThan(0.6 * mean(losses.slice(0, 5)));
    expect(records.at(-1)).toMatchObject({ type: "eval", step: 60 });
  });

  test("gives the same bytes again, and other flags of output change nothing", async () => {
    const text = await bellows.succeed("sft", ...FLAGS, "--out=models/twin");
    expect(text).toContain("60/60 ████████████████  loss ");
    expect(text).toContain("saved models/twin; train it with --set init=models/twin\n");
    const [young, twin] = ["young", "twin"].map((name) => bellows.read(`models/${name}/model.safetensors`));
    expect(twin!.equals(young!)).toBe(true);
  });

  test("makes a checkpoint that eval, sample and train start from", async () => {
    const flags = ["--preset=smoke", "--set=eval.problemsPerLevel=2", "--json"];
    const [evaluated] = jsonLines(await bellows.succeed("eval", "models/young", ...flags));
    expect(evaluated).toMatchObject({ type: "eval", step: 0, "eval/acc": expect.any(Number) });
    expect(jsonLines(await bellows.succeed("sample", "models/young", "--count=2", "--json"))).toHaveLength(2);
    await bellows.succeed("train", ...TINY_RUN, "--steps=1", "--set=init=models/young", "--out=grown");
    const { "eval/mean_length": length, levels } = bellows.records("grown/metrics.jsonl")[0]!;
    expect(evaluated).toMatchObject({ "eval/mean_length": length, levels });
  });

  test("saves what it has when Ctrl-C stops it", async () => {
    const running = bellows.start(["sft", ...FLAGS, "--out=models/brief"]);
    await running.printed(/^4\/60 /m);
    running.process.kill("SIGINT");
    const { status, stdout } = await running.ended;
    expect(status).toBe(130);
    expect(stdout).toMatch(/^stopped early; saved models\/brief;/m);
    await loadCheckpoint(new NodeStorage(bellows.folder), "models/brief");
  });
});
