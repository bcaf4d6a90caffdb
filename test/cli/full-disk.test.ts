import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { listCheckpoints } from "../../src/io/run-folder.ts";
import { TINY_RUN, useBellows, withoutTimes } from "../support/cli.ts";

const bellows = useBellows();
const disk = join(bellows.folder, "disk");
mkdirSync(disk);

function mount(options: string): boolean {
  return spawnSync("mount", ["-t", "tmpfs", "-o", options, "none", disk]).status === 0;
}

// A small file system of its own where this user may mount one.
const isMounted = process.platform === "linux" && process.getuid?.() === 0 && mount("size=256k");
afterAll(() => {
  if (isMounted) spawnSync("umount", ["--lazy", disk]);
});

/** Gives the disk this much room, in KiB: what to add to the environment of the program that writes there. */
function withRoom(kibibytes: number): NodeJS.ProcessEnv {
  if (isMounted) {
    expect(mount(`remount,size=${kibibytes}k`)).toBe(true);
    return {};
  }
  const preload = new URL("../support/full-disk.mjs", import.meta.url);
  return { NODE_OPTIONS: `--import=${preload}`, BELLOWS_TEST_ROOM: String(kibibytes * 1024) };
}

const KIND = isMounted ? "a tmpfs" : "ENOSPC injected into writes";

test(`of a model that does not fit on the disk nothing is there in part (${KIND})`, async () => {
  const flags = ["--preset=smoke", "--steps=1", "--set=sft.batchSize=1", "--set=eval.problemsPerLevel=1"];
  const { status, stderr } = await bellows.run(["sft", ...flags, "--out=disk/model"], withRoom(256));
  expect(status).toBe(1);
  const place = join(disk, "model/checkpoints/000001");
  expect(stderr).toContain(`bellows: cannot write ${place}: the disk is full (ENOSPC)`);
  expect(stderr).not.toMatch(/^ +at /m);
  expect(readdirSync(join(disk, "model/checkpoints"))).toEqual([]);
});

test(`a run whose disk fills up keeps what it has and goes on once there is room (${KIND})`, async () => {
  const run = ["train", ...TINY_RUN, "--no-preflight", "--steps=6"];
  const logs = ["--set=train.checkpointEvery=2", "--set=train.samplesEvery=1"];
  const whole = bellows.succeed(...run, ...logs, "--out=whole");

  // A checkpoint takes 1.2 MiB: the second finds no room.
  const { status, stderr } = await bellows.run([...run, ...logs, "--out=disk/run"], withRoom(2048));
  expect(status).toBe(1);
  const place = join(disk, "run/checkpoints/000004");
  expect(stderr).toContain(
    `bellows: cannot write ${place}: the disk is full (ENOSPC)\nNothing stored before is lost.`,
  );
  expect(stderr).not.toMatch(/^ +at /m);
  expect(await listCheckpoints(new NodeStorage(disk), "run")).toEqual(["000002"]);
  expect(readdirSync(join(disk, "run/checkpoints"))).toEqual(["000002", "latest"]);
  const types = bellows.records("disk/run/metrics.jsonl").map(({ type }) => type);
  expect(types).toEqual(["eval", "step", "step", "step", "step"]);
  expect(bellows.records("disk/run/samples.jsonl")).toHaveLength(4 * 16);

  await whole;
  const resumed = await bellows.run(["train", "--resume=disk/run"], withRoom(16 * 1024));
  expect(resumed.status, resumed.stderr).toBe(0);
  for (const file of [
    "samples.jsonl",
    "checkpoints/final/model.safetensors",
    "checkpoints/final/optimizer.safetensors",
  ]) {
    expect(bellows.read(`disk/run/${file}`).equals(bellows.read(`whole/${file}`)), file).toBe(true);
  }
  const metrics = (name: string) => bellows.records(`${name}/metrics.jsonl`).map(withoutTimes);
  expect(metrics("disk/run")).toEqual(metrics("whole"));
});
