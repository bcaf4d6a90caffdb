import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { NO_ADAPTER, TINY_RUN, useBellows } from "../support/cli.ts";

const bellows = useBellows();
const at = (...names: string[]) => join(bellows.folder, ...names);
const BUNDLED = fileURLToPath(new URL("../../web/public/checkpoints/pre-rl", import.meta.url));

/** A copy of the bundled checkpoint with other bytes in one of its files. */
function spoiled(name: string, file: string, change: (bytes: Buffer) => Uint8Array | string): void {
  cpSync(BUNDLED, at(name), { recursive: true });
  writeFileSync(at(name, file), change(readFileSync(at(name, file))));
}

/** A safetensors file with this header and no data. */
function safetensors(header: string): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header)]);
}

/** Every file below a folder with its content. */
function contents(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    files[path] = entry.isDirectory() ? "(folder)" : readFileSync(path).toString("base64");
  }
  return files;
}

/** Expects the program to refuse: with this status and message, no stack, and every file as it was. */
async function expectRefusal(
  args: readonly string[],
  parts: readonly string[],
  { status = 1, env = {} }: { status?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<void> {
  const before = contents(bellows.folder);
  const outcome = await bellows.run(args, env);
  expect(outcome.status, outcome.stderr).toBe(status);
  for (const part of parts) expect(outcome.stderr).toContain(part);
  expect(outcome.stderr).toMatch(/^bellows: /m);
  expect(outcome.stderr).not.toMatch(/^ +at /m);
  expect(outcome.stdout).toBe("");
  expect(contents(bellows.folder)).toEqual(before);
}

beforeAll(async () => {
  await bellows.succeed("train", ...TINY_RUN, "--steps=2", "--no-preflight", "--out=done");
  const lesson = ["--preset=smoke", "--set=sft.batchSize=2", "--set=eval.problemsPerLevel=1"];
  await bellows.succeed("sft", ...lesson, "--steps=2", "--out=taught");
  writeFileSync(at("broken.json"), '{"seed": 1,');
  writeFileSync(at("list.json"), "[1, 2]");
  writeFileSync(at("unknown.json"), '{"rl": {"groupsize": 4}}');
  cpSync(at("done"), at("unsaved"), { recursive: true, filter: (path) => !path.includes("checkpoints") });
  cpSync(at("done"), at("torn"), { recursive: true });
  writeFileSync(
    at("torn/checkpoints/000002/optimizer.safetensors"),
    readFileSync(at("torn/checkpoints/000002/optimizer.safetensors")).subarray(0, 1000),
  );
  spoiled("truncated", "model.safetensors", (bytes) => bytes.subarray(0, bytes.length - 1));
  spoiled("long-header", "model.safetensors", () => Buffer.from("ffffffffffffff7f7b7d", "hex"));
  spoiled("overlap", "model.safetensors", () =>
    safetensors('{"a":{"dtype":"F32","shape":[1152921504606846976,4],"data_offsets":[0,16]}}'),
  );
  spoiled("no-json", "config.json", () => "not json");
  spoiled("huge", "config.json", (bytes) =>
    bytes.toString().replace(/"num_hidden_layers": \d+/, '"num_hidden_layers": 1000000'),
  );
});

describe("settings", () => {
  const train = (...flags: string[]) => ["train", "--out=new", ...flags];
  test.each([
    ["an unknown key", train("--set=rl.groupSiz=4"), ["rl.groupSiz is not a setting", "rl.groupSize"]],
    ["a key in no group", train("--set=frob=4"), ["frob is not a setting"]],
    ["a setting without a value", train("--set=rl.groupSize"), ["rl.groupSize", "path=value"]],
    ["a seed that is none", train("--seed=abc"), ['seed is "abc"']],
    ["no steps", train("--steps=0"), ["rl.steps is 0; it must be"]],
    [
      "heads that do not divide",
      train("--set=model.num_key_value_heads=3"),
      ["model.num_key_value_heads is 3"],
    ],
    [
      "a budget under the shortest answer",
      train("--set=schedule.lmin=1"),
      ["schedule.lmin is 1; it must be at least"],
    ],
    [
      "a model that no device can train",
      train("--set=init=random", "--set=model.hidden_size=65536", "--set=model.intermediate_size=65536"),
      ["a model of", "no device trains more than 1073741824"],
    ],
    ["an unknown preset", train("--preset=huge"), ["preset is huge", "paper-toy"]],
    ["a config file that is missing", train("--config=nowhere.json"), ["cannot read nowhere.json"]],
    ["a config file that is not JSON", train("--config=broken.json"), ["broken.json is not JSON"]],
    ["a config file that holds a list", train("--config=list.json"), ["must hold a JSON object"]],
    ["a config file with an unknown key", train("--config=unknown.json"), ["rl.groupsize is not a setting"]],
    ["sft without steps", ["sft", "--steps=0", "--out=new"], ["sft.steps is 0; it must be"]],
  ])("%s", (_, args, parts) => expectRefusal(args, parts));
});

describe("checkpoints", () => {
  const from = (name: string, ...flags: string[]) => ["train", "--out=new", `--set=init=${name}`, ...flags];
  test.each([
    ["none", from("nowhere"), ["there is no checkpoint nowhere"]],
    ["a folder that is none", from("unsaved"), ["there is no checkpoint unsaved"]],
    [
      "one of another shape",
      from("pre-rl", "--set=model.hidden_size=32"),
      ["hidden_size is 64; it must be 32", "init=random"],
    ],
    ["one of another task", from("pre-rl", "--set=task.name=countdown"), ["vocab_size"]],
    ["one whose last byte is missing", from("truncated"), ["truncated/model.safetensors"]],
    ["a header longer than the file", from("long-header"), ["long-header/model.safetensors"]],
    ["a tensor of more bytes than there are", from("overlap"), ["overlap/model.safetensors"]],
    ["a config that is not JSON", from("no-json"), ["no-json/config.json is not JSON"]],
    ["more layers than tensors", from("huge"), ["num_hidden_layers is 1000000; it must be"]],
    ["none to evaluate", ["eval", "nowhere"], ["there is no checkpoint nowhere"]],
    ["one to sample from that is cut short", ["sample", "truncated"], ["truncated/model.safetensors"]],
  ])("%s", (_, args, parts) => expectRefusal(args, parts));
});

describe("run folders", () => {
  test.each([
    [
      "a place that is taken",
      ["train", "--out=done"],
      ["there is something at done already", "--resume done"],
    ],
    ["a place below a file", ["train", "--out=list.json/run"], ["list.json"]],
    ["a name that is awkward", ["train", "--out=my run"], ['the run name "my run" is not usable']],
    ["a place for a model that is taken", ["sft", "--out=done"], ["there is something at done already"]],
    ["a place for a model below a file", ["sft", "--out=list.json/model"], ["list.json"]],
    ["resuming nothing", ["train", "--resume=nowhere"], ["there is no run nowhere"]],
    [
      "teaching on a run of RL",
      ["sft", "--resume=done"],
      ["done is a run of bellows train, not of sft", "bellows train --resume done"],
    ],
    [
      "training on a run of SFT",
      ["train", "--resume=taught"],
      ["taught is a run of bellows sft, not of train", "bellows sft --resume taught"],
    ],
    ["teaching on with settings", ["sft", "--resume=taught", "--seed=1"], ["--seed cannot go with --resume"]],
    [
      "teaching to fewer steps",
      ["sft", "--resume=taught", "--steps=1"],
      ["sft.steps is 1; it must be at least 2"],
    ],
    ["resuming with settings", ["train", "--resume=done", "--set=seed=3"], ["--set cannot go with --resume"]],
    ["resuming with a seed", ["train", "--resume=done", "--seed=3"], ["--seed cannot go with --resume"]],
    [
      "resuming to fewer steps",
      ["train", "--resume=done", "--steps=1"],
      ["rl.steps is 1; it must be at least 2"],
    ],
    ["resuming to no number", ["train", "--resume=done", "--steps=x"], ['rl.steps is "x"']],
    ["resuming without a checkpoint", ["train", "--resume=unsaved"], ["unsaved has no checkpoint yet"]],
    [
      "resuming from a checkpoint that is cut short",
      ["train", "--resume=torn", "--steps=4"],
      ["torn/checkpoints/000002/optimizer.safetensors"],
    ],
  ])("%s", (_, args, parts) => expectRefusal(args, parts));
});

describe.runIf(process.platform === "linux")("no adapter", () => {
  const hidden = { status: 2, env: NO_ADAPTER };
  test.each([
    ["train", ["train", "--out=new/folder/run"]],
    ["train that resumes", ["train", "--resume=done", "--steps=4"]],
    ["sft", ["sft", "--out=new/folder/model"]],
    ["eval", ["eval"]],
    ["sample", ["sample"]],
  ])("%s", (_, args) => expectRefusal(args, ["no WebGPU adapter: "], hidden));

  test("doctor tells what is missing", async () => {
    const { status, stdout } = await bellows.run(["doctor"], NO_ADAPTER);
    expect(status).toBe(2);
    expect(stdout).toContain("no WebGPU adapter: ");
    const json = await bellows.run(["doctor", "--json"], NO_ADAPTER);
    expect(json.status).toBe(2);
    expect(JSON.parse(json.stdout).error).toMatchObject({ code: "adapter-unavailable" });
  });

  test("schedule needs none", async () => {
    expect((await bellows.run(["schedule", "--json"], NO_ADAPTER)).status).toBe(0);
  });
});
