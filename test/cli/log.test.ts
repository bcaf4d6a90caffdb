/** `--log` against programs that stand in for Python; test/parity/log.test.ts has the loggers themselves. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { jsonLines, TINY_RUN, useBellows } from "../support/cli.ts";
import { fakePython, missingModule } from "../support/python.ts";

const bellows = useBellows();
const python = (name: string, script: string) => fakePython(join(bellows.folder, name), script);
const run = (out: string, log: string) => [
  "train",
  ...TINY_RUN,
  "--steps=3",
  "--json",
  `--out=${out}`,
  `--log=${log}`,
];

test("hands a logger the run, then every line of its log", async () => {
  const env = python("hears", `echo ready; cat > "${bellows.folder}/heard.jsonl"`);
  const { status, stderr } = await bellows.run(run("logged", "tensorboard"), env);
  expect(status, stderr).toBe(0);
  expect(stderr).toContain("bellows: metrics go to tensorboard too: tensorboard --logdir logged\n");
  const [first, ...lines] = bellows.records("heard.jsonl");
  expect(first).toMatchObject({
    folder: join(bellows.folder, "logged"),
    name: "logged",
    resumed: false,
    config: { seed: 0, rl: { steps: 3 } },
  });
  expect(lines).toEqual(bellows.records("logged/metrics.jsonl"));
  expect(lines).not.toHaveLength(0);
});

test("a logger that dies is told in a line, and changes nothing of the run", async () => {
  const env = python("dies", `echo ready; head -n 2 > /dev/null; echo "OSError: no room" >&2; exit 1`);
  const { status, stdout, stderr } = await bellows.run(run("alone", "trackio"), env);
  expect(status, stderr).toBe(0);
  expect(stderr).toContain(
    "bellows: trackio is gone: OSError: no room; metrics.jsonl has all, the run goes on",
  );
  expect(jsonLines(stdout).at(-1)).toMatchObject({ type: "end" });
  const steps = bellows.records("alone/metrics.jsonl").filter(({ type }) => type === "step");
  expect(steps).toHaveLength(3);
});

test.each([
  [
    "wandb-offline",
    python("bare", missingModule("wandb")),
    /--log wandb-offline cannot start: ModuleNotFoundError: No module named 'wandb'\n.*pip install wandb/,
  ],
  ["trackio", { PATH: "/nonexistent" }, /--log trackio cannot start: there is no python3 on the PATH\n/],
  ["mlflow", {}, /--log is mlflow; it must be one of trackio, tensorboard, wandb-offline\n/],
])("a logger that cannot start is told before anything is done: %s", async (log, env, message) => {
  const { status, stderr } = await bellows.run(run("nothing", log), env);
  expect(status).toBe(1);
  expect(stderr).toMatch(message);
  expect(existsSync(join(bellows.folder, "nothing"))).toBe(false);
});
