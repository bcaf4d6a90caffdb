import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { Safetensors } from "../../src/io/safetensors.ts";
import { fileOfBytes } from "../../src/io/storage.ts";
import { jsonLines, useBellows, withoutTimes } from "../support/cli.ts";
import { END_IDS, sumProblems, TINY_PUBLISHED, writePublished } from "../support/published.ts";

const bellows = useBellows();

/** Flags of a run of text that takes seconds. An entropy bonus moves the weights, as nothing random earns a reward. */
const TINY = [
  ...[
    "schedule.lmax=24",
    "schedule.lmin=12",
    "text.promptTokens=40",
    "text.file=sums.jsonl",
    "text.answer=last-number",
  ],
  ...["rl.promptsPerStep=4", "rl.groupSize=4", "rl.learningRate=0.01", "rl.entropyCoefficient=0.1"],
  ...[
    "eval.problemsPerLevel=4",
    "train.microBatchTokens=256",
    "train.decodeSequences=16",
    "train.checkpointEvery=2",
  ],
].map((setting) => `--set=${setting}`);

beforeAll(() => {
  writePublished(join(bellows.folder, "model"));
  writePublished(join(bellows.folder, "llama"), {
    tokenizer: "llama3",
    shape: { ...TINY_PUBLISHED, attention_bias: false, tie_word_embeddings: false },
  });
  writeFileSync(join(bellows.folder, "sums.jsonl"), sumProblems(200));
});

describe("import", () => {
  test("says what a published model is and takes", async () => {
    const text = await bellows.succeed("import", "model");
    expect(text).toContain("model: Qwen2ForCausalLM, 35,104 parameters in F32 (137 KiB)\n");
    expect(text).toContain("504 tokens, room for 512; a response ends with <|im_end|> or <|endoftext|>\n");
    expect(text).toMatch(
      /to sample {2}\d+(\.\d)? MiB of GPU memory; prompts of 85, responses of 171 tokens, up to 64 at a time, at most \d+ tokens\/s\n/,
    );
    expect(text).toMatch(
      /to train {3}\d+(\.\d)? MiB of GPU memory; micro-batches of 1024 tokens, at most \d+ tokens\/s\n/,
    );
    expect(text).toContain("train --set init=model --set text.file=");
  });

  test("says so where this device cannot hold it", async () => {
    const shape = { ...TINY_PUBLISHED, vocab_size: 100_000 };
    writePublished(join(bellows.folder, "wide"), { shape });
    const [record] = jsonLines(
      await bellows.succeed("import", "wide", "--json", "--set=train.microBatchTokens=32768"),
    );
    expect(record).toMatchObject({ architecture: "Qwen2ForCausalLM", dtypes: ["F32"], tokens: 504 });
    const [sampling, training] = [record!.sampling, record!.training] as { refused?: string }[];
    expect(training!.refused).toMatch(/bytes/);
    expect(sampling!.refused).toMatch(/bytes/);
  });

  test("copies it with --out: the weights in 32 bits, the tokenizer as it was", async () => {
    await bellows.succeed("import", "model", "--out", "copy");
    for (const file of [
      "model.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
      "generation_config.json",
    ]) {
      expect(bellows.read(`copy/${file}`).equals(bellows.read(`model/${file}`)), file).toBe(true);
    }
    const { eos_token_id, model_type } = JSON.parse(bellows.read("copy/config.json").toString());
    expect({ eos_token_id, model_type }).toEqual({ eos_token_id: END_IDS.qwen2.turn, model_type: "qwen2" });
  });

  test.each<[string, readonly string[], string]>([
    ["what is not there", ["import", "../nowhere"], "there is no checkpoint ../nowhere"],
    ["what bellows made", ["import", "pre-rl"], "pre-rl is a checkpoint of bellows already"],
    ["a place that is taken", ["import", "model", "--out=llama"], "there is something at llama already"],
  ])("refuses %s", async (_, args, message) => {
    const { status, stderr } = await bellows.run(args);
    expect(stderr).toContain(message);
    expect(status).toBe(1);
  });
});

describe("the published folder itself", () => {
  test.each(["model", "llama", "copy"])("%s answers a prompt", async (name) => {
    const flags = ["--set=schedule.lmax=16", "--set=schedule.lmin=8", "--samples=8", "--json"];
    const answers = jsonLines(await bellows.succeed("sample", name, "--prompt=What is 2 + 2?", ...flags));
    expect(answers).toHaveLength(8);
    const begin = name === "llama" ? "<|begin_of_text|>" : "";
    for (const { prompt, length } of answers) {
      expect(prompt).toBe(`${begin}What is 2 + 2?`);
      expect(length).toBeLessThanOrEqual(16);
    }
  });

  test("is evaluated, and its copy alike", async () => {
    const [record] = jsonLines(await bellows.succeed("eval", "model", "--json", ...TINY));
    expect(record!.levels).toMatchObject([{ name: "easy" }, { name: "hard" }]);
    expect(record!["eval/mean_length"]).toBeGreaterThan(1);
    const [same] = jsonLines(await bellows.succeed("eval", "copy", "--json", ...TINY));
    expect(withoutTimes(same!)).toEqual(withoutTimes(record!));
  });

  test("is trained, and a run that was stopped goes on to the same bits, without what it began from", async () => {
    const run = ["train", "--set=init=model", "--no-preflight", ...TINY];
    await bellows.succeed(...run, "--steps=3", "--set=train.samplesEvery=1", "--out=whole");
    await bellows.succeed(...run, "--steps=2", "--set=train.samplesEvery=1", "--out=halves");
    writeFileSync(join(bellows.folder, "sums.jsonl"), "gone");
    await bellows.succeed("train", "--resume=halves", "--steps=3");
    writeFileSync(join(bellows.folder, "sums.jsonl"), sumProblems(200));
    for (const file of ["model.safetensors", "optimizer.safetensors", "tokenizer.json"]) {
      const [whole, halves] = ["whole", "halves"].map((name) =>
        bellows.read(`${name}/checkpoints/final/${file}`),
      );
      expect(halves!.equals(whole!), file).toBe(true);
    }
    expect(
      bellows
        .read("whole/checkpoints/final/model.safetensors")
        .equals(bellows.read("model/model.safetensors")),
    ).toBe(false);
    expect(bellows.read("halves/samples.jsonl").equals(bellows.read("whole/samples.jsonl"))).toBe(true);
    const ends = bellows.records("whole/samples.jsonl").filter(({ truncated }) => truncated === false);
    expect(ends.length).toBeGreaterThan(0);
    for (const { tokens } of ends)
      expect(Object.values(END_IDS.qwen2)).toContain((tokens as number[]).at(-1));
  });

  test("gets adapters above weights of 16 bits, and a run that was stopped goes on to the same bits", async () => {
    const lora = ["--set=lora.rank=4", "--set=lora.merge=on", "--set=train.weights=f16"];
    const run = ["train", "--set=init=llama", "--no-preflight", ...TINY, ...lora];
    await bellows.succeed(...run, "--steps=3", "--out=adapted");
    await bellows.succeed(...run, "--steps=2", "--out=parted");
    await bellows.succeed("train", "--resume=parted", "--steps=3");
    const adapters = (name: string) => bellows.read(`${name}/checkpoints/final/adapter_model.safetensors`);
    expect(adapters("parted").equals(adapters("adapted"))).toBe(true);
    const kept = (file: string) => bellows.read(`adapted/checkpoints/${file}`);
    expect(kept("merged/tokenizer.json").equals(bellows.read("llama/tokenizer.json"))).toBe(true);
    expect(kept("base/model.safetensors").equals(kept("merged/model.safetensors"))).toBe(false);
    expect(jsonLines(await bellows.succeed("sample", "adapted", "--count=3", "--json"))).toHaveLength(3);
  });

  test("gives a run that brings its own problems, and a checkpoint that Hugging Face's names stand in", async () => {
    const [first] = jsonLines(await bellows.succeed("eval", "whole/checkpoints/000002", "--json"));
    expect(first!.levels).toMatchObject([{ name: "easy" }, { name: "hard" }]);
    expect(jsonLines(await bellows.succeed("sample", "whole", "--count=3", "--json"))).toHaveLength(3);
    const bytes = bellows.read("whole/checkpoints/final/model.safetensors");
    const { tensors } = await Safetensors.open(fileOfBytes(bytes), "final");
    expect(tensors.has("model.layers.1.self_attn.k_proj.bias")).toBe(true);
  });

  test.each<[string, readonly string[], string]>([
    [
      "no problems",
      ["train", "--set=init=model"],
      "text.file is empty; it must be the path of a file of problems",
    ],
    ["a file that is not there", ["eval", "model", "--set=text.file=none.jsonl"], "cannot read none.jsonl"],
    [
      "no model",
      ["train", "--set=task.name=text"],
      "init is pre-rl; it must be the folder of a published model",
    ],
    [
      "another shape",
      ["eval", "model", ...TINY, "--set=model.hidden_size=64"],
      "model.hidden_size is 64; it must be 32",
    ],
    ["a toy's task", ["eval", "model", "--set=task.name=countdown"], "vocab_size"],
    ["a teacher", ["sft", "--set=init=model", ...TINY], "it must be a task with a teacher to imitate"],
    [
      "forced words",
      ["train", "--set=init=model", "--recipe=adaptthink", ...TINY],
      "text has no words to open responses with",
    ],
    ["a long prompt", ["sample", "model", `--prompt=${"a b ".repeat(200)}`], "tokens; it must have 1 to 85"],
  ])("is refused in words: %s", async (_, args, message) => {
    const { status, stderr } = await bellows.run(args);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
    expect(status).toBe(1);
  });
});
