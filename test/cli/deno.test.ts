import { cpSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { DENO, jsonLines, TINY_RUN, useBellows, withoutTimes } from "../support/cli.ts";

// The same bundle under Deno, whose WebGPU is wgpu (shaders by naga) instead of Dawn (tint).
const [node, deno] = [useBellows(), useBellows(DENO)];
const RUN = ["train", ...TINY_RUN, "--no-preflight", "--steps=3", "--set=train.samplesEvery=1"];

/**
 * How far a metric under Deno may be from the one under Node, as part of its size or of 1. On Mesa's lavapipe they have the
 * same bits; a driver that is given other instructions by naga than by tint may fuse a product and a sum elsewhere, which is
 * 6e-8 a rounding and grows over three steps of Adam.
 */
const TOLERANCE = 1e-4;

/** Fails where two values differ in shape, in text, or by more than the tolerance in a number. */
function expectNear(name: string, actual: unknown, expected: unknown): void {
  if (typeof expected === "number") {
    const allowed = TOLERANCE * Math.max(1, Math.abs(expected));
    expect(Math.abs((actual as number) - expected), `${name}: ${actual} for ${expected}`).toBeLessThanOrEqual(
      allowed,
    );
  } else if (typeof expected === "object" && expected !== null) {
    expect(Object.keys(actual as object), name).toEqual(Object.keys(expected));
    for (const [key, value] of Object.entries(expected)) {
      expectNear(`${name}.${key}`, (actual as Record<string, unknown>)[key], value);
    }
  } else expect(actual, name).toEqual(expected);
}

describe("a run under Deno", () => {
  beforeAll(async () => {
    await node.succeed(...RUN, "--out=run");
    await deno.succeed(...RUN, "--out=run");
  });

  test("has the same config, schedule and problems as under Node", () => {
    expect(deno.read("run/config.json")).toEqual(node.read("run/config.json"));
    const plan = (records: Record<string, unknown>[]) =>
      records.map(({ type, step, cap, phase, cycle }) => ({ type, step, cap, phase, cycle }));
    expect(plan(deno.records("run/metrics.jsonl"))).toEqual(plan(node.records("run/metrics.jsonl")));
    const problems = (records: Record<string, unknown>[]) =>
      records.map(({ step, group, sample, prompt, answer }) => ({ step, group, sample, prompt, answer }));
    const drawn = problems(deno.records("run/samples.jsonl"));
    expect(drawn).toHaveLength(3 * 16);
    expect(drawn).toEqual(problems(node.records("run/samples.jsonl")));
  });

  test("samples the same responses and has the same metrics, within the tolerance", () => {
    for (const log of ["samples", "metrics"]) {
      const [actual, expected] = [deno, node].map((program) =>
        program.records(`run/${log}.jsonl`).map(withoutTimes),
      );
      expectNear(log, actual, expected);
    }
  });

  test("goes on under Node, and one of Node's under Deno", async () => {
    cpSync(join(node.folder, "run"), join(deno.folder, "from-node"), { recursive: true });
    cpSync(join(deno.folder, "run"), join(node.folder, "from-deno"), { recursive: true });
    await deno.succeed("train", "--resume=from-node", "--steps=4");
    await node.succeed("train", "--resume=from-deno", "--steps=4");
    const [actual, expected] = [
      deno.records("from-node/metrics.jsonl"),
      node.records("from-deno/metrics.jsonl"),
    ];
    expect(actual.at(-1)).toMatchObject({ type: "eval", step: 4 });
    expectNear("metrics", actual.map(withoutTimes), expected.map(withoutTimes));
  });

  test("saves its step after SIGINT", async () => {
    const args = [
      "train",
      ...TINY_RUN,
      "--no-preflight",
      "--steps=100",
      "--set=eval.every=0",
      "--out=stopped",
    ];
    const running = deno.start(args);
    await running.printed(/^ *\d+\/100 /m);
    running.process.kill("SIGINT");
    const { status, stdout, stderr } = await running.ended;
    expect(status, stderr).toBe(130);
    expect(stdout).toMatch(/^go on: +deno run -A \S*dist\/bellows\.js train --resume stopped /m);
    const steps = deno.records("stopped/metrics.jsonl").filter(({ type }) => type === "step").length;
    expect(Number(deno.read("stopped/checkpoints/latest").toString())).toBe(steps);
  });
});

test.each([
  ["eval", "--set=eval.problemsPerLevel=2", "--json"],
  ["sample", "--count=2", "--samples=2", "--json"],
  ["sample", "--temperature=0", "--prompt=4 8 a * 8 b - 4 >", "--json"],
])("%s %s %s gives what it gives under Node", async (...args) => {
  const [actual, expected] = [await deno.succeed(...args), await node.succeed(...args)];
  expectNear(args[0]!, jsonLines(actual).map(withoutTimes), jsonLines(expected).map(withoutTimes));
});

test("--help says what it says under Node", async () => {
  expect(await deno.succeed("--help")).toBe(await node.succeed("--help"));
});

test("doctor tells of Deno and its adapter", async () => {
  const report = JSON.parse(await deno.succeed("doctor", "--json"));
  expect(report.versions).toMatchObject({
    host: expect.stringMatching(/^Deno \d+\.\d+\.\d+$/),
    webgpu: "wgpu of Deno",
  });
  expect(report.adapter.description).not.toBe("");
});

test("bad input ends with status 1 and a line that says what is wrong", async () => {
  const { status, stderr } = await deno.run(["train", "--set=rl.groupSize=0"]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^bellows: rl\.groupSize/);
});
