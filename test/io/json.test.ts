import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkJson, decodeJson, encodeJson, shown } from "../../src/io/json.ts";
import { bytesOf, expectFailure } from "./support.ts";

describe("json", { timeout: 60_000 }, () => {
  test("plain data comes back as it was", () => {
    const value = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 });
    fc.assert(
      fc.property(value, (data) => {
        expect(decodeJson(encodeJson(data, "data"), "data")).toEqual(JSON.parse(JSON.stringify(data)));
      }),
      { seed: 1 },
    );
  });

  test.each([
    [Number.NaN, "data.a[1].b is NaN"],
    [Number.NEGATIVE_INFINITY, "data.a[1].b is -Infinity"],
    [undefined, "data.a[1].b is missing"],
    [12n, "data.a[1].b is 12"],
    [Symbol("s"), "data.a[1].b is Symbol(s)"],
    [() => 0, "data.a[1].b is () => 0"],
    [new Float32Array(2), "data.a[1].b is an object"],
    [new Map(), "data.a[1].b is an object"],
    [new Date(0), "data.a[1].b is an object"],
  ])("refuses %s, which would not come back", async (value, part) => {
    const body = () => encodeJson({ a: [1, { b: value }] }, "data");
    const error = await expectFailure(body, "input-invalid", part, "it must be plain data");
    expect(error.field).toBe("data.a[1].b");
  });

  test("takes objects without a prototype, and null", () => {
    expect(() => checkJson(Object.assign(Object.create(null), { a: null }), "data")).not.toThrow();
  });

  test.each([
    ["", "data is not JSON"],
    ["{", "data is not JSON"],
    ["[1]", "data is [1]; it must be a JSON object"],
    ['"text"', 'data is "text"; it must be'],
    ["null", "data is null"],
    ['{"a":1,"a":1}', 'data has the key "a" twice'],
    ['{"x":[{"b\\"{":1,"c":2,"b\\"{":3}]}', 'has the key "b\\"{" twice'],
  ])("refuses %s", (text, part) =>
    expectFailure(() => decodeJson(bytesOf(text), "data"), "checkpoint-invalid", part).then(() => {}),
  );

  test("the same key in different objects is fine", () => {
    const text = '{"a":{"a":1},"b":[{"a":":"},{"a":"{"}],"c":"\\"a\\":1"}';
    expect(decodeJson(bytesOf(text), "data")).toEqual(JSON.parse(text));
  });

  test("__proto__ is a key like any other", () => {
    const value = decodeJson(bytesOf('{"__proto__":{"polluted":true}}'), "data");
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect("polluted" in value).toBe(false);
  });

  test("control characters of a file do not reach the terminal", async () => {
    const error = await expectFailure(() => decodeJson(bytesOf("\u001b[31m"), "data"), "checkpoint-invalid");
    expect(error.message).not.toMatch(/\p{Cc}/u);
  });

  test.each([
    ["x".repeat(100), `"${"x".repeat(57)}..."`],
    ["a\nb", '"a\\nb"'],
    [[1, "a", null], '[1, "a", null]'],
    [[[1], [2]], "a list of 2"],
    [Array(1000).fill(0), "a list of 1000"],
    [{ a: 1 }, "an object"],
    [null, "null"],
    [undefined, "missing"],
    [0.5, "0.5"],
  ])("shows %j briefly", (value, text) => {
    expect(shown(value)).toBe(text);
  });
});
