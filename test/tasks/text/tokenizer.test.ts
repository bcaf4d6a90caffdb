import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TextTokenizer } from "../../../src/tasks/text/tokenizer.ts";
import { ENDS, fixture, NAMES, published, SIZE, TOKENIZERS, tokenizerJson } from "./support.ts";

const expected = JSON.parse(readFileSync(`${TOKENIZERS}/expected.json`, "utf8")) as {
  readonly strings: readonly string[];
  readonly ids: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly texts: Readonly<Record<string, readonly string[]>>;
};

describe.each(NAMES)("a tokenizer like that of %s", (name) => {
  const tokenizer = fixture(name);

  test("gives the ids that Python's tokenizers gives", () => {
    for (const [i, text] of expected.strings.entries()) {
      expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(expected.ids[name]![i]);
    }
  });

  test("gives the text that Python's tokenizers gives", () => {
    for (const [i, text] of expected.strings.entries()) {
      // The library drops a byte order mark that is written in bytes (its ByteFallback).
      if (name === "llama2" && text.includes("\ufeff")) continue;
      expect(tokenizer.decode(expected.ids[name]![i]!), JSON.stringify(text)).toBe(expected.texts[name]![i]);
    }
  });

  test("takes any text and any ids", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0x10ffff), { maxLength: 60 }), (points) => {
        const ids = tokenizer.encode(String.fromCodePoint(...points));
        return ids.every((id) => id >= 0 && id < SIZE) && typeof tokenizer.decode(ids) === "string";
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.nat(SIZE - 1), { maxLength: 40 }), (ids) => {
        return typeof tokenizer.decode(ids) === "string" && typeof tokenizer.format(ids) === "string";
      }),
    );
  });

  test("knows what ends a response, shows it, and leaves it out of the text", () => {
    const ids = [...tokenizer.encode("so be it"), tokenizer.end];
    expect(tokenizer.token(tokenizer.end)).toBe(ENDS[name]);
    expect(tokenizer.format(ids)).toContain(`so be it${ENDS[name]}`);
    expect(tokenizer.decode(ids)).toBe("so be it");
    expect(tokenizer.countWords(ids)).toEqual({ wait: 0, alt: 0, so: 1 });
    expect(tokenizer.token(SIZE - 1)).toBe(`<${SIZE - 1}>`);
  });
});

test.each(["qwen2", "llama3", "smollm"] as const)("%s: 1,000 texts come back as they were", (name) => {
  const tokenizer = fixture(name);
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (text) => {
      const plain = text.normalize("NFC");
      return tokenizer.decode(tokenizer.encode(plain)) === plain;
    }),
    { numRuns: 1000 },
  );
});

describe("what ends a response", () => {
  const ends = (others: Parameters<typeof published>[1]) => {
    const { end, otherEnds } = new TextTokenizer(published(tokenizerJson("qwen2"), others), SIZE);
    return [end, ...otherEnds];
  };

  test.each<[string, Parameters<typeof published>[1], number[]]>([
    ["config.json alone", { config: { eos_token_id: 500 } }, [500]],
    [
      "generation_config.json before it",
      { generationConfig: { eos_token_id: 502 }, config: { eos_token_id: 500 } },
      [502],
    ],
    ["a list", { generationConfig: { eos_token_id: [502, 500] } }, [502, 500]],
    [
      "the tokenizer's own first",
      { generationConfig: { eos_token_id: [500, 502] }, tokenizerConfig: { eos_token: "<|im_end|>" } },
      [502, 500],
    ],
    [
      "the tokenizer's own as an object",
      { config: {}, tokenizerConfig: { eos_token: { content: "<|im_end|>" } } },
      [502],
    ],
    [
      "a token that is none",
      { config: { eos_token_id: 500 }, tokenizerConfig: { eos_token: "</s>" } },
      [500],
    ],
  ])("%s", (_, others, right) => {
    expect(ends(others)).toEqual(right);
  });

  test.each<[string, Parameters<typeof published>[1], string]>([
    ["nowhere", { config: {} }, "names no token that ends a response"],
    ["an empty list", { config: { eos_token_id: [] } }, "names no token that ends a response"],
    [
      "out of range",
      { config: { eos_token_id: SIZE } },
      `config.json: eos_token_id is ${SIZE}; it must be a whole`,
    ],
    ["text", { generationConfig: { eos_token_id: ["x"] } }, "generation_config.json: eos_token_id is x"],
  ])("%s is refused", (_, others, message) => {
    expect(() => ends(others)).toThrow(message);
  });
});
