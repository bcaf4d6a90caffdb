import { execFileSync } from "node:child_process";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { CHANGES, type Change, expectOldOrNew, expectSurvived, prepare } from "./changes.ts";
import { FaultyDisk, soundStorage } from "./faulty-disk.ts";
import { bytesOf, expectFailure, snapshot, withFolder } from "./support.ts";

/** A folder that was prepared, a change on a faulty disk, and what a program finds that comes after it. */
async function interrupted(change: Change, disk: FaultyDisk, check: (found: Found) => void): Promise<void> {
  await withFolder(async (root) => {
    const sound = soundStorage(root);
    await prepare(sound);
    const [outcome] = await Promise.allSettled([change.run(new NodeStorage(root, disk.files))]);
    const [atOnce, leftBehind] = [await snapshot(sound), await unfinished(root)];
    await sound.recover("");
    check({ outcome, atOnce, leftBehind, recovered: await snapshot(sound) });
    expect(await unfinished(root), "left behind after recover").toEqual([]);
  });
}

interface Found {
  readonly outcome: PromiseSettledResult<unknown>;
  /** The files right afterwards. */
  readonly atOnce: Record<string, string>;
  /** Temporary names right afterwards. */
  readonly leftBehind: readonly string[];
  /** The files after `recover`. */
  readonly recovered: Record<string, string>;
}

/** Names in a folder, at any depth, that the storage hides because they are not finished. */
async function unfinished(root: string): Promise<string[]> {
  const names = (await readdir(root, { recursive: true })).map(String);
  return names.filter((name) => /\.bellows-(partial|replaced)(\/|$)/.test(name));
}

/** How many calls a change makes on a sound disk. */
async function countCalls(change: Change): Promise<number> {
  const disk = new FaultyDisk();
  await interrupted(change, disk, ({ outcome, leftBehind, recovered }) => {
    expect(outcome.status).toBe("fulfilled");
    expect(leftBehind).toEqual([]);
    expect(recovered).toEqual(change.after);
  });
  expect(disk.trace.length).toBeGreaterThan(1);
  return disk.trace.length;
}

async function interruptedTrace(change: Change): Promise<readonly string[]> {
  const disk = new FaultyDisk();
  await interrupted(change, disk, () => {});
  return disk.trace;
}

describe.each(CHANGES)("node storage: $name", { timeout: 60_000 }, (change) => {
  test("a program that dies at any call leaves the old or the new", async () => {
    const calls = await countCalls(change);
    for (let call = 1; call <= calls; call++) {
      await interrupted(change, FaultyDisk.dyingAt(call), ({ recovered }) => {
        expectSurvived(recovered, change);
      });
    }
  });

  test("a failure at any call leaves the old or the new, and says why", async () => {
    const calls = await countCalls(change);
    for (let call = 1; call <= calls; call++) {
      await interrupted(change, FaultyDisk.failingAt(call, "EIO"), ({ outcome, recovered }) => {
        expectOldOrNew(recovered, change);
        if (outcome.status === "fulfilled") expect(recovered).toEqual(change.after);
        else
          expect(outcome.reason).toMatchObject({
            code: "storage-failed",
            message: expect.stringMatching(/EIO/),
          });
      });
    }
  });

  test("a full disk loses nothing and leaves nothing behind", async () => {
    let room = 0;
    for (let stored = false; !stored; room++) {
      await interrupted(change, FaultyDisk.withRoom(room), ({ outcome, atOnce, leftBehind }) => {
        expect(leftBehind).toEqual([]);
        expectOldOrNew(atOnce, change);
        stored = outcome.status === "fulfilled";
        if (stored) expect(atOnce).toEqual(change.after);
        if (outcome.status === "rejected") {
          expect(outcome.reason).toMatchObject({
            code: "storage-failed",
            message: expect.stringMatching(/: the disk is full \(ENOSPC\)$/),
            hint: expect.stringContaining("Make room"),
          });
        }
      });
    }
  });
});

describe("node storage", () => {
  test.each([
    ["EACCES", "permission denied (EACCES)"],
    ["EPERM", "the operation is not permitted (EPERM)"],
    ["EROFS", "the file system is read-only (EROFS)"],
    ["EDQUOT", "the disk quota is used up (EDQUOT)"],
    ["EIO", "injected fault"],
  ])("names path and reason of %s", (code, reason) =>
    withFolder(async (root) => {
      const storage = new NodeStorage(root, FaultyDisk.failingAt(1, code).files);
      const error = await expectFailure(
        () => storage.write("f/a", []),
        "storage-failed",
        join(root, "f/a"),
        reason,
      );
      expect(error.cause).toMatchObject({ code });
    }),
  );

  test.each(CHANGES.filter(({ name }) => name !== "truncate"))(
    "$name: what was written is flushed before it is put in place, and the place afterwards",
    (change) =>
      interruptedTrace(change).then((trace) => {
        const renames = trace.flatMap((name, index) => (name === "rename" ? [index] : []));
        const lastWrite = trace.lastIndexOf("writeFile");
        const [first = trace.length, last = lastWrite] = [renames[0], renames.at(-1)];
        if (lastWrite >= 0) expect(trace.slice(lastWrite, first)).toContain("sync");
        expect(trace.slice(last)).toContain("sync");
      }),
  );

  test("makes a root that is missing, and reads one without changing it", () =>
    withFolder(async (root) => {
      const storage = new NodeStorage(join(root, "deep/er"));
      expect(await storage.list("")).toEqual([]);
      expect(await storage.exists("")).toBe(false);
      await storage.recover("");
      expect(await readdir(root)).toEqual([]);
      await storage.write("file", [bytesOf("x")]);
      expect(await readdir(join(root, "deep/er"))).toEqual(["file"]);
    }));

  test("hides what is not finished, and clears it up on the next change of that place or by recover", () =>
    withFolder(async (root) => {
      const storage = new NodeStorage(root);
      await writeFile(join(root, "a.bellows-partial"), "half");
      await mkdir(join(root, "b.bellows-partial"));
      await writeFile(join(root, "b.bellows-partial/x"), "half");
      await mkdir(join(root, "c.bellows-replaced"));
      await writeFile(join(root, "c.bellows-replaced/x"), "whole");
      expect(await storage.list("")).toEqual([]);
      await storage.write("a", [bytesOf("new")]);
      await storage.writeFolder("b", new Map([["y", []]]));
      expect(await unfinished(root)).toEqual(["c.bellows-replaced", "c.bellows-replaced/x"]);
      await storage.recover("");
      expect(await snapshot(storage)).toEqual({ a: "new", "b/y": "", "c/x": "whole" });
    }));
});

/** A tmpfs of 64 KiB where this user may mount one; undefined elsewhere. */
function mountTinyDisk(): string | undefined {
  try {
    const folder = execFileSync("mktemp", ["-d", "/tmp/bellows-tiny-XXXXXX"], { encoding: "utf8" }).trim();
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "ignore" });
      return folder;
    } catch {
      execFileSync("rmdir", [folder]);
      return undefined;
    }
  } catch {
    return undefined;
  }
}

const tinyDisk = mountTinyDisk();

describe(`a disk of 64 KiB (${tinyDisk === undefined ? "injected: no right to mount one here" : "a real tmpfs"})`, () => {
  afterAll(async () => {
    if (tinyDisk === undefined) return;
    execFileSync("umount", [tinyDisk]);
    await rm(tinyDisk, { recursive: true });
  });

  test("fills up without a loss", async () => {
    await withFolder(async (folder) => {
      const root = tinyDisk ?? folder;
      const storage =
        tinyDisk === undefined
          ? new NodeStorage(root, FaultyDisk.withRoom(65_536).files)
          : new NodeStorage(root);
      const content = (letter: string) => new Map([["data", [bytesOf(letter.repeat(30_000))]]]);
      await storage.writeFolder("checkpoint", content("a"));
      await storage.append("log", bytesOf("one\n"));
      const before = await snapshot(storage);
      const tooLarge = new Map([...content("b"), ["more", [bytesOf("b".repeat(30_000))]]] as const);
      await expectFailure(
        () => storage.writeFolder("checkpoint", tooLarge),
        "storage-failed",
        "the disk is full",
      );
      await expectFailure(
        () => storage.write("file", [bytesOf("b".repeat(40_000))]),
        "storage-failed",
        "is full",
      );
      await expectFailure(
        () => storage.append("log", bytesOf("b".repeat(40_000))),
        "storage-failed",
        "is full",
      );
      expect(await snapshot(storage)).toEqual(before);
      expect(await unfinished(root)).toEqual([]);
    });
  });
});
