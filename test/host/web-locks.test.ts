import { expect, test } from "vitest";
import { runLock } from "../../src/host/web-locks.ts";
import { expectFailure } from "../io/support.ts";
import { FakeLocks } from "../support/fake-locks.ts";

const newLocks = () => new FakeLocks() as unknown as LockManager;

test("a run belongs to one tab at a time", async () => {
  const locks = newLocks();
  const release = await runLock("a", locks);
  const error = await expectFailure(() => runLock("a", locks, 20), "run-locked", "a is open in another tab");
  expect(error.field).toBe("a");
  (await runLock("b", locks, 20))();
  release();
  (await runLock("a", locks, 20))();
});

test("a lock that is let go in time is got: after a reload the worker before may live a moment longer", async () => {
  const locks = newLocks();
  const release = await runLock("a", locks);
  setTimeout(release, 20);
  (await runLock("a", locks, 5000))();
});

test("what else goes wrong with locks is told as it is", async () => {
  const locks = { request: () => Promise.reject(new TypeError("no locks here")) } as unknown as LockManager;
  await expect(runLock("a", locks)).rejects.toThrow("no locks here");
});
