/** The storage of a page's origin in a worker, which tests drive from outside (opfs.ts). */
import type { BellowsError } from "../../src/errors.ts";
import { OpfsStorage } from "../../src/host/opfs-storage.ts";
import type { Storage } from "../../src/io/storage.ts";

/** A call of a method; bytes go as lists of numbers, which any way to a page lets through. */
export interface StorageCall {
  readonly number: number;
  readonly method: keyof Storage;
  /** A folder of the origin that the call is about. */
  readonly folder: string;
  readonly path: string;
  readonly bytes: readonly (readonly number[])[];
  readonly files: readonly (readonly [string, readonly (readonly number[])[]])[];
  readonly size: number;
  /** Which part of a file is read; the end is `size`. */
  readonly begin: number;
  /** The call of the browser's file system, from 1, that is made but never comes back; 0: all do. */
  readonly lastCall: number;
}

export type StorageAnswer =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly stopped: true }
  | { readonly number: number; readonly error: { code: string; message: string; field?: string } };

/** What the worker performs, how many calls of the file system it has made for that, and at which of them it stops. */
const now = { number: 0, calls: 0, lastCall: 0 };

const TYPES = [
  "FileSystemDirectoryHandle",
  "FileSystemFileHandle",
  "FileSystemSyncAccessHandle",
  "FileSystemWritableFileStream",
  "WritableStream", // has the `close` of the one before
];

// Counted, not timed: how long a call takes is never the same, so that a worker killed after some time may have been done long ago.
for (const type of TYPES) {
  const { prototype } = (globalThis as unknown as Record<string, { prototype: object }>)[type]!;
  for (const [name, { value: method }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (typeof method !== "function" || name === "constructor") continue;
    Object.assign(prototype, {
      [name](...given: unknown[]) {
        const answer = method.apply(this, given);
        now.calls += 1;
        if (now.calls !== now.lastCall) return answer;
        postMessage({ number: now.number, stopped: true });
        if (answer instanceof Promise) return new Promise(() => {});
        for (;;); // until the page kills this worker
      },
    });
  }
}

const chunks = (bytes: StorageCall["bytes"]) => bytes.map((chunk) => Uint8Array.from(chunk));

async function perform(call: StorageCall): Promise<unknown> {
  Object.assign(now, { number: call.number, calls: 0, lastCall: 0 });
  const root = await navigator.storage.getDirectory();
  const storage = new OpfsStorage(await root.getDirectoryHandle(call.folder, { create: true }));
  Object.assign(now, { calls: 0, lastCall: call.lastCall });
  const { method, path, size, begin } = call;
  switch (method) {
    case "read":
      return [...(await storage.read(path))];
    case "open": {
      const file = await storage.open(path);
      return [file.size, ...(await file.read(begin, size))];
    }
    case "write":
      return storage.write(path, chunks(call.bytes));
    case "append":
      return storage.append(path, chunks(call.bytes)[0]!);
    case "writeFolder":
      return storage.writeFolder(path, new Map(call.files.map(([name, bytes]) => [name, chunks(bytes)])));
    case "truncate":
      return storage.truncate(path, size);
    default:
      return storage[method](path);
  }
}

addEventListener("message", async ({ data }: MessageEvent<StorageCall>) => {
  const { number } = data;
  try {
    postMessage({ number, value: await perform(data) });
  } catch (error) {
    const { code, message, field } = error as BellowsError;
    postMessage({ number, error: { code, message, field } });
  }
});
