/** `--log` with the loggers themselves. Needs a `python3` with trackio, tensorboard and wandb on the PATH. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { TINY_RUN, useBellows } from "../support/cli.ts";

const bellows = useBellows();
const METRIC = "completions/mean_length";

/** A metric by step, as a logger has stored it for a run. */
function stored(log: string, run: string): unknown {
  const script = fileURLToPath(new URL("read-log.py", import.meta.url));
  const { status, stdout, stderr } = spawnSync("python3", [script, log, run, METRIC], {
    cwd: bellows.folder,
    env: { ...process.env, TRACKIO_DIR: `${bellows.folder}/trackio` },
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

test.each(["trackio", "tensorboard", "wandb-offline"])("%s has each step under its name", async (log) => {
  const out = `run-${log}`;
  const env = { TRACKIO_DIR: `${bellows.folder}/trackio` };
  const flags = ["train", ...TINY_RUN, "--steps=3", `--out=${out}`, `--log=${log}`];
  const { status, stderr } = await bellows.run(flags, env);
  expect(status, stderr).toBe(0);
  const steps = bellows.records(`${out}/metrics.jsonl`).filter(({ type }) => type === "step");
  expect(steps).toHaveLength(3);
  expect(stored(log, out)).toEqual(steps.map((line) => [line.step, line[METRIC]]));
});
