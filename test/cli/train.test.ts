import { beforeAll, describe, expect, test } from "vitest";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { loadCheckpoint } from "../../src/io/checkpoint.ts";
import { listCheckpoints } from "../../src/io/run-folder.ts";
import { capAt } from "../../src/rl/length-schedule.ts";
import { parseConfig } from "../../src/train/config.ts";
import { jsonLines, TINY_RUN, useBellows } from "../support/cli.ts";

const bellows = useBellows();
const storage = new NodeStorage(bellows.folder);
const STEPS = 4;

/** Number of records of a log with this value. */
function count(records: readonly Record<string, unknown>[], field: string, value: unknown): number {
  return records.filter((record) => record[field] === value).length;
}

describe("a run", () => {
  let text = "";
  beforeAll(async () => {
    const flags = ["--steps=4", "--seed=7", "--set=train.samplesEvery=2", "--set=train.checkpointEvery=3"];
    // A new path of which nothing is there yet.
    text = await bellows.succeed("train", ...TINY_RUN, ...flags, "--out", "new/folder/tiny");
  });

  test("stores the config that it was given", () => {
    const config = parseConfig(JSON.parse(bellows.read("new/folder/tiny/config.json").toString()));
    expect(config.seed).toBe(7);
    expect(config.rl).toMatchObject({ steps: STEPS, promptsPerStep: 4, groupSize: 4 });
  });

  test("logs every step, and an evaluation before the first and after the last", () => {
    const { schedule } = parseConfig(JSON.parse(bellows.read("new/folder/tiny/config.json").toString()));
    const records = bellows.records("new/folder/tiny/metrics.jsonl");
    expect(records.map(({ type, step }) => [type, step])).toEqual([
      ["eval", 0],
      ...[0, 1, 2, 3].map((step) => ["step", step]),
      ["eval", STEPS],
    ]);
    for (const record of records.filter(({ type }) => type === "step")) {
      expect(record.cap).toBe(capAt(schedule, record.step as number));
      for (const name of ["reward", "entropy", "tokens_per_s", "completions/mean_length"]) {
        expect(record[name], name).toEqual(expect.any(Number));
      }
      const teachesNothing = record.frac_reward_zero_std === 1;
      expect(record.loss, "loss").toEqual(teachesNothing ? null : expect.any(Number));
    }
  });

  test("logs every rollout of every second step, and the metrics say the same", () => {
    const samples = bellows.records("new/folder/tiny/samples.jsonl");
    const steps = bellows.records("new/folder/tiny/metrics.jsonl").filter(({ type }) => type === "step");
    expect(samples).toHaveLength(2 * 16);
    for (const step of [0, 2]) {
      const record = steps[step]!;
      const own = samples.filter((sample) => sample.step === step);
      expect(own).toHaveLength(16);
      const mean = (field: string) =>
        own.reduce((sum, sample) => sum + Number(sample[field]), 0) / own.length;
      expect(record["completions/mean_length"]).toBeCloseTo(mean("length"), 10);
      expect(record.acc).toBeCloseTo(mean("correct"), 10);
      expect(record["critic/score/mean"]).toBeCloseTo(mean("reward"), 10);
      expect(record["adv/mean"]).toBeCloseTo(mean("advantage"), 10);
      expect(record["completions/clipped_ratio"]).toBeCloseTo(mean("truncated"), 10);
      expect(count(own, "cap", record.cap)).toBe(16);
      for (const sample of own) expect(sample.tokens).toHaveLength(sample.length as number);
    }
  });

  test("saves checkpoints that open, with all that it takes to go on", async () => {
    expect(await listCheckpoints(storage, "new/folder/tiny")).toEqual(["000003", "000004", "final"]);
    expect(bellows.read("new/folder/tiny/checkpoints/latest").toString()).toBe("000004\n");
    for (const [name, step] of [
      ["000003", 3],
      ["000004", 4],
      ["final", 4],
    ] as const) {
      const checkpoint = await loadCheckpoint(storage, `new/folder/tiny/checkpoints/${name}`);
      expect(checkpoint.trainer?.state).toMatchObject({ step });
      expect(checkpoint.optimizer?.secondMoment.some((moment) => moment > 0)).toBe(true);
      expect(checkpoint.parameters.every(Number.isFinite)).toBe(true);
    }
  });

  test("ends with a report that names it", () => {
    const html = bellows.read("new/folder/tiny/report.html").toString();
    expect(html).toMatch(/^<!doctype html>/i);
    expect(html).toMatch(/<title>[^<]*\btiny\b/);
    expect(bellows.read("new/folder/tiny/figure.svg").toString()).toMatch(/^<svg\b/);
  });

  test("prints plain lines where there is no terminal: every step, and how to go on", () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape code is what must not be there
    expect(text).not.toMatch(/[\x1b\r]/);
    const lines = text.split("\n").filter((line) => / tokens\/s /.test(line));
    expect(lines).toHaveLength(STEPS);
    for (const [index, line] of lines.entries()) {
      expect(line).toMatch(
        new RegExp(
          `^${index + 1}/4 [█░]{16}  (hold|compress|expand) +L \\d+  length [\\d.]+  right \\d+ %  ` +
            `entropy \\d\\.\\d{3}  \\d+ tokens/s  (\\?|\\d+:\\d\\d) left$`,
        ),
      );
    }
    expect(text).toContain("new/folder/tiny/report.html");
    expect(text).toContain("npx bellows train --resume new/folder/tiny --steps 8");
  });

  test("with --json prints JSON lines alone, those of the log among them; without --out it goes below runs/", async () => {
    const flags = ["--steps=2", "--json", "--set=train.samplesEvery=0", "--set=train.checkpointEvery=0"];
    const records = jsonLines(await bellows.succeed("train", ...TINY_RUN, ...flags));
    const logged = bellows.records("runs/chain-arithmetic-stair-cosine-seed0/metrics.jsonl");
    expect(logged).toHaveLength(4);
    expect(records.filter(({ type }) => type === "step" || type === "eval")).toEqual(logged);
    expect(records.map(({ type }) => type)).toContain("preflight");
    expect(await storage.exists("runs/chain-arithmetic-stair-cosine-seed0/samples.jsonl")).toBe(false);
  });
});
