import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { latestCheckpoint, listCheckpoints } from "../../src/io/run-folder.ts";
import { jsonLines, TINY_RUN, useBellows, withoutTimes } from "../support/cli.ts";

const bellows = useBellows();
const CHECKPOINTS = fileURLToPath(new URL("../../web/public/checkpoints/", import.meta.url));

describe.each(["pre-rl", "two-modes"])("the bundled checkpoint %s", (name) => {
  test("is the one that its README describes", () => {
    const readme = readFileSync(`${CHECKPOINTS}README.md`, "utf8");
    const [, said] =
      new RegExp(`^sha256 of ${name}/model\\.safetensors: ([0-9a-f]{64})$`, "m").exec(readme) ?? [];
    const weights = readFileSync(`${CHECKPOINTS}${name}/model.safetensors`);
    expect(createHash("sha256").update(weights).digest("hex")).toBe(said);
  });

  test("is under 1 MB", () => {
    const files = readdirSync(`${CHECKPOINTS}${name}`).map((file) =>
      statSync(`${CHECKPOINTS}${name}/${file}`),
    );
    expect(files.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(1e6);
  });
});

test("pre-rl is right on 0.40 to 0.60 of the evaluation problems, and the harder, the less", async () => {
  const [record] = jsonLines(await bellows.succeed("eval", "--json"));
  expect(record!["eval/acc"]).toBeGreaterThan(0.4);
  expect(record!["eval/acc"]).toBeLessThan(0.6);
  const levels = (record!.levels as { accuracy: number }[]).map(({ accuracy }) => accuracy);
  expect(levels).toEqual(levels.toSorted((a, b) => b - a));
});

test("two-modes opens with and without `so`, and checks only without", async () => {
  const flags = ["--count=8", "--samples=32", "--temperature=1", "--json"];
  const responses = jsonLines(await bellows.succeed("sample", "two-modes", ...flags)) as {
    response: string;
  }[];
  const bare = responses.filter(({ response }) => response.startsWith("so "));
  expect(bare.length / responses.length).toBeGreaterThan(0.3);
  expect(bare.length / responses.length).toBeLessThan(0.9);
  const waits = (list: typeof responses) =>
    list.filter(({ response }) => response.includes("wait")).length / list.length;
  expect(waits(bare)).toBeLessThan(0.1);
  expect(waits(responses.filter((response) => !bare.includes(response)))).toBeGreaterThan(0.5);
});

describe("sft", () => {
  const SETTINGS = [
    "sft.batchSize=8",
    "sft.warmupSteps=5",
    "eval.problemsPerLevel=2",
    "sft.learningRate=0.01",
  ];
  const FLAGS = [
    "--preset=smoke",
    "--steps=60",
    "--set=train.checkpointEvery=30",
    ...SETTINGS.map((setting) => `--set=${setting}`),
  ];
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

  test("leaves a run folder: what it printed as its log, and checkpoints", async () => {
    expect(bellows.records("models/young/metrics.jsonl")).toEqual(records);
    const config = JSON.parse(bellows.read("models/young/config.json").toString());
    expect(config).toMatchObject({ init: "random", sft: { steps: 60, batchSize: 8 } });
    const storage = new NodeStorage(bellows.folder);
    expect(await listCheckpoints(storage, "models/young")).toEqual(["000030", "000060", "final"]);
    expect(await latestCheckpoint(storage, "models/young")).toBe("000060");
  });

  test("gives the same bytes again, and other flags of output change nothing", async () => {
    const text = await bellows.succeed("sft", ...FLAGS, "--out=models/twin");
    expect(text).toContain("60/60 ████████████████  loss ");
    expect(text).toContain("saved models/twin; train it with --set init=models/twin\n");
    for (const file of ["model", "optimizer"]) {
      const [young, twin] = ["young", "twin"].map((name) =>
        bellows.read(`models/${name}/checkpoints/final/${file}.safetensors`),
      );
      expect(twin!.equals(young!), file).toBe(true);
    }
  });

  test("makes what eval, sample and train start from", async () => {
    const [evaluated] = jsonLines(await bellows.succeed("eval", "models/young", "--json"));
    expect(withoutTimes(evaluated!)).toEqual(withoutTimes(records.at(-1)!));
    expect(jsonLines(await bellows.succeed("sample", "models/young", "--count=2", "--json"))).toHaveLength(2);
    // A greedy evaluation depends on the weights alone.
    const greedy = ["--set=eval.temperature=0", "--set=init=models/young"];
    await bellows.succeed("train", ...TINY_RUN, "--steps=1", ...greedy, "--out=grown");
    const { "eval/mean_length": length, levels } = bellows.records("grown/metrics.jsonl")[0]!;
    const [same] = jsonLines(
      await bellows.succeed("eval", "models/young", "--json", "--set=eval.temperature=0"),
    );
    expect(same).toMatchObject({ "eval/mean_length": length, levels });
  });
});
