import { describe, expect, test } from "vitest";
import { loadCheckpoint, saveCheckpoint } from "../../src/io/checkpoint.ts";
import { decodeJson } from "../../src/io/json.ts";
import { MemoryStorage } from "../../src/io/memory-storage.ts";
import { readPublishedTokenizer } from "../../src/io/published-tokenizer.ts";
import type { TokenizerFiles } from "../../src/io/vocabulary.ts";
import { bytesOf, expectFailure, sampleCheckpoint, snapshot, WORDS } from "./support.ts";

/** Files as anyone may have formatted them. */
function publishedFiles(changes: Record<string, string> = {}): TokenizerFiles {
  const files = {
    "tokenizer.json": '{ "model":{"type":"BPE","vocab":{}} }\r\n',
    "tokenizer_config.json": '{"eos_token": "</s>"}',
    "generation_config.json": '{"eos_token_id": [2, 3]}',
    "chat_template.jinja": "{{ messages }}",
    ...changes,
  };
  return {
    files: new Map(Object.entries(files).map(([name, text]) => [name, new Uint8Array(bytesOf(text))])),
    special: { bos_token_id: 1, eos_token_id: [2, 3], pad_token_id: null },
  };
}

async function saved(vocabulary = publishedFiles()): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  await saveCheckpoint(storage, "c", { ...sampleCheckpoint(), vocabulary });
  return storage;
}

describe("a published tokenizer", () => {
  test("stays byte for byte what it was, in every checkpoint", async () => {
    const storage = await saved();
    const checkpoint = await loadCheckpoint(storage, "c", { vocabulary: publishedFiles() });
    expect(checkpoint.vocabulary).toEqual(publishedFiles());
    await saveCheckpoint(storage, "d", checkpoint);
    expect(await snapshot(storage, "d")).toEqual(
      Object.fromEntries(
        Object.entries(await snapshot(storage, "c")).map(([path, text]) => [path.replace("c/", "d/"), text]),
      ),
    );
    const config = decodeJson(await storage.read("c/config.json"), "config.json");
    expect(config).toMatchObject({ bos_token_id: 1, eos_token_id: [2, 3], pad_token_id: null });
  });

  test("is given out with its files parsed, and nothing for those that are not there", async () => {
    const storage = await saved();
    await storage.remove("c/generation_config.json");
    const parsed = await readPublishedTokenizer(storage, "c", { eos_token_id: 2 });
    expect(parsed).toMatchObject({
      tokenizer: { model: { type: "BPE" } },
      tokenizerConfig: { eos_token: "</s>" },
      generationConfig: {},
      stored: { special: { bos_token_id: null, eos_token_id: 2, pad_token_id: null } },
    });
  });

  test("is none where a toy has words", async () => {
    const storage = new MemoryStorage();
    await saveCheckpoint(storage, "c", sampleCheckpoint());
    expect(await readPublishedTokenizer(storage, "c", {})).toBeUndefined();
  });

  test.each<[string, TokenizerFiles | typeof WORDS, string]>([
    [
      "another tokenizer",
      publishedFiles({ "tokenizer.json": '{"model":{"type":"BPE","vocab":{ }}}' }),
      "is another tokenizer than",
    ],
    ["the words of a toy", WORDS, "is a published tokenizer; this task has a list of words"],
  ])("does not pass for %s", async (_, expected, message) => {
    const storage = await saved();
    await expectFailure(
      () => loadCheckpoint(storage, "c", { vocabulary: expected }),
      "checkpoint-invalid",
      message,
    );
  });

  test.each([
    ["tokenizer.json", "{", "c/tokenizer.json is not JSON"],
    ["tokenizer_config.json", "[]", "c/tokenizer_config.json is []; it must be a JSON object"],
    ["generation_config.json", '{"a":1,"a":2}', 'has the key "a" twice'],
  ])("is refused where %s is %j", async (file, text, message) => {
    const storage = await saved(publishedFiles({ [file]: text }));
    await expectFailure(() => readPublishedTokenizer(storage, "c", {}), "checkpoint-invalid", message);
  });

  test.each([["x"], [{}], [["x"]], [true]])(
    "is refused where config.json has the special token %j",
    async (value) => {
      const storage = await saved();
      const read = () => readPublishedTokenizer(storage, "c", { eos_token_id: value } as never);
      await expectFailure(
        read,
        "checkpoint-invalid",
        "c/config.json: eos_token_id is",
        "a token id, a list of them, or null",
      );
    },
  );
});
