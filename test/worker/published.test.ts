import { expect, test } from "vitest";
import { saveCheckpoint } from "../../src/io/checkpoint.ts";
import { MemoryStorage } from "../../src/io/memory-storage.ts";
import { RunFolder } from "../../src/io/run-folder.ts";
import { zipFolder } from "../../src/io/zip.ts";
import { PRESETS } from "../../src/train/presets.ts";
import { RunLibrary } from "../../src/worker/run-library.ts";
import { bytesOf, expectFailure, sampleCheckpoint } from "../io/support.ts";

// The page runs toys alone. What it is given of published models it refuses in words, and goes on.

test("a published model that is imported is refused, and nothing of it stays", async () => {
  const storage = new MemoryStorage();
  const files = new Map([["tokenizer.json", new Uint8Array(bytesOf('{"model":{"type":"BPE","vocab":{}}}'))]]);
  const vocabulary = { files, special: { eos_token_id: 1 } };
  const { optimizer: _, trainer: __, ...model } = sampleCheckpoint();
  await saveCheckpoint(storage, "model", { ...model, vocabulary });
  const runs = new MemoryStorage();
  const zip = await zipFolder(storage, "model");
  const error = await expectFailure(
    () => new RunLibrary(runs).import("model.zip", zip),
    "checkpoint-invalid",
    "the checkpoint has a published tokenizer; the page runs toys alone",
  );
  expect(error.hint).toContain("on the command line");
  expect(await runs.list("")).toEqual([]);
});

test("a run of text in the list is told as one that cannot be opened, beside those that can", async () => {
  const storage = new MemoryStorage();
  await RunFolder.create(storage, "toy", PRESETS.smoke);
  await RunFolder.create(storage, "words", {
    ...PRESETS.smoke,
    task: { ...PRESETS.smoke.task, name: "text" },
  });
  const { runs, damaged } = await new RunLibrary(storage).list();
  expect(runs.map(({ id }) => id)).toEqual(["toy"]);
  expect(damaged.map(({ id }) => id)).toEqual(["words"]);
  expect(damaged[0]!.error.message).toContain("whose tokenizer and problems are files");
});
