import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { jsonLines, useBellows, withoutTimes } from "../support/cli.ts";
import { writeMatrix as writeMatrixIn } from "../support/matrix.ts";

const bellows = useBellows();

const writeMatrix = (name: string, changes: object = {}) => writeMatrixIn(bellows.folder, name, changes);

/** Every file of a folder, by its path: its bytes, or what is left of them without times. */
function traceOf(folder: string): Record<string, unknown> {
  const files = readdirSync(join(bellows.folder, folder), { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  return Object.fromEntries(
    paths.sort().map((path) => [path.slice(join(bellows.folder, folder).length), read(path)]),
  );

  function read(path: string): unknown {
    const name = path.slice(bellows.folder.length + 1);
    if (/(times\.json|report\.(html|md))$/.test(name)) return "has times";
    if (name.endsWith("metrics.jsonl")) return bellows.records(name).map(withoutTimes);
    if (name.endsWith("trainer.json")) return JSON.parse(bellows.read(name).toString()).state;
    return bellows.read(name).toString("base64");
  }
}

const rowsOf = (folder: string) => bellows.records(join(folder, "rows.jsonl"));

describe("a comparison", () => {
  beforeAll(async () => {
    writeMatrix("smoke.json");
    const records = jsonLines(await bellows.succeed("compare", "smoke.json", "--out=whole", "--json"));
    expect(records[0]).toMatchObject({ type: "comparison", cells: 5, finished: 0 });
    expect(records.at(-1)).toMatchObject({ type: "end", stopped: false, failed: [] });
  });

  test("leaves rows, curves and a run for each cell, in the order of the matrix", () => {
    const cells = ["siri-cosine-s0", "rejection-sft-s0", "siri-cosine-s1", "rejection-sft-s1"];
    expect(bellows.records("whole/curves.jsonl").map(({ cell }) => cell)).toEqual(cells);
    const rows = rowsOf("whole");
    expect(new Set(rows.map(({ cell }) => cell))).toEqual(new Set(["base-pre-rl", ...cells]));
    expect(rows[0]).toMatchObject({ cell: "base-pre-rl", checkpoint: "base", step: 0, tokens: 0 });
    for (const { cell, checkpoint, step, base, tokens } of rows.slice(1)) {
      expect(base).toBe("base-pre-rl");
      if (checkpoint !== "final")
        expect(Number(step) % 4, `${cell} ${checkpoint}`).toBe(checkpoint === "low" ? 2 : 0);
      expect(tokens).toBeGreaterThan(0);
    }
    for (const { steps } of bellows.records("whole/curves.jsonl") as { steps: { tokens: number[] } }[]) {
      expect(steps.tokens.at(-1)).toBeGreaterThanOrEqual(5000);
      expect(steps.tokens.at(-2)).toBeLessThan(5000);
    }
    const times = JSON.parse(bellows.read("whole/times.json").toString());
    expect(Object.keys(times.cells)).toEqual(["base-pre-rl", ...cells]);
    expect(bellows.read("whole/report.md").toString()).toContain("siri-cosine");
  });

  test("stopped, then killed at any moment, then run again, leaves the same folder", async () => {
    const again = ["compare", "smoke.json", "--out=disturbed", "--jobs=2"];
    // As if it had been killed already while it wrote its first file.
    mkdirSync(join(bellows.folder, "disturbed"));
    writeFileSync(join(bellows.folder, "disturbed/matrix.json.bellows-partial"), "{");
    const stopped = bellows.start([...again, "--json"]);
    await stopped.printed(/"type":"step"/);
    stopped.process.kill("SIGINT");
    expect((await stopped.ended).status).toBe(130);

    const killed = bellows.start(["compare", "--resume=disturbed", "--json"]);
    await killed.printed(/"type":"(step|row)"/);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 3000));
    killed.process.kill("SIGKILL"); // the cell at work notices that its parent is gone
    await killed.ended;

    await bellows.succeed(...again);
    expect(traceOf("disturbed")).toEqual(traceOf("whole"));
  });

  test("that is done runs nothing, and reports again", async () => {
    const before = traceOf("whole");
    const times = bellows.read("whole/times.json").toString();
    const records = jsonLines(await bellows.succeed("compare", "--resume=whole", "--json"));
    expect(records.map(({ type }) => type)).toEqual(["comparison", "end"]);
    expect(traceOf("whole")).toEqual(before);
    expect(bellows.read("whole/times.json").toString()).toBe(times);
  });

  test("is not mixed with another matrix, nor with anything else", async () => {
    writeMatrix("other.json", { budget: { tokens: 6000 } });
    const { status, stderr } = await bellows.run(["compare", "other.json", "--out=whole"]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^bellows: .*whole compares another matrix: budget differs\n.*--resume/);
    const elsewhere = await bellows.run(["compare", "smoke.json", "--out=whole/cells"]);
    expect(elsewhere.status).toBe(1);
    expect(elsewhere.stderr).toContain("there is something at whole/cells already");
  });
});

test("Ctrl-C in a terminal, which goes to the cells as well, saves their steps and says how to go on", async () => {
  writeMatrix("smoke.json");
  const running = bellows.start(["compare", "smoke.json", "--out=stopped", "--json"]);
  await running.printed(/"type":"step"/);
  process.kill(-running.process.pid!, "SIGINT");
  const { status, stdout, stderr } = await running.ended;
  expect(status, stderr).toBe(130);
  expect(jsonLines(stdout).at(-1)).toMatchObject({ type: "end", stopped: true });
  const run = "stopped/cells/siri-cosine-s0/run";
  const steps = bellows.records(join(run, "metrics.jsonl")).filter(({ type }) => type === "step");
  expect(Number(bellows.read(join(run, "checkpoints/latest")).toString())).toBe(steps.length);
});

test("a cell that crashes is tried three times, then reported, and the others go on", async () => {
  const broken = { recipe: "grpo", seeds: [0], set: { init: "nowhere" } };
  writeMatrix("broken.json", { entries: [broken, { recipe: "budget-forcing", seeds: [0] }] });
  const { status, stdout } = await bellows.run(["compare", "broken.json", "--json"]);
  expect(status).toBe(1);
  const records = jsonLines(stdout);
  const tried = records.filter(({ type, cell }) => type === "retry" && cell === "grpo-s0");
  expect(tried.map(({ attempt }) => attempt)).toEqual([1, 2]);
  const error = "there is no checkpoint nowhere";
  expect(records.at(-1)).toMatchObject({
    type: "end",
    failed: [
      { cell: "base-nowhere", error },
      { cell: "grpo-s0", error },
    ],
  });
  const rows = rowsOf("comparisons/smoke");
  expect(rows.map(({ cell }) => cell)).toEqual(expect.arrayContaining(["base-pre-rl", "budget-forcing-s0"]));
  expect(bellows.read("comparisons/smoke/report.md").toString()).toContain(error);
});

test("a run whose budget is time ends when it is spent", async () => {
  writeMatrix("timed.json", { budget: { seconds: 1 }, entries: [{ recipe: "grpo", seeds: [0] }] });
  const text = await bellows.succeed("compare", "timed.json", "--out=timed");
  expect(text).toMatch(/^grpo-s0 done .* 2\/2 cells/m);
  const steps = bellows
    .records("timed/cells/grpo-s0/run/metrics.jsonl")
    .filter(({ type }) => type === "step");
  const seconds = steps.map((step) => Number(step["time/gen"]) + Number(step["time/update"]));
  const total = seconds.reduce((sum, one) => sum + one, 0);
  expect(total).toBeGreaterThanOrEqual(1);
  expect(total - seconds.at(-1)!).toBeLessThan(1);
  expect(rowsOf("timed").at(-1)).toMatchObject({ cell: "grpo-s0", checkpoint: "final", step: steps.length });
});
