/** What every storage does: tests that each implementation must pass, in Node and in a browser. */
import { describe, expect, test } from "vitest";
import type { Storage } from "../../src/io/storage.ts";
import { bytesOf, expectFailure, snapshot, textOf } from "./support.ts";

/** @param withStorage runs a test with an empty storage. */
export function describeStorage(
  name: string,
  withStorage: (body: (storage: Storage) => Promise<void>) => Promise<void>,
): void {
  describe(`storage: ${name}`, () => {
    test("gives back what was written, in pieces or whole", () =>
      withStorage(async (storage) => {
        await storage.write("a/b/file", [bytesOf("one "), bytesOf(""), bytesOf("two")]);
        expect(textOf(await storage.read("a/b/file"))).toBe("one two");
        await storage.write("a/b/file", []);
        expect(await storage.read("a/b/file")).toEqual(new Uint8Array());
      }));

    test("keeps bytes of its own", () =>
      withStorage(async (storage) => {
        const bytes = bytesOf("abc");
        await storage.write("file", [bytes]);
        bytes.fill(0);
        (await storage.read("file")).fill(1);
        expect(textOf(await storage.read("file"))).toBe("abc");
      }));

    test("reads a part of a file, which is the caller's own", () =>
      withStorage(async (storage) => {
        await storage.write("f/file", [bytesOf("0123"), bytesOf("456789")]);
        const file = await storage.open("f/file");
        expect(file.size).toBe(10);
        const part = await file.read(3, 7);
        expect(textOf(part)).toBe("3456");
        part.fill(0);
        expect(textOf(await file.read(0, 10))).toBe("0123456789");
        expect(await file.read(10, 10)).toHaveLength(0);
        for (const path of ["f", "f/none"]) {
          await expectFailure(() => storage.open(path), "storage-failed", `cannot read`, path);
        }
      }));

    test("tells what exists and lists a folder in order", () =>
      withStorage(async (storage) => {
        expect(await storage.list("nowhere")).toEqual([]);
        await storage.write("f/b", []);
        await storage.write("f/a/deep", []);
        await storage.write("fa", []);
        expect(await storage.createFolder("f/c")).toBe(true);
        expect(await storage.list("f")).toEqual(["a", "b", "c"]);
        expect(await storage.list("")).toEqual(["f", "fa"]);
        expect(await storage.list("f/b")).toEqual([]);
        for (const path of ["", "f", "f/a", "f/a/deep", "f/c"]) expect(await storage.exists(path)).toBe(true);
        for (const path of ["g", "f/d", "fa/b"]) expect(await storage.exists(path)).toBe(false);
      }));

    test("appends to the end, of a missing file too", () =>
      withStorage(async (storage) => {
        await storage.append("logs/log", bytesOf("one\n"));
        await storage.append("logs/log", bytesOf("two\n"));
        expect(textOf(await storage.read("logs/log"))).toBe("one\ntwo\n");
      }));

    test("cuts a file, and never makes it longer", () =>
      withStorage(async (storage) => {
        await storage.write("file", [bytesOf("12345")]);
        await storage.truncate("file", 5);
        await storage.truncate("file", 2);
        expect(textOf(await storage.read("file"))).toBe("12");
        await expectFailure(
          () => storage.truncate("file", 3),
          "storage-failed",
          "file",
          "it has 2 bytes, not 3",
        );
        await expectFailure(() => storage.truncate("none", 0), "storage-failed", "cannot truncate", "none");
      }));

    test("replaces a folder whole", () =>
      withStorage(async (storage) => {
        await storage.write("f/old", [bytesOf("old")]);
        await storage.write("f/sub/old", [bytesOf("old")]);
        await storage.writeFolder("f", new Map([["new", [bytesOf("n"), bytesOf("ew")]]]));
        expect(await snapshot(storage)).toEqual({ "f/new": "new" });
        await storage.writeFolder("g/h", new Map());
        expect(await storage.list("g")).toEqual(["h"]);
      }));

    test("gives a new folder to one caller", () =>
      withStorage(async (storage) => {
        const claims = await Promise.all([1, 2, 3].map(() => storage.createFolder("runs/a")));
        expect(claims.filter(Boolean)).toHaveLength(1);
        await storage.write("runs/file", []);
        expect(await storage.createFolder("runs/file")).toBe(false);
      }));

    test("removes files and folders, and minds no missing one", () =>
      withStorage(async (storage) => {
        for (const path of ["a", "ab", "f/x", "f/g/y", "h"]) await storage.write(path, []);
        for (const path of ["a", "f", "none", "none/deep"]) await storage.remove(path);
        expect(await snapshot(storage)).toEqual({ ab: "", h: "" });
        await storage.recover("");
        expect(await storage.list("")).toEqual(["ab", "h"]);
      }));

    test("names path and reason of a failure", () =>
      withStorage(async (storage) => {
        await storage.write("f/file", []);
        const failures = [
          expectFailure(
            () => storage.read("f/none"),
            "storage-failed",
            "cannot read",
            "f/none",
            "there is no such file",
          ),
          expectFailure(() => storage.read("f"), "storage-failed", "cannot read", "it is a folder"),
          expectFailure(() => storage.write("f", []), "storage-failed", "cannot write", "it is a folder"),
          expectFailure(
            () => storage.write("f/file/x", []),
            "storage-failed",
            "cannot write",
            "a file is where",
          ),
          expectFailure(
            () => storage.append("f", bytesOf("x")),
            "storage-failed",
            "cannot",
            "it is a folder",
          ),
        ];
        for (const error of await Promise.all(failures)) expect(error.field).toBeDefined();
        expect(await snapshot(storage)).toEqual({ "f/file": "" });
      }));

    test.each([
      "/abs",
      "a//b",
      "a/",
      "..",
      "a/../b",
      "./a",
      "a\\b",
      "c:x",
      "a\0",
      "a\nb",
      "x.bellows-partial",
      "x.bellows-replaced/y",
    ])("refuses the path %j", (path) =>
      withStorage(async (storage) => {
        const uses = [
          () => storage.exists(path),
          () => storage.read(path),
          () => storage.list(path),
          () => storage.write(path, []),
          () => storage.writeFolder(path, new Map()),
          () => storage.createFolder(path),
          () => storage.append(path, bytesOf("x")),
          () => storage.truncate(path, 0),
          () => storage.remove(path),
          () => storage.recover(path),
        ];
        for (const use of uses) await expectFailure(use, "input-invalid", JSON.stringify(path));
        expect(await storage.list("")).toEqual([]);
      }),
    );
  });
}
