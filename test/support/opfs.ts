/** The private file system of a browser, as a storage that tests use from Node. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { build } from "vite";
import { BellowsError, type ErrorCode } from "../../src/errors.ts";
import type { Chunks, Storage } from "../../src/io/storage.ts";
import type { StorageAnswer, StorageCall } from "./opfs.worker.ts";

const WORKER = fileURLToPath(new URL("opfs.worker.ts", import.meta.url));

/** Builds the worker into a temporary folder with a page beside it, to be served; `remove` deletes it. */
export async function buildStoragePage(): Promise<{ folder: string; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), "bellows-opfs-"));
  const output = { entryFileNames: "worker.js" };
  await build({
    configFile: false,
    logLevel: "error",
    build: { outDir: folder, emptyOutDir: false, rollupOptions: { input: WORKER, output } },
  });
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>storage</title>");
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** What the page holds of its worker. */
interface Host {
  worker: Worker;
  call(call: StorageCall): Promise<StorageAnswer>;
}

/** Starts a worker in the page, in place of an earlier one, which dies at once. */
export async function startStorageWorker(page: Page): Promise<void> {
  await page.evaluate(() => {
    const host = window as unknown as Partial<Host>;
    host.worker?.terminate();
    const worker = new Worker("worker.js", { type: "module" });
    const waiting = new Map<number, (answer: StorageAnswer) => void>();
    worker.addEventListener("message", ({ data }: MessageEvent<StorageAnswer>) => {
      if ("stopped" in data) worker.terminate();
      waiting.get(data.number)?.(data);
    });
    host.worker = worker;
    host.call = (call) =>
      new Promise((resolve) => {
        waiting.set(call.number, resolve);
        worker.postMessage(call);
      });
  });
}

/** What a call ends with whose worker was killed on the way. */
export class WorkerKilled extends Error {}

let calls = 0;

/**
 * The storage in the page's worker.
 * @param lastCall the call of the browser's file system, from 1, upon which the page kills the worker, whether the file system
 * has done it or not: then a method throws {@link WorkerKilled}. 0: none.
 */
export function pageStorage(page: Page, folder: string, lastCall = 0): Storage {
  async function call<T>(method: keyof Storage, path: string, more: Partial<StorageCall> = {}): Promise<T> {
    calls += 1;
    const full: StorageCall = {
      number: calls,
      method,
      folder,
      path,
      bytes: [],
      files: [],
      size: 0,
      begin: 0,
      lastCall,
      ...more,
    };
    const answer = await page.evaluate((given) => (window as unknown as Host).call(given), full);
    if ("stopped" in answer) throw new WorkerKilled();
    if ("value" in answer) return answer.value as T;
    if ("error" in answer) {
      const { code, message, field } = answer.error;
      throw new BellowsError(code as ErrorCode, message, field === undefined ? {} : { field });
    }
    return undefined as T;
  }
  return {
    exists: (path) => call("exists", path),
    read: async (path) => Uint8Array.from(await call<number[]>("read", path)),
    open: async (path) => {
      const part = (begin: number, size: number) => call<number[]>("open", path, { begin, size });
      const [size = 0] = await part(0, 0);
      return { size, read: async (begin, end) => Uint8Array.from((await part(begin, end)).slice(1)) };
    },
    list: (path) => call("list", path),
    write: (path, content) => call("write", path, { bytes: plain(content) }),
    writeFolder: (path, files) =>
      call("writeFolder", path, { files: [...files].map(([name, content]) => [name, plain(content)]) }),
    createFolder: (path) => call("createFolder", path),
    append: (path, bytes) => call("append", path, { bytes: plain([bytes]) }),
    truncate: (path, size) => call("truncate", path, { size }),
    remove: (path) => call("remove", path),
    recover: (path) => call("recover", path),
  };
}

function plain(content: Chunks): number[][] {
  return content.map((chunk) => [...chunk]);
}
