/** Changes of a storage and what may be found after each, for storages that are interrupted in the middle. */
import { expect } from "vitest";
import type { Storage } from "../../src/io/storage.ts";
import { bytesOf } from "./support.ts";

/** What is stored before each change below. */
export async function prepare(storage: Storage): Promise<void> {
  await storage.write("f/a", [bytesOf("old a")]);
  await storage.write("f/b", [bytesOf("old b")]);
  await storage.append("log", bytesOf("one\n"));
}
export const BEFORE = { "f/a": "old a", "f/b": "old b", log: "one\n" };

export interface Change {
  readonly name: string;
  readonly run: (storage: Storage) => Promise<unknown>;
  readonly after: Readonly<Record<string, string>>;
}

const FOLDER = new Map([
  ["a", [bytesOf("new "), bytesOf("a")]],
  ["c", [bytesOf("new c")]],
]);

export const CHANGES: readonly Change[] = [
  {
    name: "write",
    run: (storage) => storage.write("g/h/new", [bytesOf("ab"), bytesOf("cd")]),
    after: { ...BEFORE, "g/h/new": "abcd" },
  },
  {
    name: "write over",
    run: (storage) => storage.write("f/a", [bytesOf("new"), bytesOf("er")]),
    after: { ...BEFORE, "f/a": "newer" },
  },
  {
    name: "writeFolder",
    run: (storage) => storage.writeFolder("g/h", FOLDER),
    after: { ...BEFORE, "g/h/a": "new a", "g/h/c": "new c" },
  },
  {
    name: "writeFolder over",
    run: (storage) => storage.writeFolder("f", FOLDER),
    after: { "f/a": "new a", "f/c": "new c", log: "one\n" },
  },
  {
    name: "append",
    run: (storage) => storage.append("log", bytesOf("two\n")),
    after: { ...BEFORE, log: "one\ntwo\n" },
  },
  { name: "truncate", run: (storage) => storage.truncate("log", 2), after: { ...BEFORE, log: "on" } },
  { name: "remove", run: (storage) => storage.remove("f"), after: { log: "one\n" } },
  {
    name: "createFolder",
    run: (storage) => storage.createFolder("g"),
    after: { ...BEFORE, g: "(empty folder)" },
  },
];

/** All of the old or all of the new; missing parent folders may have been made. */
export function expectOldOrNew(found: Record<string, string>, change: Change): void {
  const files = Object.fromEntries(
    Object.entries(found).filter(([path]) => path in change.after || path in BEFORE),
  );
  const extra = Object.entries(found).filter(([path]) => !(path in files));
  expect(extra.every(([, text]) => text === "(empty folder)")).toBe(true);
  expect([BEFORE, change.after]).toContainEqual(files);
}

/** As {@link expectOldOrNew}, after the program died: that may leave a part of what was to be appended. */
export function expectSurvived(found: Record<string, string>, change: Change): void {
  if (change.name !== "append") {
    expectOldOrNew(found, change);
    return;
  }
  const { log, ...rest } = found;
  expect({ ...rest, log: BEFORE.log }).toEqual(BEFORE);
  expect(log?.startsWith(BEFORE.log) && change.after.log?.startsWith(log)).toBe(true);
}
