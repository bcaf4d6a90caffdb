import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { OpfsStorage } from "../../src/host/opfs-storage.ts";
import { MemoryStorage } from "../../src/io/memory-storage.ts";
import { joinPath, type Storage } from "../../src/io/storage.ts";
import { FakeOpfs } from "./fake-opfs.ts";
import { soundStorage } from "./faulty-disk.ts";
import { describeStorage } from "./storage-contract.ts";
import { bytesOf, snapshot, withFolder } from "./support.ts";

const KINDS: readonly (readonly [string, (body: (storage: Storage) => Promise<void>) => Promise<void>])[] = [
  ["memory", (body) => body(new MemoryStorage())],
  ["node", (body) => withFolder((folder) => body(new NodeStorage(folder)))],
  ["OPFS", (body) => body(fakeOpfs())],
];

/** A storage on a browser's file system, in memory; its changes queue up as they would over tabs. */
function fakeOpfs(): OpfsStorage {
  let last: Promise<unknown> = Promise.resolve();
  return new OpfsStorage(new FakeOpfs().root, (body) => {
    const turn = last.then(body);
    last = turn.catch(() => {});
    return turn;
  });
}

for (const [name, withStorage] of KINDS) describeStorage(name, withStorage);

describe("storage", { timeout: 60_000 }, () => {
  test("memory, Node and OPFS do the same, whatever is asked of them", async () => {
    const path = fc.constantFrom("a", "b", "a/x", "a/y", "b/x", "a/x/z");
    const text = fc.string({ maxLength: 4 }).map(bytesOf);
    const act = (name: string, run: (storage: Storage) => Promise<unknown>) => ({
      run,
      toString: () => name,
    });
    const action = fc.oneof(
      fc.tuple(path, text).map(([p, t]) => act(`write ${p}`, (s) => s.write(p, [t]))),
      fc.tuple(path, text).map(([p, t]) => act(`append ${p}`, (s) => s.append(p, t))),
      fc
        .tuple(path, text)
        .map(([p, t]) => act(`writeFolder ${p}`, (s) => s.writeFolder(p, new Map([["x", [t]]])))),
      fc.tuple(path, fc.nat(6)).map(([p, n]) => act(`truncate ${p} ${n}`, (s) => s.truncate(p, n))),
      path.map((p) => act(`createFolder ${p}`, (s) => s.createFolder(p))),
      path.map((p) => act(`remove ${p}`, (s) => s.remove(p))),
      path.map((p) => act(`exists ${p}`, (s) => s.exists(p))),
      path.map((p) => act(`list ${p}`, (s) => s.list(p))),
    );
    const outcome = async (result: Promise<unknown>) => {
      const [settled] = await Promise.allSettled([result]);
      return settled.status === "fulfilled" ? settled.value : "failed";
    };
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 12 }), (actions) =>
        withFolder(async (folder) => {
          const memory = new MemoryStorage();
          const others = [soundStorage(folder), fakeOpfs()];
          for (const { run } of actions) {
            const expected = await outcome(run(memory));
            for (const storage of others) expect(await outcome(run(storage))).toEqual(expected);
          }
          for (const storage of others) expect(await snapshot(storage)).toEqual(await snapshot(memory));
        }),
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  test("joinPath leaves out empty parts", () => {
    expect(joinPath("", "a", "", "b/c")).toBe("a/b/c");
    expect(joinPath("", "")).toBe("");
  });
});
