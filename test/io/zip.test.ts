import fc from "fast-check";
import { strToU8, zipSync } from "fflate";
import { expect, test } from "vitest";
import { loadCheckpoint, saveCheckpoint } from "../../src/io/checkpoint.ts";
import { MemoryStorage } from "../../src/io/memory-storage.ts";
import { RunFolder, readLog } from "../../src/io/run-folder.ts";
import { readZip, storeFolder, ZIP_LIMITS, zipFolder } from "../../src/io/zip.ts";
import { bytesOf, expectFailure, sampleCheckpoint, snapshot, textOf } from "./support.ts";

/** A zip file of these texts, as another program may write it. */
function zipOf(files: Record<string, string>): Uint8Array<ArrayBuffer> {
  return zipSync(Object.fromEntries(Object.entries(files).map(([path, text]) => [path, strToU8(text)])));
}

function textsOf(zip: Uint8Array<ArrayBuffer>): Record<string, string> {
  return Object.fromEntries([...readZip(zip)].map(([path, bytes]) => [path, textOf(bytes)]));
}

/** Sets a 32-bit field of the first entry in a zip file's central directory, e.g. 24: the unpacked size. */
function forge(zip: Uint8Array<ArrayBuffer>, field: number, value: number): Uint8Array<ArrayBuffer> {
  const forged = zip.slice();
  const begin = Buffer.from(forged).indexOf("PK\x01\x02");
  new DataView(forged.buffer).setUint32(begin + field, value, true);
  return forged;
}

test("a run that was zipped and unpacked is the run, and goes on", async () => {
  const storage = new MemoryStorage();
  const run = await RunFolder.create(storage, "runs/a", { seed: 1 });
  await run.append("metrics", [{ step: 0 }, { step: 1 }]);
  await run.saveStep(40, sampleCheckpoint());
  await storeFolder(storage, "runs/b", readZip(await zipFolder(storage, "runs/a")));
  expect(await snapshot(storage, "runs/b")).toEqual(
    Object.fromEntries(
      Object.entries(await snapshot(storage, "runs/a")).map(([path, text]) => [
        path.replace("/a", "/b"),
        text,
      ]),
    ),
  );
  const copy = await RunFolder.open(storage, "runs/b");
  expect((await copy.resume()).parameters).toEqual(sampleCheckpoint().parameters);
  expect(await readLog(storage, "runs/b", "metrics")).toEqual([{ step: 0 }, { step: 1 }]);
});

test("a checkpoint keeps its bits, and the same folder gives the same zip", async () => {
  const storage = new MemoryStorage();
  await saveCheckpoint(storage, "checkpoint", sampleCheckpoint());
  const zip = await zipFolder(storage, "checkpoint");
  expect(await zipFolder(storage, "checkpoint")).toEqual(zip);
  await storeFolder(storage, "copy", readZip(zip));
  expect(await loadCheckpoint(storage, "copy")).toEqual(await loadCheckpoint(storage, "checkpoint"));
});

test("any files come back as they were", async () => {
  const name = fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9 ._-]{0,8}[A-Za-z0-9_-]$/);
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
  const files = fc.dictionary(path, fc.uint8Array({ maxLength: 300 }), { minKeys: 1, maxKeys: 8 });
  await fc.assert(
    fc.asyncProperty(files, async (contents) => {
      const storage = new MemoryStorage();
      for (const [path, content] of Object.entries(contents)) {
        // A path below a file cannot be stored.
        await storage.write(`in/folder/${path}`, [content]).catch(() => {});
      }
      await storage.write("in/folder/config.json", [bytesOf("{}")]);
      await storeFolder(storage, "out", readZip(await zipFolder(storage, "in/folder")));
      const relative = async (folder: string) =>
        Object.entries(await snapshot(storage, folder)).map(([path, text]) => [
          path.slice(folder.length),
          text,
        ]);
      expect(await relative("out")).toEqual(await relative("in/folder"));
    }),
    { numRuns: 100, seed: 1 },
  );
});

test("takes a folder that another program zipped, without what the system added", () => {
  const files = {
    "run/config.json": "{}",
    "run/checkpoints/latest": "final",
    "run/.DS_Store": "x",
    "__MACOSX/a": "x",
  };
  expect(textsOf(zipOf(files))).toEqual({ "config.json": "{}", "checkpoints/latest": "final" });
  expect(textsOf(zipOf({ "a/x": "1", "ab/x": "2" }))).toEqual({ "a/x": "1", "ab/x": "2" });
  expect(textsOf(zipOf({}))).toEqual({});
});

test.each(["../x", "a/../../x", "/etc/x", "C:\\x", "a\\..\\x", "a//x", "x.bellows-partial", "a\nb"])(
  "refuses the path %j",
  async (path) => {
    await expectFailure(
      () => readZip(zipOf({ "config.json": "{}", [path]: "x" })),
      "input-invalid",
      JSON.stringify(path),
    );
  },
);

test("refuses what is no zip file, or damaged", async () => {
  const zip = zipOf({ "config.json": JSON.stringify({ seed: 1 }).repeat(50) });
  for (const bytes of [new Uint8Array(), bytesOf("hello").slice(), zip.slice(0, -30), zip.slice(20)]) {
    await expectFailure(() => readZip(new Uint8Array(bytes)), "input-invalid", "the zip file cannot be used");
  }
});

test("refuses what would be too large, before it is unpacked", async () => {
  const bomb = zipSync({ x: new Uint8Array(3_000_000) });
  expect(bomb.length).toBeLessThan(10_000);
  await expectFailure(
    () => readZip(bomb, { ...ZIP_LIMITS, bytes: 1_000_000 }),
    "input-invalid",
    "1000000 bytes",
  );
  const claiming = forge(bomb, 24, 0xffff_fffe);
  await expectFailure(() => readZip(claiming), "input-invalid", '"x" is damaged');
  const files = zipOf(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`f${i}`, ""])));
  await expectFailure(() => readZip(files, { ...ZIP_LIMITS, files: 29 }), "input-invalid", "29 files");
  await expectFailure(() => readZip(zipOf({ "1/2/3/4/5/6/7/8/9": "" })), "input-invalid", "8 folders deep");
});

/** Offsets in an entry of the central directory. */
const FIELDS = { flags: 8, method: 10, checksum: 16, packed: 20, unpacked: 24, offset: 42 };

test("refuses a file that is not what it says it is", async () => {
  const text = JSON.stringify({ seed: 1 }).repeat(500);
  const zip = zipOf({ "config.json": text, other: "x".repeat(9000) });
  const of = (field: keyof typeof FIELDS, value: number) => forge(zip, FIELDS[field], value);
  const size = text.length;
  const damaged = '"config.json" is damaged';
  for (const [forged, reason] of [
    [of("unpacked", 2 ** 29), damaged],
    [of("unpacked", size - 1), damaged],
    [of("unpacked", size + 1), damaged],
    [of("unpacked", 0), damaged],
    [of("checksum", 1), damaged],
    [of("packed", 5), damaged],
    [of("packed", zip.length), "larger than itself"],
    [of("packed", 0xffff_ffff), "zip64"],
    [of("offset", 1), damaged],
    [of("offset", zip.length), damaged],
    [of("offset", 0xffff_ffff), "zip64"],
    [of("method", 0), damaged],
    [of("method", 12), "method 12"],
    [of("flags", 1), "encrypted"],
  ] as const) {
    await expectFailure(() => readZip(forged), "input-invalid", reason);
  }
});

test("refuses entries that share their bytes, before any is unpacked", async () => {
  // Each of these 200 files would be the first one's 30 million bytes: 6 gigabytes out of some kilobytes.
  const [bomb, claims] = [new Uint8Array(30_000_000), 10];
  const zip = zipSync({
    bomb,
    ...Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${i}`, new Uint8Array()])),
  });
  const view = new DataView(zip.buffer);
  const central = Buffer.from(zip);
  let at = central.indexOf("PK\x01\x02");
  const packed = view.getUint32(at + FIELDS.packed, true);
  for (; at >= 0; at = central.indexOf("PK\x01\x02", at + 4)) {
    view.setUint16(at + FIELDS.method, 8, true);
    view.setUint32(at + FIELDS.packed, packed, true);
    view.setUint32(at + FIELDS.unpacked, claims, true);
    view.setUint32(at + FIELDS.offset, 0, true);
  }
  await expectFailure(() => readZip(zip), "input-invalid", "larger than itself");
});

test("refuses a name that comes twice and one that is no name of a file", async () => {
  const twice = zipOf({ "file-a": "1", "file-b": "2" });
  const both = new Uint8Array(
    Buffer.from(Buffer.from(twice).toString("latin1").replaceAll("file-b", "file-a"), "latin1"),
  );
  await expectFailure(() => readZip(both), "input-invalid", '"file-a" twice');
  const named = zipOf({ placeholder_: "1", other: "2" });
  const proto = new Uint8Array(
    Buffer.from(Buffer.from(named).toString("latin1").replaceAll("placeholder_", "__proto__/xy"), "latin1"),
  );
  expect([...readZip(proto).keys()]).toEqual(["__proto__/xy", "other"]);
});

test("a file with wrong bytes anywhere is refused in words, or all that is read of it is right", () => {
  const contents = ["{}", "final\n", "x".repeat(500), "0123456789".repeat(40)];
  const [config, latest, samples, metrics] = contents as [string, string, string, string];
  const zip = zipOf({ "config.json": config, "checkpoints/latest": latest, samples, metrics });
  const change = fc.tuple(fc.nat(zip.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
      const broken = zip.slice();
      for (const [at, value] of changes) broken[at] = value;
      try {
        for (const bytes of readZip(broken).values()) expect(contents).toContain(textOf(bytes));
      } catch (error) {
        expect(error).toMatchObject({ name: "BellowsError", code: "input-invalid" });
      }
    }),
    { numRuns: 3000, seed: 1 },
  );
});

test("a file that is cut off, or no zip file at all, is refused in words", async () => {
  const zip = zipOf({ "config.json": "{}", samples: "x".repeat(500) });
  for (let length = 0; length < zip.length; length++) {
    await expectFailure(() => readZip(zip.slice(0, length)), "input-invalid", "the zip file cannot be used");
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 60 }), (bytes, after) => {
      // What looks like the end of a zip file, amid anything.
      const file = new Uint8Array([...bytes, 0x50, 0x4b, 5, 6, ...after]);
      try {
        expect(readZip(file).size).toBe(0);
      } catch (error) {
        expect(error).toMatchObject({ name: "BellowsError", code: "input-invalid" });
      }
    }),
    { numRuns: 2000, seed: 1 },
  );
});

test("a name in UTF-8 is kept, and one that is none is refused", async () => {
  const files = { "config.json": "{}", "größe.txt": "x" };
  expect(textsOf(zipOf(files))).toEqual(files);
  const broken = Buffer.from(zipOf(files)).toString("latin1").replaceAll("\xc3\xb6", "\xc3\x28");
  await expectFailure(
    () => readZip(new Uint8Array(Buffer.from(broken, "latin1"))),
    "input-invalid",
    "the name of a file is damaged",
  );
});

test("stores nothing over something, nothing in part, and no file below a file", async () => {
  const storage = new MemoryStorage();
  await storage.write("taken", [bytesOf("x")]);
  const files = new Map([["config.json", bytesOf("{}")]]);
  await expectFailure(() => storeFolder(storage, "taken", files), "input-invalid", "taken already");
  const clash = new Map([...files, ["a", bytesOf("x")], ["a/b", bytesOf("x")]] as const);
  await expectFailure(() => storeFolder(storage, "new", clash), "input-invalid", "below a file");
  const full = new MemoryStorage();
  const write = full.write.bind(full);
  full.write = (path, content) =>
    path.endsWith("latest") ? Promise.reject(new Error("full")) : write(path, content);
  const run = new Map([
    ...files,
    ["checkpoints/latest", bytesOf("x")],
    ["checkpoints/a/b", bytesOf("x")],
  ] as const);
  await expect(storeFolder(full, "new", run)).rejects.toThrow("full");
  expect([await snapshot(storage), await snapshot(full)]).toEqual([{ taken: "x" }, {}]);
});
