import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BellowsError } from "../../../src/errors.ts";
import { MemoryStorage } from "../../../src/io/memory-storage.ts";
import { readPublishedTokenizer } from "../../../src/io/published-tokenizer.ts";
import { TextTokenizer } from "../../../src/tasks/text/tokenizer.ts";
import { NAMES, type Name, published, SIZE, tokenizerJson } from "./support.ts";

// Anyone can publish a tokenizer. Whatever its files say, there is a clear error, or a tokenizer that takes bounded time.

/** More of them offline: FUZZ_RUNS=20000 npx vitest run --project unit test/tasks/text/hostile.test.ts */
const RUNS = Number(process.env.FUZZ_RUNS ?? 200);
const TIMEOUT = 60_000 + 20 * RUNS;

/** Milliseconds of processor time that no file of a few kilobytes may take; a busy machine takes longer by the clock. */
const MOMENT = 5000;

/** Milliseconds of processor time that this process has had. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const TEXTS = [
  "What is 2 + 2?",
  " \n\n<|im_end|>'S 12345 ",
  "é👍🏽\u0000 a".repeat(20),
  "a".repeat(2000),
  " ".repeat(2000),
];

type Json = Record<string, unknown>;

/** A fixture with one place changed, which may be several fields deep. */
function changed(name: Name, path: string, value: unknown): Json {
  const json = tokenizerJson(name);
  const keys = path.split("/");
  const last = keys.pop()!;
  const parent = keys.reduce<Json>((part, key) => part[key] as Json, json);
  parent[last] = value;
  return json;
}

/** Builds a tokenizer and uses it; a refusal in words is as good. */
function survives(tokenizer: Json): boolean {
  const begin = cpuTime();
  try {
    const built = new TextTokenizer(published(tokenizer), SIZE);
    for (const text of TEXTS) {
      const ids = built.encode(text);
      if (ids.some((id) => !(Number.isInteger(id) && id >= 0 && id < SIZE))) return false;
      built.decode(ids);
      built.format(ids);
    }
  } catch (error) {
    if (!(error instanceof BellowsError) || error.code !== "checkpoint-invalid") throw error;
    if (error.message.length > 500 || !error.message.includes("model")) return false;
  }
  return cpuTime() - begin < MOMENT;
}

describe("refused in words", () => {
  const nested = (depth: number, list: string): Json => {
    let part: Json = { type: "NFC" };
    for (let i = 0; i < depth; i++) part = { type: "Sequence", [list]: [part] };
    return part;
  };
  const replace = (content: string) => ({ type: "Replace", pattern: { String: "a" }, content });

  test.each<[string, string, unknown, string]>([
    ["another kind of model", "model/type", "Unigram", 'model.type is "Unigram"; it must be "BPE"'],
    ["no model", "model", null, "model is null; it must be an object"],
    ["no vocabulary", "model/vocab", [], "model.vocab is a list of 0"],
    ["an empty vocabulary", "model/vocab", {}, "model.vocab is"],
    [
      "an id out of range",
      "model/vocab/!",
      SIZE,
      `model.vocab["!"] is ${SIZE}; it must be a whole number below`,
    ],
    ["a huge id", "model/vocab/!", 4e9, 'model.vocab["!"] is 4000000000'],
    ["a negative id", "model/vocab/!", -1, 'model.vocab["!"] is -1'],
    ["a fraction", "model/vocab/!", 0.5, 'model.vocab["!"] is 0.5'],
    ["an id twice", "model/vocab/!", 7, "it must be the id of no other token"],
    ["merges that are none", "model/merges", {}, "model.merges is an object"],
    ["a merge of three", "model/merges/0", "a b c", "model.merges[0] is"],
    ["a merge of what is no token", "model/merges/0", ["a", "☃"], 'model.merges[0] is "☃"'],
    ["a merge to what is no token", "model/merges/0", ["!", "!"], 'model.merges[0] is "!!"'],
    ["dropout", "model/dropout", 0.5, "model.dropout is 0.5; it must be null"],
    ["an unknown unk", "model/unk_token", "<unk>", "model.unk_token is"],
    ["bytes that are no tokens", "model/byte_fallback", true, 'model.vocab["<0x00>"] is missing'],
    ["no decoder", "decoder", null, "decoder is null"],
    [
      "a pattern that takes for ever",
      "pre_tokenizer/pretokenizers/0/pattern/Regex",
      "(a+)+$",
      'pattern is "(a+)+$"',
    ],
    [
      "another behaviour",
      "pre_tokenizer/pretokenizers/0/behavior",
      "Contiguous",
      '"Contiguous"; it must be "Isolated"',
    ],
    [
      "an unknown pre-tokenizer",
      "pre_tokenizer",
      { type: "Whitespace" },
      'pre_tokenizer.type is "Whitespace"',
    ],
    [
      "a pattern in a normalizer",
      "normalizer",
      { ...replace("b"), pattern: { Regex: "(a|a)*b" } },
      "pattern.String is missing",
    ],
    [
      "a replacement of nothing",
      "normalizer",
      { ...replace("b"), pattern: { String: "" } },
      "pattern.String is",
    ],
    [
      "text that grows",
      "normalizer",
      { type: "Sequence", normalizers: [replace("aaaaa"), replace("aaaaa")] },
      "25 times",
    ],
    ["deep nesting", "normalizer", nested(10_000, "normalizers"), "a chain of more than 16 parts"],
    ["a cycle of names", "normalizer", { type: "Sequence", normalizers: 7 }, "normalizer.normalizers is 7"],
    [
      "a long chain",
      "normalizer",
      { type: "Sequence", normalizers: Array(1e5).fill({ type: "NFC" }) },
      "a list of 100000",
    ],
    ["too many added tokens", "added_tokens", Array(1e5).fill({}), "added_tokens is a list of 100000"],
    ["an added token with another's id", "added_tokens/0/id", 7, "it must be not that of"],
    ["an added token that is there by another id", "added_tokens/0/content", "!", "it must be 0"],
    ["an added token out of range", "added_tokens/0/id", SIZE, `added_tokens[0].id is ${SIZE}`],
    ["an added token of nothing", "added_tokens/0/content", "", "added_tokens[0].content is"],
    ["an added token of a book", "added_tokens/0/content", "x".repeat(1e6), "text of 1 to 1000 characters"],
    ["single_word", "added_tokens/0/single_word", true, "single_word is true"],
    ["a flag that is none", "added_tokens/0/special", "yes", 'special is "yes"; it must be true or false'],
    [
      "a template of an unknown token",
      "post_processor",
      { type: "TemplateProcessing", single: [{ SpecialToken: { id: "?" } }] },
      "SpecialToken.id",
    ],
    [
      "a template with nothing for its token",
      "post_processor",
      { type: "TemplateProcessing", single: [{ SpecialToken: { id: "!" } }], special_tokens: { "!": null } },
      'SpecialToken.id is "!"',
    ],
    [
      "a template without the text",
      "post_processor",
      { type: "TemplateProcessing", single: [] },
      "the text (A) once",
    ],
  ])("%s", (_, path, value, message) => {
    const begin = cpuTime();
    expect(() => new TextTokenizer(published(changed("qwen2", path, value)), SIZE)).toThrow(message);
    expect(cpuTime() - begin).toBeLessThan(MOMENT);
  });

  test("a prompt that is a book", () => {
    const tokenizer = new TextTokenizer(published(tokenizerJson("qwen2")), SIZE);
    expect(() => tokenizer.encode("a".repeat(100_001))).toThrow("a prompt has 100001 characters");
  });
});

describe("bounded", () => {
  test.each(NAMES)(
    "%s: 100,000 characters in one piece, or in as many",
    (name) => {
      const tokenizer = new TextTokenizer(published(tokenizerJson(name)), SIZE);
      for (const piece of ["a", " ", "1", "'", "\n", "é", "<", "▁"]) {
        const begin = cpuTime();
        const text = piece.repeat(100_000);
        tokenizer.decode(tokenizer.encode(text));
        expect(cpuTime() - begin, piece).toBeLessThan(2 * MOMENT);
      }
    },
    120_000,
  );

  test("merges that make ever longer tokens", () => {
    const runs = Array.from({ length: 500 }, (_, i) => "a".repeat(i + 1));
    const vocab = Object.fromEntries(runs.map((token, id) => [token, id]));
    const merges = runs.slice(0, -1).map((token) => [token, "a"]);
    const json = { ...tokenizerJson("qwen2"), added_tokens: [], model: { type: "BPE", vocab, merges } };
    expect(survives(json)).toBe(true);
  });

  test("a file of 64 MiB and more is not read", async () => {
    const storage = new MemoryStorage();
    await storage.write("m/tokenizer.json", [new Uint8Array(2 ** 26 + 1)]);
    await expect(readPublishedTokenizer(storage, "m", {})).rejects.toThrow(
      "m/tokenizer.json: its length is 67108865",
    );
  });

  test("brackets by the million", async () => {
    const storage = new MemoryStorage();
    await storage.write("m/tokenizer.json", [new TextEncoder().encode(`{"model":${"[".repeat(4e6)}`)]);
    await expect(readPublishedTokenizer(storage, "m", {})).rejects.toThrow("m/tokenizer.json is not JSON");
  });
});

/** Every place in a file: the objects and lists that hold something, each with its keys. */
function placesOf(json: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof json !== "object" || json === null) return [path];
  const entries = Object.entries(json);
  // Of large lists and vocabularies the ends will do.
  const some = entries.length > 12 ? [...entries.slice(0, 4), ...entries.slice(-4)] : entries;
  return [path, ...some.flatMap(([key, value]) => placesOf(value, [...path, key]))].filter(
    ({ length }) => length > 0,
  );
}

const anyJunk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    null,
    true,
    -1,
    0,
    0.5,
    7,
    499,
    SIZE,
    2 ** 31,
    1e300,
    "",
    "a",
    "!",
    "Sequence",
    "NFC",
    "\ud800",
    [],
    {},
    [[]],
  ),
  fc.constantFrom(
    { type: "Sequence" },
    { type: "ByteLevel" },
    { Regex: "(.*)*x" },
    { String: "a" },
    ["a", "b"],
    { id: "A" },
  ),
  fc.string({ maxLength: 8 }),
  fc.json({ maxDepth: 2 }).map((text) => JSON.parse(text) as unknown),
);

describe("fuzzed", () => {
  test.each(NAMES)(
    "%s with junk anywhere in it",
    (name) => {
      const places = placesOf(tokenizerJson(name));
      const change = fc.record({ place: fc.constantFrom(...places), junk: anyJunk, isRemoved: fc.boolean() });
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
          const json = tokenizerJson(name);
          for (const { place, junk, isRemoved } of changes) {
            const parent = place
              .slice(0, -1)
              .reduce<unknown>((part, key) => (part as Json | null)?.[key], json);
            if (typeof parent !== "object" || parent === null) continue;
            if (isRemoved) delete (parent as Json)[place.at(-1)!];
            else (parent as Json)[place.at(-1)!] = junk;
          }
          return survives(JSON.parse(JSON.stringify(json)));
        }),
        { numRuns: RUNS, seed: RUNS },
      );
    },
    TIMEOUT,
  );

  test(
    "bytes that are anything",
    async () => {
      const sound = NAMES.map((name) => new TextEncoder().encode(JSON.stringify(tokenizerJson(name))));
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...sound),
          fc.array(fc.record({ at: fc.nat(10_000), byte: fc.nat(255) }), { minLength: 1, maxLength: 4 }),
          fc.option(fc.nat(10_000)),
          async (bytes, changes, length) => {
            const broken = bytes.slice(0, length ?? bytes.length);
            for (const { at, byte } of changes) broken[at % broken.length] = byte;
            const storage = new MemoryStorage();
            await storage.write("m/tokenizer.json", [broken]);
            try {
              const parsed = await readPublishedTokenizer(storage, "m", {});
              return parsed === undefined || survives(parsed.tokenizer as Json);
            } catch (error) {
              return error instanceof BellowsError && error.code === "checkpoint-invalid";
            }
          },
        ),
        { numRuns: RUNS, seed: RUNS },
      );
    },
    TIMEOUT,
  );
});
