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
}

export type StorageAnswer =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly error: { code: string; message: string; field?: string } };

const chunks = (bytes: StorageCall["bytes"]) => bytes.map((chunk) => Uint8Array.from(chunk));

async function perform(call: StorageCall): Promise<unknown> {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(call.folder, {
    create: true,
  });
  const storage = new OpfsStorage(folder);
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
