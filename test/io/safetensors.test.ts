import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BellowsError } from "../../src/errors.ts";
import { encodeSafetensors, Safetensors, type Tensor } from "../../src/io/safetensors.ts";
import { fileOfBytes } from "../../src/io/storage.ts";
import { bytesOf, expectFailure, joined, textOf } from "./support.ts";

const FIXTURES = new URL("../fixtures/io/", import.meta.url);

/** A file with this header, as text or data, and so many bytes of values. */
function fileOf(header: unknown, dataBytes: number, headerLength?: number): Uint8Array {
  const json = bytesOf(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength ?? json.length), true);
  bytes.set(json, 8);
  return bytes;
}

/** A well-formed entry of one dimension, with changes. */
function entry(begin: number, end: number, changes: object = {}): object {
  return { dtype: "F32", shape: [(end - begin) / 4], data_offsets: [begin, end], ...changes };
}

function open(bytes: Uint8Array, name: string): Promise<Safetensors> {
  return Safetensors.open(fileOfBytes(bytes), name);
}

async function values(file: Safetensors, name: string): Promise<Float32Array> {
  const size = file.tensors.get(name)!.shape.reduce((product, n) => product * n, 1);
  const target = new Float32Array(size);
  await file.copy(name, target);
  return target;
}

describe("safetensors", { timeout: 60_000 }, () => {
  test("reads what Python wrote, in every type", async () => {
    const file = await open(await readFile(new URL("dtypes.safetensors", FIXTURES)), "dtypes.safetensors");
    const text = await readFile(new URL("dtypes.json", FIXTURES), "utf8");
    const expected: Record<string, { shape: number[]; values: (number | string)[] }> = JSON.parse(text);
    expect(Object.fromEntries(file.metadata)).toEqual({ format: "pt", note: "made by Python" });
    expect([...file.tensors.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { shape, values: numbers }] of Object.entries(expected)) {
      expect(file.tensors.get(name)?.shape).toEqual(shape);
      expect([...(await values(file, name))], name).toEqual(numbers.map((x) => Math.fround(Number(x))));
    }
  });

  test("every half-precision number is what its bits say", async () => {
    const bits = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    const header = { all: { dtype: "F16", shape: [65_536], data_offsets: [0, 131_072] } };
    const file = joined([fileOf(header, 0), new Uint8Array(bits.buffer)]);
    const got = await values(await open(file, "half"), "all");
    // A half is a float of the same sign and fraction, its exponent moved by 127 - 15, scaled.
    const word = new Uint32Array(1);
    const float = new Float32Array(word.buffer);
    const expected = [...bits].map((half) => {
      word[0] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13);
      const magnitude = float[0]! * 2 ** 112;
      if ((half & 0x7c00) !== 0x7c00) return magnitude;
      return half & 0x3ff ? Number.NaN : Math.sign(magnitude) * Number.POSITIVE_INFINITY;
    });
    expect([...got]).toEqual(expected);
  });

  test("a file written is the file read, whatever names, shapes and values", async () => {
    const tensor = fc
      .tuple(fc.string(), fc.array(fc.nat(3), { maxLength: 3 }))
      .chain(([name, shape]) => {
        const length = shape.reduce((product, n) => product * n, 1);
        const numbers = fc.float32Array({ minLength: length, maxLength: length });
        return numbers.map((array): Tensor => ({ name, shape, values: array }));
      })
      .filter(({ name }) => !["", "__metadata__", "__proto__"].includes(name));
    const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 6 });
    const metadata = fc.dictionary(fc.string(), fc.string());
    await fc.assert(
      fc.asyncProperty(tensors, metadata, async (written, notes) => {
        const chunks = encodeSafetensors(written, notes);
        expect(chunks[0]!.length % 8).toBe(0);
        const file = await open(joined(chunks), "file");
        expect(file.metadata).toEqual(new Map(Object.entries(notes)));
        expect([...file.tensors.keys()].sort()).toEqual(written.map(({ name }) => name).sort());
        for (const { name, shape, values: numbers } of written) {
          expect(file.tensors.get(name)!.shape).toEqual(shape);
          expect(await values(file, name)).toEqual(numbers);
        }
      }),
      { seed: 1 },
    );
  });

  test("pads its header with spaces to a multiple of 8", () => {
    const [start, data] = encodeSafetensors([{ name: "a", shape: [2], values: Float32Array.of(1, 2) }]);
    const header = '{"__metadata__":{},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    expect(textOf(start!.subarray(8))).toBe(header.padEnd(Math.ceil(header.length / 8) * 8));
    expect(data).toHaveLength(8);
  });

  test.each([
    [
      [
        { name: "a", shape: [], values: new Float32Array(1) },
        { name: "a", shape: [], values: new Float32Array(1) },
      ],
      '"a"',
    ],
    [[{ name: "__metadata__", shape: [0], values: new Float32Array() }], "__metadata__"],
    [[{ name: "a", shape: [2, 2], values: new Float32Array(3) }], "3 values; its shape [2, 2] needs 4"],
  ])("writes no tensor twice, under a reserved name or in a wrong shape", async (tensors, part) => {
    await expectFailure(() => encodeSafetensors(tensors), "input-invalid", part);
  });

  test("copies into an array of the right size alone", async () => {
    const file = await open(fileOf({ a: entry(0, 8) }, 8), "f");
    await expectFailure(
      () => file.copy("a", new Float32Array(3)),
      "checkpoint-invalid",
      'the size of "a" is 2',
    );
    await expectFailure(() => file.copy("b", new Float32Array(2)), "checkpoint-invalid", '"b" is missing');
  });
});

const DEEP = `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;

describe("safetensors: hostile files", { timeout: 60_000 }, () => {
  test.each<[what: string, bytes: Uint8Array, ...parts: string[]]>([
    ["empty", new Uint8Array(), "the length of the file is 0; it must be at least 8"],
    ["7 bytes", new Uint8Array(7), "the length of the file is 7"],
    [
      "a header beyond the file",
      fileOf({}, 0, 100_000_000),
      "the length of the header is 100000000; it must be at most 2",
    ],
    [
      "a header of 2⁶⁴ − 1 bytes",
      new Uint8Array(64).fill(0xff),
      "the length of the header is 18446744073709552000",
    ],
    ["an empty header", fileOf("", 0), "the header is not JSON"],
    ["a header that is no JSON", fileOf("{a}", 0), "the header is not JSON"],
    ["a header cut short", fileOf({ a: entry(0, 4) }, 4, 20), "the header is not JSON"],
    ["a header that is no UTF-8", fileOf("{}", 0).fill(0xff, 8), "the header is not JSON"],
    [
      "a header that is a list",
      fileOf([], 0),
      "the header is a list of 0; it must be a JSON object".replace("a list of 0", "[]"),
    ],
    ["a header that is null", fileOf(null, 0), "the header is null"],
    ["a deep header", fileOf(DEEP, 0), '"a" is', "it must be an object of dtype"],
    ["an entry that is a number", fileOf({ a: 1 }, 0), '"a" is 1; it must be an object of dtype'],
    [
      "an empty entry",
      fileOf({ a: {} }, 0),
      'the dtype of "a" is missing; it must be one that bellows reads: F32, F16, BF16',
    ],
    ["an unknown dtype", fileOf({ a: entry(0, 4, { dtype: "I64" }) }, 4), 'the dtype of "a" is "I64"'],
    ["a dtype from the prototype", fileOf({ a: entry(0, 4, { dtype: "constructor" }) }, 4), '"constructor"'],
    [
      "no shape",
      fileOf({ a: entry(0, 4, { shape: null }) }, 4),
      'the shape of "a" is null; it must be a list of whole',
    ],
    ["a negative shape", fileOf({ a: entry(0, 4, { shape: [-1, -1] }) }, 4), 'the shape of "a" is [-1, -1]'],
    ["a shape of parts", fileOf({ a: entry(0, 4, { shape: [0.5, 2] }) }, 4), 'the shape of "a" is [0.5, 2]'],
    ["a shape of text", fileOf({ a: entry(0, 4, { shape: ["1"] }) }, 4), 'the shape of "a" is ["1"]'],
    [
      "a shape beyond exact numbers",
      fileOf({ a: entry(0, 4, { shape: [2 ** 60] }) }, 4),
      'the shape of "a" is [1152',
    ],
    [
      "a shape of which the product overflows",
      fileOf({ a: entry(0, 4, { shape: Array(40).fill(2 ** 30) }) }, 4),
      "Infinity bytes apart",
    ],
    [
      "too few bytes for the shape",
      fileOf({ a: entry(0, 4, { shape: [2] }) }, 4),
      'data_offsets of "a" is [0, 4]; it must be 8 bytes apart',
    ],
    [
      "too many bytes for the shape",
      fileOf({ a: entry(0, 8, { shape: [1] }) }, 8),
      "it must be 4 bytes apart",
    ],
    [
      "a tensor of 4 GiB",
      fileOf({ a: entry(0, 2 ** 32) }, 4),
      "it must be [begin, end] within the 4 bytes of values",
    ],
    [
      "no offsets",
      fileOf({ a: entry(0, 4, { data_offsets: undefined }) }, 4),
      'data_offsets of "a" is missing',
    ],
    [
      "three offsets",
      fileOf({ a: entry(0, 4, { data_offsets: [0, 4, 4] }) }, 4),
      "is [0, 4, 4]; it must be [begin, end]",
    ],
    ["a negative offset", fileOf({ a: entry(0, 4, { data_offsets: [-4, 0] }) }, 4), "is [-4, 0]"],
    ["offsets in reverse", fileOf({ a: entry(0, 4, { data_offsets: [4, 0] }) }, 4), "is [4, 0]"],
    ["a tensor cut short", fileOf({ a: entry(0, 4) }, 3), "within the 3 bytes of values"],
    [
      "an overlap",
      fileOf({ a: entry(0, 8), b: entry(4, 12) }, 12),
      'data_offsets of "b" is [4, 12]; it must be from 8 on',
    ],
    [
      "one range twice",
      fileOf({ a: entry(0, 8), b: entry(0, 8) }, 8),
      'data_offsets of "b" is [0, 8]; it must be from 8 on',
    ],
    [
      "a hole",
      fileOf({ a: entry(0, 4), b: entry(8, 12) }, 12),
      'data_offsets of "b" is [8, 12]; it must be from 4 on',
    ],
    ["a hole at the start", fileOf({ a: entry(4, 8) }, 8), "it must be from 0 on"],
    ["bytes left over", fileOf({ a: entry(0, 4) }, 9), "it must be", "where its last tensor ends"],
    [
      "a name twice",
      fileOf(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}',
        4,
      ),
      'has the key "a" twice in one object',
    ],
    [
      "a field twice",
      fileOf('{"a":{"dtype":"I8","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
      '"dtype" twice',
    ],
    [
      "__proto__",
      fileOf('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
      'the name of a tensor is "__proto__"',
    ],
    ["no name", fileOf({ "": entry(0, 4) }, 4), 'the name of a tensor is ""'],
    [
      "metadata that is a list",
      fileOf({ __metadata__: [] }, 0),
      "__metadata__ is []; it must be an object of strings",
    ],
    [
      "metadata of numbers",
      fileOf({ __metadata__: { a: 1 } }, 0),
      '__metadata__["a"] is 1; it must be a string',
    ],
  ])("%s", async (_, bytes, ...parts) => {
    const error = await expectFailure(() => open(bytes, "dir/x.safetensors"), "checkpoint-invalid", ...parts);
    expect(error.message).toMatch(/^dir\/x\.safetensors: /);
    expect(error.message.length).toBeLessThan(400);
  });

  test("takes no more than a moment and no more memory than the file for a large header", async () => {
    const long = "x".repeat(30_000_000);
    const before = performance.now();
    await expectFailure(() => open(fileOf({ [long]: 1 }, 0), "f"), "checkpoint-invalid", "must be an object");
    const many = JSON.stringify(
      Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`t${i}`, entry(0, 0)])),
    );
    expect((await open(fileOf(many, 0), "f")).tensors.size).toBe(200_000);
    expect(performance.now() - before).toBeLessThan(20_000);
  });

  test("any damage to a file is refused or harmless, never another error", async () => {
    const sound = joined(
      encodeSafetensors(
        [
          { name: "a", shape: [2, 3], values: new Float32Array(6).fill(1) },
          { name: "b", shape: [4], values: new Float32Array(4).fill(2) },
        ],
        { note: "x" },
      ),
    );
    const place = fc.nat(sound.length - 1);
    const damage = fc.record({
      bytes: fc.array(fc.tuple(place, fc.nat(255)), { maxLength: 4 }),
      cut: fc.option(place, { nil: sound.length }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ bytes, cut }) => {
        const damaged = sound.slice(0, cut);
        for (const [index, byte] of bytes) if (index < cut) damaged[index] = byte;
        try {
          const file = await open(damaged, "f");
          for (const name of file.tensors.keys()) await values(file, name);
        } catch (error) {
          expect(error).toBeInstanceOf(BellowsError);
          expect(error).toMatchObject({ code: "checkpoint-invalid" });
        }
      }),
      { seed: 1, numRuns: 3000 },
    );
  });
});
