import fc from "fast-check";
import { expect, test } from "vitest";
import { createTask, TASKS } from "../../src/tasks/registry.ts";
import { Vocabulary } from "../../src/tasks/vocabulary.ts";

const SPECIAL = ["<pad>", "<eos>", "wait", "so", "alt", "ans"];
const chain = createTask("chain-arithmetic").vocabulary;

test("the toy reasoner's vocabulary has the prototype's 29 tokens in the prototype's order", () => {
  expect(chain.tokens.join(" ")).toBe(
    "<pad> <eos> 0 1 2 3 4 5 6 7 8 9 + - * = wait so alt ans > a b c d e f g h",
  );
  expect(chain.size).toBe(29);
  const { pad, end, wait, so, alt, ans } = chain;
  expect([pad, end, wait, so, alt, ans]).toEqual([0, 1, 16, 17, 18, 19]);
});

test.each([...TASKS.keys()])("%s: decode is the inverse of encode", (name) => {
  const { vocabulary } = createTask(name);
  const ids = fc.array(fc.nat(vocabulary.size - 1));
  fc.assert(
    fc.property(ids, (tokens) => {
      expect(vocabulary.encode(vocabulary.decode(tokens))).toEqual(tokens);
    }),
  );
});

test.each([...TASKS.keys()])("%s: format loses nothing but white space", (name) => {
  const { vocabulary } = createTask(name);
  const ids = fc.array(fc.nat(vocabulary.size - 1));
  fc.assert(
    fc.property(ids, (tokens) => {
      const closed = (text: string) => text.replaceAll(" ", "");
      expect(closed(vocabulary.format(tokens))).toBe(closed(vocabulary.decode(tokens)));
    }),
  );
});

test("encode takes any white space, and no text", () => {
  expect(chain.encode("  4 8\ta\n* 8 ")).toEqual(chain.ids(["4", "8", "a", "*", "8"]));
  expect(chain.encode("")).toEqual([]);
});

test("format sets digits and signs together and words apart", () => {
  const tokens = "a * 6 = 9 2 wait 2 * 6 = 1 2 8 * 6 = 4 8 so 9 2 ans 9 2 <eos>";
  expect(chain.format(chain.encode(tokens))).toBe("a *6=92 wait 2*6=12 8*6=48 so 92 ans 92<eos>");
  expect(chain.format(chain.encode("8 2 a * 6 b - 7 >"))).toBe("82 a *6 b -7 >");
});

test("format sets numbers apart where each is one token", () => {
  const { vocabulary } = createTask("countdown");
  const tokens = "3 15 = 45 > 15 * 3 = 45 45 - 3 = 42 ans ( 15 ) * 3 <eos>";
  expect(vocabulary.format(vocabulary.encode(tokens))).toBe("3 15=45 > 15*3=45 45-3=42 ans (15)*3<eos>");
});

test("an unknown word is named with its place", () => {
  expect(() => chain.encode("4 8 a x 8 >")).toThrow(/word 4 of "4 8 a x 8 >" is "x", which is not/);
  expect(() => chain.id("constructor")).toThrow(/"constructor" is not in the vocabulary/);
});

test.each([-1, 29, 0.5, Number.NaN])("token id %s is refused", (id) => {
  expect(() => chain.decode([2, id])).toThrow(/token id is .*; it must be one of 0 to 28/);
  expect(() => chain.format([id])).toThrow(/token id is/);
});

test.each([
  ["a word twice", [...SPECIAL, "a", "a"], /token 7 is "a", as is token 6/],
  ["an empty word", [...SPECIAL, ""], /token 6 is ""/],
  ["a word with a space", [...SPECIAL, "a b"], /token 6 is "a b"; it must be a word without white space/],
  ["no end token", SPECIAL.filter((word) => word !== "<eos>"), /"<eos>" is not in the vocabulary/],
  ["no behaviour word", SPECIAL.filter((word) => word !== "alt"), /"alt" is not in the vocabulary/],
])("a vocabulary with %s is refused", (_, tokens, message) => {
  expect(() => new Vocabulary(tokens)).toThrow(message);
});
