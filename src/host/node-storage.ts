/** The storage of src/io on the files of Node. */
import type { Dirent } from "node:fs";
import * as nodeFiles from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type Chunks,
  isReserved,
  pathNames,
  RESERVED_ENDINGS,
  type Storage,
  type StoredFile,
  storageFailed,
} from "../io/storage.ts";

/** The calls that the storage makes; a test hands in a disk that fails. */
export type FileSystem = Pick<
  typeof nodeFiles,
  "mkdir" | "open" | "readdir" | "readFile" | "rename" | "rm" | "stat"
>;

// PARTIAL marks what is being written, beside the place that it will take; REPLACED marks a folder that its
// successor is about to replace.
const [PARTIAL, REPLACED] = RESERVED_ENDINGS;

/** Bytes that one call reads at most: systems refuse more than 2³¹ − 1. */
const MAX_READ = 2 ** 30;

/**
 * A folder on disk. A file or folder is written beside its place, flushed to the disk (fsync), and put there by
 * rename, which is atomic. A folder cannot be renamed over another one: the old one is first set aside. For the
 * instant until the new one is in place there is none; after a crash in that instant `recover` brings it back.
 */
export class NodeStorage implements Storage {
  readonly root: string;
  readonly #files: FileSystem;

  /** @param root a folder; it is made on the first change if it is missing. */
  constructor(root: string, fileSystem: FileSystem = nodeFiles) {
    this.root = root;
    this.#files = fileSystem;
  }

  exists(path: string): Promise<boolean> {
    return this.#do("look at", path, (place) => this.#has(place));
  }

  read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#do("read", path, async (place) => {
      const { buffer, byteOffset, byteLength } = await this.#files.readFile(place);
      return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
    });
  }

  open(path: string): Promise<StoredFile> {
    return this.#do("read", path, async (place) => {
      const found = await this.#files.stat(place);
      if (found.isDirectory()) throw Object.assign(new Error("it is a folder"), { code: "EISDIR" });
      const read = (begin: number, end: number) =>
        this.#do("read", path, () => this.#readPart(place, begin, end));
      return { size: found.size, read };
    });
  }

  async #readPart(place: string, begin: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(end - begin);
    const file = await this.#files.open(place, "r");
    try {
      // A call may give less than it was asked for.
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, at, Math.min(bytes.length - at, MAX_READ), begin + at);
        if (bytesRead === 0) throw new Error(`it ends before byte ${end}`);
        at += bytesRead;
      }
      return bytes;
    } finally {
      await file.close();
    }
  }

  list(folder: string): Promise<string[]> {
    return this.#do("list", folder, async (place) => {
      const entries = await this.#entries(place);
      return entries
        .map(({ name }) => name)
        .filter((name) => !isReserved(name))
        .sort();
    });
  }

  write(path: string, content: Chunks): Promise<void> {
    return this.#do("write", path, async (place) => {
      await this.#makeFolder(dirname(place));
      try {
        await this.#writeNew(place + PARTIAL, content);
        await this.#files.rename(place + PARTIAL, place);
        await this.#flushFolder(dirname(place));
      } finally {
        await this.#settle(place).catch(ignore);
      }
    });
  }

  writeFolder(path: string, files: ReadonlyMap<string, Chunks>): Promise<void> {
    return this.#do("write", path, async (place) => {
      await this.#makeFolder(dirname(place));
      await this.#settle(place);
      try {
        await this.#files.mkdir(place + PARTIAL);
        for (const [name, content] of files) await this.#writeNew(join(place + PARTIAL, name), content);
        await this.#flushFolder(place + PARTIAL);
        if (await this.#has(place)) await this.#files.rename(place, place + REPLACED);
        await this.#files.rename(place + PARTIAL, place);
        await this.#flushFolder(dirname(place));
      } finally {
        await this.#settle(place).catch(ignore);
      }
    });
  }

  createFolder(path: string): Promise<boolean> {
    return this.#do("create", path, async (place) => {
      await this.#makeFolder(dirname(place));
      return this.#tryMakeFolder(place);
    });
  }

  append(path: string, bytes: Uint8Array): Promise<void> {
    return this.#do("append to", path, async (place) => {
      await this.#makeFolder(dirname(place));
      const file = await this.#files.open(place, "a");
      try {
        const { size } = await file.stat();
        try {
          await file.writeFile(bytes);
          await file.sync();
        } catch (error) {
          await file.truncate(size).catch(ignore);
          throw error;
        }
        if (size === 0) await this.#flushFolder(dirname(place));
      } finally {
        await file.close();
      }
    });
  }

  truncate(path: string, size: number): Promise<void> {
    return this.#do("truncate", path, async (place) => {
      const file = await this.#files.open(place, "r+");
      try {
        const stored = (await file.stat()).size;
        if (size > stored) throw new Error(`it has ${stored} bytes, not ${size}`);
        await file.truncate(size);
        await file.sync();
      } finally {
        await file.close();
      }
    });
  }

  remove(path: string): Promise<void> {
    return this.#do("remove", path, async (place) => {
      await this.#settle(place);
      if (!(await this.#has(place))) return;
      await this.#files.rename(place, place + PARTIAL);
      await this.#flushFolder(dirname(place));
      await this.#settle(place);
    });
  }

  recover(folder: string): Promise<void> {
    return this.#do("recover", folder, async (place) => {
      if (folder !== "") await this.#settle(place);
      await this.#settleBelow(place);
    });
  }

  async #settleBelow(folder: string): Promise<void> {
    for (const entry of await this.#entries(folder)) {
      const place = join(folder, entry.name);
      const ending = RESERVED_ENDINGS.find((reserved) => entry.name.endsWith(reserved));
      if (ending !== undefined) await this.#settle(place.slice(0, -ending.length));
      else if (entry.isDirectory()) await this.#settleBelow(place);
    }
  }

  /** Ends what was begun at a place: drops what was not finished and brings back what was set aside for it. */
  async #settle(place: string): Promise<void> {
    if (await this.#has(place + REPLACED)) {
      if (await this.#has(place)) await this.#remove(place + REPLACED);
      else await this.#files.rename(place + REPLACED, place);
      await this.#flushFolder(dirname(place));
    }
    await this.#remove(place + PARTIAL);
  }

  async #remove(place: string): Promise<void> {
    await unlessMissing(this.#files.rm(place, { recursive: true }));
  }

  async #has(place: string): Promise<boolean> {
    return (await unlessMissing(this.#files.stat(place))) !== undefined;
  }

  /** What is in a folder; nothing where there is none. */
  async #entries(folder: string): Promise<Dirent[]> {
    return (await unlessMissing(this.#files.readdir(folder, { withFileTypes: true }))) ?? [];
  }

  async #writeNew(place: string, content: Chunks): Promise<void> {
    const file = await this.#files.open(place, "w");
    try {
      for (const chunk of content) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** Makes a folder and those above it, and flushes each to the disk. */
  async #makeFolder(place: string): Promise<void> {
    try {
      await this.#tryMakeFolder(place);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      await this.#makeFolder(dirname(place));
      await this.#tryMakeFolder(place);
    }
  }

  async #tryMakeFolder(place: string): Promise<boolean> {
    try {
      await this.#files.mkdir(place);
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    }
    await this.#flushFolder(dirname(place));
    return true;
  }

  /** Makes the names in a folder durable. Windows cannot and need not be told. */
  async #flushFolder(place: string): Promise<void> {
    if (process.platform === "win32") return;
    const folder = await this.#files.open(place, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  async #do<T>(action: string, path: string, body: (place: string) => Promise<T>): Promise<T> {
    const place = join(this.root, ...pathNames(path));
    try {
      return await body(place);
    } catch (cause) {
      const code = codeOf(cause);
      const known = REASONS[code];
      const reason = known === undefined ? (cause as Error).message : `${known.reason} (${code})`;
      throw storageFailed(action, place, reason, { hint: known?.hint ?? "", cause });
    }
  }
}

const SPACE = "Nothing stored before is lost. Make room; the run can go on from its last checkpoint.";
const RIGHTS = "Choose a folder in which this user may write.";

const REASONS: Readonly<Record<string, { reason: string; hint: string }>> = {
  ENOSPC: { reason: "the disk is full", hint: SPACE },
  EDQUOT: { reason: "the disk quota is used up", hint: SPACE },
  EFBIG: { reason: "the file would be larger than allowed", hint: SPACE },
  EACCES: { reason: "permission denied", hint: RIGHTS },
  EPERM: { reason: "the operation is not permitted", hint: RIGHTS },
  EROFS: { reason: "the file system is read-only", hint: RIGHTS },
  ENOENT: { reason: "there is no such file or folder", hint: "" },
  ENOTDIR: { reason: "a file is where a folder should be", hint: "" },
  EISDIR: { reason: "it is a folder", hint: "" },
};

/** Undefined where the file or folder asked for does not exist. */
async function unlessMissing<T>(outcome: Promise<T>): Promise<T | undefined> {
  try {
    return await outcome;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined;
    throw error;
  }
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? "");
}

function ignore(): void {}
