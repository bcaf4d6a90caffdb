import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parquetReadObjects } from "hyparquet";
import { beforeAll, describe, expect, test } from "vitest";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { loadCheckpoint } from "../../src/io/checkpoint.ts";
import { createTask } from "../../src/tasks/registry.ts";
import { TINY_RUN, useBellows } from "../support/cli.ts";
import { bundledParameters } from "../support/training.ts";

const bellows = useBellows();
const { vocabulary } = createTask("chain-arithmetic");

async function trainRows(folder: string): Promise<Record<string, unknown>[]> {
  const { buffer, byteOffset, length } = bellows.read(`${folder}/train.parquet`);
  return parquetReadObjects({ file: buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer });
}

beforeAll(async () => {
  const settings = ["--set=train.samplesEvery=1", "--set=schedule.cycle=4", "--seed=5"];
  await bellows.succeed("train", ...TINY_RUN, ...settings, "--steps=3", "--no-preflight", "--out=run");
});

describe("export", () => {
  test.each(["trl", "verl"])(
    "to %s has the very prompts that the run answered, under its caps",
    async (to) => {
      const text = await bellows.succeed("export", "run", `--to=${to}`);
      expect(text).toMatch(new RegExp(`^run-${to}: 3 steps for (TRL|verl) [\\d.]+, 12 problems of training`));
      expect(text).toContain("Not the same there:\n- ");
      const answered = bellows
        .records("run/samples.jsonl")
        .filter(({ sample }) => sample === 0)
        .map(({ step, level, cap, prompt, answer }) => ({ step, level, cap, prompt, answer }));
      const rows = (await trainRows(`run-${to}`)).map((row) => {
        const flat =
          to === "trl"
            ? row
            : {
                ...(row.extra_info as object),
                answer: (row.reward_model as { ground_truth: string }).ground_truth,
              };
        const { step, level, cap, prompt, answer } = flat as Record<string, unknown>;
        return { step, level, cap, prompt: vocabulary.format(vocabulary.encode(prompt as string)), answer };
      });
      expect(rows).toEqual(answered);
      const { parameters } = await loadCheckpoint(new NodeStorage(bellows.folder), `run-${to}/model`);
      const start = await bundledParameters();
      expect(Buffer.from(parameters.buffer).equals(Buffer.from(start.buffer))).toBe(true);
    },
  );

  test("needs no run: settings make one", async () => {
    await bellows.succeed("export", "--to=trl", "--steps=2", "--set=rl.groupSize=4", "--out=fresh");
    expect(await trainRows("fresh")).toHaveLength(32);
    expect(JSON.parse(bellows.read("fresh/settings.json").toString()).trl.num_generations).toBe(4);
  });

  test("changes single settings of a run", async () => {
    await bellows.succeed(
      "export",
      "run",
      "--to=trl",
      "--steps=5",
      "--set=rl.advantageStd=sample",
      "--out=longer",
    );
    expect(await trainRows("longer")).toHaveLength(20);
  });
});

test.each([
  ["no trainer", ["export", "run"], "--to is missing; it must be one of trl, verl"],
  ["an unknown trainer", ["export", "run", "--to=openrlhf"], "--to is openrlhf; it must be one of trl, verl"],
  ["no such run", ["export", "nowhere", "--to=trl"], "there is no run nowhere"],
  ["a folder that is there", ["export", "run", "--to=trl", "--out=run"], "there is something at run already"],
  ["a preset beside a run", ["export", "run", "--to=trl", "--preset=smoke"], "--preset cannot go with a run"],
  [
    "a setting without counterpart",
    ["export", "--to=verl", "--set=rl.overlong=mask", "--out=x"],
    "rl.overlong is mask",
  ],
  ["a method of its own", ["export", "--to=trl", "--recipe=spin", "--out=x"], "method.name is spin"],
])("%s is refused, and nothing is left behind", async (_, args, message) => {
  const { status, stdout, stderr } = await bellows.run(args);
  expect(status).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toContain(`bellows: ${message}`);
  expect(existsSync(fileURLToPath(new URL("x", `file://${bellows.folder}/`)))).toBe(false);
});
