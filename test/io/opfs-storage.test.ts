import { describe, expect, test } from "vitest";
import { type Exclusively, OpfsStorage } from "../../src/host/opfs-storage.ts";
import { CHANGES, type Change, expectOldOrNew, expectSurvived, prepare } from "./changes.ts";
import { FakeOpfs } from "./fake-opfs.ts";
import { bytesOf, expectFailure, snapshot } from "./support.ts";

const alone: Exclusively = (body) => body();

function storageOn(disk: FakeOpfs): OpfsStorage {
  return new OpfsStorage(disk.root, alone);
}

interface Found {
  readonly outcome: PromiseSettledResult<unknown>;
  /** Calls that the change made. */
  readonly calls: number;
  /** The files right afterwards, and what is unfinished then. */
  readonly atOnce: Record<string, string>;
  readonly leftBehind: readonly string[];
  /** The files after `recover` in a new tab. */
  readonly recovered: Record<string, string>;
}

/** What a new tab finds after a change on a prepared storage with a fault: `fault` says of a call which one it gets. */
async function interrupted(
  change: Change,
  { fault = () => undefined, room = Number.POSITIVE_INFINITY }: Partial<Pick<FakeOpfs, "fault" | "room">>,
): Promise<Found> {
  const disk = new FakeOpfs();
  await prepare(storageOn(disk));
  Object.assign(disk, { calls: 0, fault, room });
  const [outcome] = await Promise.allSettled([change.run(storageOn(disk))]);
  const { calls } = disk;
  Object.assign(disk, { fault: () => undefined, room: Number.POSITIVE_INFINITY });
  const [atOnce, leftBehind] = [await snapshot(storageOn(disk)), disk.unfinished()];
  await storageOn(disk).recover("");
  expect(disk.unfinished(), "left behind after recover").toEqual([]);
  return { outcome, calls, atOnce, leftBehind, recovered: await snapshot(storageOn(disk)) };
}

async function countCalls(change: Change): Promise<number> {
  const { outcome, calls, leftBehind, recovered } = await interrupted(change, {});
  expect(outcome.status).toBe("fulfilled");
  expect(leftBehind).toEqual([]);
  expect(recovered).toEqual(change.after);
  expect(calls).toBeGreaterThan(1);
  return calls;
}

describe.each(CHANGES)("OPFS storage: $name", (change) => {
  test("a tab that dies at any call leaves the old or the new", async () => {
    const calls = await countCalls(change);
    for (let call = 1; call <= calls; call++) {
      const dead = (number: number) => (number >= call ? "AbortError" : undefined);
      expectSurvived((await interrupted(change, { fault: dead })).recovered, change);
    }
  });

  test("a failure at any call leaves the old or the new, and says why", async () => {
    const calls = await countCalls(change);
    for (let call = 1; call <= calls; call++) {
      const failing = (number: number) => (number === call ? "UnknownError" : undefined);
      const { outcome, recovered } = await interrupted(change, { fault: failing });
      expectOldOrNew(recovered, change);
      if (outcome.status === "fulfilled") expect(recovered).toEqual(change.after);
      else {
        const message = expect.stringMatching(/: injected fault$/);
        expect(outcome.reason).toMatchObject({ code: "storage-failed", message });
      }
    }
  });

  test("a full storage loses nothing and says what to delete", async () => {
    let room = 0;
    for (let stored = false; !stored; room++) {
      const { outcome, recovered } = await interrupted(change, { room });
      expectOldOrNew(recovered, change);
      stored = outcome.status === "fulfilled";
      if (stored) expect(recovered).toEqual(change.after);
      if (outcome.status === "rejected") {
        const message = expect.stringMatching(/: the browser's storage is full$/);
        expect(outcome.reason).toMatchObject({ code: "storage-failed", message });
      }
    }
  });
});

describe("OPFS storage", () => {
  test("says that another tab is writing, and takes nothing from it", async () => {
    const disk = new FakeOpfs();
    const storage = storageOn(disk);
    await storage.append("log", bytesOf("one\n"));
    const file = (await disk.root.getFileHandle("log")) as FileSystemFileHandle & {
      createSyncAccessHandle(): Promise<{ close(): void }>;
    };
    const held = await file.createSyncAccessHandle();
    await expectFailure(() => storage.append("log", bytesOf("two\n")), "storage-failed", "another tab");
    await expectFailure(() => storage.write("log", [bytesOf("x")]), "storage-failed", "another tab");
    held.close();
    await storage.append("log", bytesOf("two\n"));
    expect(await snapshot(storage)).toEqual({ log: "one\ntwo\n" });
  });

  test("hides what is being made", async () => {
    const disk = new FakeOpfs();
    const storage = storageOn(disk);
    await storage.write("half", [bytesOf("x")]);
    await disk.root.getFileHandle("half.bellows-partial", { create: true });
    expect(await storage.list("")).toEqual([]);
    await storage.write("half", [bytesOf("whole")]);
    expect(await snapshot(storage)).toEqual({ half: "whole" });
  });

  test("hides what Chromium leaves of a tab that died while it wrote, and clears it up", async () => {
    const disk = new FakeOpfs();
    const storage = storageOn(disk);
    await storage.write("f/whole", [bytesOf("x")]);
    const folder = await disk.root.getDirectoryHandle("f");
    await folder.getFileHandle("whole.crswap", { create: true });
    expect(await storage.list("f")).toEqual(["whole"]);
    await storage.recover("f");
    await expect(folder.getFileHandle("whole.crswap")).rejects.toThrow("not found");
    expect(await snapshot(storage)).toEqual({ "f/whole": "x" });
  });

  test("can delete where there is no room at all", async () => {
    const disk = new FakeOpfs();
    const storage = storageOn(disk);
    await prepare(storage);
    disk.room = 0;
    await storage.remove("f");
    expect(await snapshot(storage)).toEqual({ log: "one\n" });
  });

  test("gives up on a browser that answers no more", async () => {
    const silent = () => new Promise<never>(() => {});
    const root = {
      getFileHandle: silent,
      getDirectoryHandle: silent,
    } as unknown as FileSystemDirectoryHandle;
    const storage = new OpfsStorage(root, alone, 10);
    for (const change of CHANGES)
      await expectFailure(() => change.run(storage), "storage-failed", "does not answer");
  });
});
