import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { version } from "../../package.json";
import { capAt, SCHEDULE_KINDS } from "../../src/rl/length-schedule.ts";
import { composeConfig } from "../../src/train/settings.ts";
import { jsonLines, TINY_RUN, useBellows } from "../support/cli.ts";

const bellows = useBellows();
const MATRIX = fileURLToPath(new URL("../../docs/results/matrix.json", import.meta.url));

const CONFIG_FLAGS = ["--preset", "--config", "--set", "--seed"];
const FLAGS = {
  train: [...CONFIG_FLAGS, "--steps", "--out", "--resume", "--no-preflight", "--variants", "--json"],
  sft: [...CONFIG_FLAGS, "--steps", "--out", "--resume", "--variants", "--json"],
  eval: [...CONFIG_FLAGS, "--variants", "--json"],
  sample: [...CONFIG_FLAGS, "--count", "--samples", "--level", "--temperature", "--prompt", "--json"],
  compare: ["--out", "--resume", "--jobs", "--cell", "--json"],
  export: [...CONFIG_FLAGS, "--steps", "--to", "--out"],
  schedule: [...CONFIG_FLAGS, "--steps", "--json"],
  doctor: ["--json"],
};

describe("help", () => {
  test.each(Object.entries(FLAGS))("of %s names its flags", async (command, flags) => {
    const lines = (await bellows.succeed(command, "--help")).split("\n");
    for (const flag of flags)
      expect(
        lines.filter((line) => line.startsWith(`  ${flag} `)),
        flag,
      ).toHaveLength(1);
  });

  test("says how each host starts the program, as the README does", async () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const help = await bellows.succeed("--help");
    for (const call of ["npx bellows", "deno run -A dist/bellows.js", "npm run dev"]) {
      expect(help).toContain(`  ${call}`);
      expect(readme).toContain(call);
    }
    expect(await bellows.succeed("train", "--help")).not.toContain("default: true");
  });

  test("of the program names its commands, with and without --help", async () => {
    const help = await bellows.succeed("--help");
    for (const command of Object.keys(FLAGS))
      expect(help).toMatch(new RegExp(`^  ${command}\\b.* {2}\\w`, "m"));
    expect(await bellows.succeed()).toBe(help);
    expect(await bellows.succeed("--version")).toContain(version);
  });
});

/** What is wrong with the command line itself: one line says so, and one at most says what would be right. */
describe("a command line that makes no sense", () => {
  test.each([
    ["an unknown command", ["frob"], "there is no command frob"],
    ["flags without a command", ["--steps=3"], "a command is missing"],
    ["an unknown flag", ["train", "--frob"], "Unknown option `--frob`"],
    ["a missing value", ["train", "--seed"], "`--seed <number>` value is missing"],
    ["one word too many", ["schedule", "often"], "Unused args: `often`"],
    ["a flag given twice", ["schedule", "--seed=1", "--seed=2"], "--seed is given 2 times"],
    ["a count that is none", ["sample", "--count=0"], "--count is 0; it must be a whole number from 1"],
    ["a level that is none", ["sample", "--level=9"], "--level is 9; it must be a whole number from 1 to 4"],
    ["a temperature below 0", ["sample", "--temperature=-1"], "eval.temperature is -1; it must be"],
    ["a word that the task does not know", ["sample", "--prompt=a b zzz"], '"zzz"'],
    ["a comparison of nothing", ["compare"], "a matrix is missing"],
    ["a comparison that is not there", ["compare", "--resume=nowhere"], "there is no comparison nowhere"],
    ["a matrix beside a comparison", ["compare", "m.json", "--resume=c"], "a matrix cannot go with --resume"],
    ["a cell of no comparison", ["compare", MATRIX, "--cell=x"], "--cell needs --resume"],
    [
      "a number of jobs that is none",
      ["compare", "--jobs=0"],
      "--jobs is 0; it must be a whole number from 1",
    ],
    ["an unknown kernel variant", ["eval", "--variants=matmul=magic"], "magic"],
  ])("%s", async (_, args, message) => {
    const { status, stdout, stderr } = await bellows.run(args);
    expect(status).toBe(1);
    expect(stdout).toBe("");
    const lines = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("Warning: max"));
    expect(lines[0]).toMatch(/^bellows: /);
    expect(lines[0]).toContain(message);
    expect(lines.length, stderr).toBeLessThanOrEqual(2);
  });
});

describe("schedule", () => {
  test.each(SCHEDULE_KINDS)("--json prints L(t) of %s", async (kind) => {
    const settings = [`schedule.kind=${kind}`, "schedule.cycle=10"];
    if (kind === "staged") settings.push('schedule.stages=[{"step":0,"cap":40},{"step":3,"cap":60}]');
    const { schedule } = composeConfig({ settings });
    const flags = settings.map((setting) => `--set=${setting}`);
    const caps = JSON.parse(await bellows.succeed("schedule", "--steps=25", "--json", ...flags));
    expect(caps).toEqual(Array.from({ length: 25 }, (_, step) => capAt(schedule, step)));
  });

  test("draws it, and lists every change of phase or tread", async () => {
    const text = await bellows.succeed(
      "schedule",
      "--steps=40",
      "--set=schedule.kind=staircase",
      "--set=schedule.cycle=10",
    );
    expect(text).toMatch(/^staircase: 40 steps, budget 40 to 80 tokens, mean 55\.0\n/);
    expect(text).toMatch(/^ {3}80 ┤█{10} +$/m);
    expect(text).toMatch(/^ {3}40 ┤█{40}$/m);
    const rows = text.slice(text.indexOf("step  cap  phase")).trimEnd().split("\n").slice(1);
    expect(rows.map((row) => row.trim().split(/ +/))).toEqual([
      ["0", "80", "hold"],
      ["10", "60", "compress"],
      ["20", "40", "compress"],
    ]);
  });

  test("draws the longest run that there may be", async () => {
    const text = await bellows.succeed("schedule", "--steps=1000000", "--set=schedule.cycle=1000000");
    expect(text).toMatch(/^stair-cosine: 1000000 steps, budget 40 to 80 tokens, mean 60\.0\n/);
  });

  test("ends quietly where nobody reads it", async () => {
    const running = bellows.start(["schedule", "--json", "--set=rl.steps=1000000"]);
    running.process.stdout?.destroy();
    const { status, stderr } = await running.ended;
    expect({ status, stderr }).toEqual({ status: 141, stderr: "" });
  });
});

describe("doctor", () => {
  test("names the adapter, as text and as JSON", async () => {
    const { adapter, versions } = JSON.parse(await bellows.succeed("doctor", "--json"));
    expect(versions.bellows).toBe(version);
    const text = await bellows.succeed("doctor");
    expect(text).toContain(version);
    expect(text).toContain(adapter.device || adapter.description);
  });
});

describe("a checkpoint", () => {
  const SHAPE = ["schedule.lmax=72", "schedule.lmin=32"].map((setting) => `--set=${setting}`);
  beforeAll(async () => {
    await bellows.succeed("train", ...TINY_RUN, ...SHAPE, "--steps=1", "--no-preflight", "--out=run");
  });

  test("is evaluated under the config of the run that it lies in", async () => {
    const logged = bellows.records("run/metrics.jsonl").at(-1)!;
    for (const name of ["run", "run/checkpoints/000001", "run/checkpoints/final"]) {
      const [record] = jsonLines(await bellows.succeed("eval", name, "--json"));
      expect(record!["eval/acc"], name).toBe(logged["eval/acc"]);
      expect(record!["eval/mean_length"], name).toBe(logged["eval/mean_length"]);
      expect(record!.levels, name).toEqual(logged.levels);
    }
    const [other] = jsonLines(await bellows.succeed("eval", "run", "--json", "--set=schedule.lmax=40"));
    expect(other!["eval/mean_length"]).toBeLessThanOrEqual(40);
  });

  test("is evaluated as a table too", async () => {
    const text = await bellows.succeed("eval", "run");
    expect(text).toMatch(/^run: 2 problems a level, 1 responses? each, T = 0\.6, at most 72 tokens$/m);
    expect(text).toMatch(/^level +stands for +right +± +length +cut$/m);
    expect(text).toMatch(/^all +[01]\.\d{3} /m);
  });

  test("is sampled: the same traces as text and as JSON, the same each time", async () => {
    const flags = ["run", "--count=3", "--samples=2", "--level=2"];
    const records = jsonLines(await bellows.succeed("sample", ...flags, "--json"));
    expect(records).toHaveLength(6);
    const text = await bellows.succeed("sample", ...flags);
    for (const { prompt, response, length, correct, truncated } of records) {
      expect(length).toBeLessThanOrEqual(72);
      expect(text).toContain(`\n${prompt}  right: `.slice(1));
      const mark = correct ? "✓" : "✗";
      const end = truncated ? " … cut" : "";
      expect(text).toContain(`  ${mark} ${String(length).padStart(3)}  ${response}${end}\n`);
    }
  });

  test("is sampled on one's own prompt, greedily: all responses are the same, and none is judged", async () => {
    const flags = ["--prompt", "4 8 a * 8 b - 4 >", "--samples=3", "--temperature=0", "--json"];
    const records = jsonLines(await bellows.succeed("sample", "run", ...flags));
    expect(records).toHaveLength(3);
    expect(new Set(records.map(({ response }) => response)).size).toBe(1);
    expect(records[0]).not.toHaveProperty("correct");
  });
});
