/** The storage of src/io on the origin private file system of a browser, as a dedicated worker has it. */
import { BellowsError } from "../errors.ts";
import {
  type Chunks,
  isReserved,
  pathNames,
  RESERVED_ENDINGS,
  type Storage,
  storageFailed,
} from "../io/storage.ts";

// PARTIAL is an empty file that says: what stands beside it under the name without this ending is being made or removed,
// and is to go. REPLACED is a whole folder that is to take the place of the one beside it.
const [PARTIAL, REPLACED] = RESERVED_ENDINGS;

/** Ending of the file to which Chromium's `createWritable` writes: a tab that dies leaves it behind, for all to see. */
const SWAP = ".crswap";

// TypeScript's library for pages lacks what a directory iterates over and what only workers have.
type Folder = FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };
type WorkerFile = FileSystemFileHandle & { createSyncAccessHandle(): Promise<OpenFile> };

/** A FileSystemSyncAccessHandle. */
interface OpenFile {
  getSize(): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

/** Where a path leads: the folder that holds it, and its name there. */
interface Place {
  readonly folder: Folder;
  readonly name: string;
}

/** Runs one body after another, over all tabs. */
export type Exclusively = <T>(body: () => Promise<T>) => Promise<T>;

const oneTabAtATime: Exclusively = (body) => navigator.locks.request("bellows storage", body);

/**
 * Files that a browser keeps for this page's origin. Nothing there can be renamed, so:
 *
 * - a file is replaced by `createWritable`, which puts the new content in place at once, when it is closed;
 * - what is new is marked beforehand (see PARTIAL), and `recover` removes what is still marked;
 * - a folder is replaced by a whole one that is made beside it (REPLACED) and then copied; `recover` copies once more.
 *   Only if the storage gets full during that copy, the folder is missing until `recover` finds room;
 * - logs grow in place, through `createSyncAccessHandle`: copying them for every record would take ever longer.
 *
 * What is stored outlives tab and browser. Whether it outlives a power failure is up to the browser.
 */
export class OpfsStorage implements Storage {
  readonly #root: Folder;
  readonly #exclusively: Exclusively;

  /** @param root a folder of the origin private file system. */
  constructor(root: FileSystemDirectoryHandle, exclusively: Exclusively = oneTabAtATime) {
    this.#root = root as Folder;
    this.#exclusively = exclusively;
  }

  /**
   * The storage of this page's origin.
   * @throws BellowsError `storage-failed` where the browser keeps none, e.g. in a private window of Firefox.
   */
  static async open(): Promise<OpfsStorage> {
    try {
      return new OpfsStorage(await navigator.storage.getDirectory());
    } catch (cause) {
      throw new BellowsError(
        "storage-failed",
        `this browser stores no files here: ${(cause as Error).message}`,
        {
          hint: "Private windows and blocked cookies forbid it; export what you want to keep.",
          cause,
        },
      );
    }
  }

  exists(path: string): Promise<boolean> {
    return this.#do("look at", path, async (names) => {
      const place = await this.#find(names);
      return names.length === 0 || (place !== undefined && (await entry(place)) !== undefined);
    });
  }

  read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#do("read", path, async (names) => {
      const place = await this.#find(names);
      if (place === undefined) throw names.length === 0 ? failure(IS_FOLDER) : failure(MISSING);
      const file = await (await place.folder.getFileHandle(place.name)).getFile();
      return new Uint8Array(await file.arrayBuffer());
    });
  }

  list(path: string): Promise<string[]> {
    return this.#do("list", path, async (names) => {
      const folder = await this.#findFolder(names);
      const found = folder === undefined ? [] : await namesIn(folder);
      return found.filter((name) => !isHidden(name) && !found.includes(name + PARTIAL)).sort();
    });
  }

  write(path: string, content: Chunks): Promise<void> {
    return this.#change("write", path, async (place) => {
      await settle(place);
      if ((await entry(place)) !== undefined) await writeFile(place, content);
      else await make(place, () => writeFile(place, content));
    });
  }

  writeFolder(path: string, files: ReadonlyMap<string, Chunks>): Promise<void> {
    return this.#change("write", path, async ({ folder, name }) => {
      await settle({ folder, name });
      const isNew = (await entry({ folder, name })) === undefined;
      const place = { folder, name: isNew ? name : name + REPLACED };
      await make(place, async () => {
        const target = await childFolder(folder, place.name);
        for (const [file, content] of files) await writeFile({ folder: target, name: file }, content);
      });
      await settle({ folder, name });
    });
  }

  createFolder(path: string): Promise<boolean> {
    return this.#do("create", path, (names) =>
      this.#exclusively(async () => {
        if (names.length === 0) return false;
        const place = await this.#make(names);
        if ((await entry(place)) !== undefined) return false;
        await childFolder(place.folder, place.name);
        return true;
      }),
    );
  }

  append(path: string, bytes: Uint8Array): Promise<void> {
    return this.#change("append to", path, (place) =>
      inPlace(place, { create: true }, (file) => {
        const size = file.getSize();
        try {
          writeAll(file, bytes, size);
          file.flush();
        } catch (error) {
          file.truncate(size);
          throw error;
        }
      }),
    );
  }

  truncate(path: string, size: number): Promise<void> {
    return this.#do("truncate", path, async (names) => {
      const place = await this.#find(names);
      if (place === undefined) throw names.length === 0 ? failure(IS_FOLDER) : failure(MISSING);
      await inPlace(place, {}, (file) => {
        const stored = file.getSize();
        if (size > stored) throw new Error(`it has ${stored} bytes, not ${size}`);
        file.truncate(size);
        file.flush();
      });
    });
  }

  remove(path: string): Promise<void> {
    return this.#do("remove", path, async (names) => {
      if (names.length === 0) {
        for (const name of await namesIn(this.#root)) await removeEntry({ folder: this.#root, name });
        return;
      }
      const place = await this.#find(names);
      if (place === undefined) return;
      // First what would take its place after a crash.
      await discard({ ...place, name: place.name + REPLACED });
      await discard(place);
    });
  }

  recover(path: string): Promise<void> {
    return this.#do("recover", path, async (names) => {
      const place = await this.#find(names);
      if (place !== undefined) await settle(place);
      const folder = await this.#findFolder(names);
      if (folder !== undefined) await settleBelow(folder);
    });
  }

  /** Undefined for the storage's own folder and where a folder on the way is missing. */
  async #find(names: readonly string[]): Promise<Place | undefined> {
    const folder = await this.#findFolder(names.slice(0, -1));
    const name = names.at(-1);
    return folder === undefined || name === undefined ? undefined : { folder, name };
  }

  async #findFolder(names: readonly string[]): Promise<Folder | undefined> {
    let folder: Folder | undefined = this.#root;
    for (const name of names) {
      const found: FileSystemHandle | undefined = await entry({ folder, name });
      if (found?.kind !== "directory") return undefined;
      folder = found as Folder;
    }
    return folder;
  }

  /** As {@link #find}, and makes the folders on the way. */
  async #make(names: readonly string[]): Promise<Place> {
    let folder = this.#root;
    for (const name of names.slice(0, -1)) {
      folder = await childFolder(folder, name).catch((error) => {
        throw nameOf(error) === "TypeMismatchError" ? failure("a file is where a folder should be") : error;
      });
    }
    return { folder, name: names.at(-1)! };
  }

  /** A change of something below the storage's own folder, which may need folders on its way. */
  #change(action: string, path: string, body: (place: Place) => Promise<void>): Promise<void> {
    return this.#do(action, path, async (names) => {
      if (names.length === 0) throw failure(IS_FOLDER);
      await body(await this.#make(names));
    });
  }

  async #do<T>(action: string, path: string, body: (names: readonly string[]) => Promise<T>): Promise<T> {
    const names = pathNames(path);
    try {
      return await body(names);
    } catch (cause) {
      const known = REASONS[nameOf(cause)];
      throw storageFailed(action, path, known?.reason ?? (cause as Error).message, {
        hint: known?.hint ?? "",
        cause,
      });
    }
  }
}

const MISSING = "there is no such file or folder";
const IS_FOLDER = "it is a folder";

/** What the names of a browser's exceptions mean here. */
const REASONS: Readonly<Record<string, { reason: string; hint: string }>> = {
  QuotaExceededError: {
    reason: "the browser's storage is full",
    hint:
      "Nothing stored before is lost. Export runs that you want to keep, delete those that you do not need, the longest " +
      "first, and play on.",
  },
  NoModificationAllowedError: {
    reason: "another tab is writing there",
    hint: "Close other tabs with this page.",
  },
  NotFoundError: { reason: MISSING, hint: "" },
  TypeMismatchError: { reason: IS_FOLDER, hint: "" },
};

function failure(reason: string): Error {
  return new Error(reason);
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : "";
}

/** The file or folder of this name; undefined where there is none. */
async function entry({ folder, name }: Place): Promise<FileSystemHandle | undefined> {
  try {
    return await folder.getFileHandle(name);
  } catch (error) {
    if (nameOf(error) === "TypeMismatchError") return folder.getDirectoryHandle(name);
    if (nameOf(error) === "NotFoundError") return undefined;
    throw error;
  }
}

function isHidden(name: string): boolean {
  return isReserved(name) || name.endsWith(SWAP);
}

async function namesIn(folder: Folder): Promise<string[]> {
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  return names;
}

async function childFolder(folder: Folder, name: string): Promise<Folder> {
  return (await folder.getDirectoryHandle(name, { create: true })) as Folder;
}

async function removeEntry({ folder, name }: Place): Promise<void> {
  try {
    await folder.removeEntry(name, { recursive: true });
  } catch (error) {
    if (nameOf(error) !== "NotFoundError") throw error;
  }
}

function marked({ folder, name }: Place): Place {
  return { folder, name: name + PARTIAL };
}

/** Says that what is at a place is not whole. */
async function mark(place: Place): Promise<void> {
  await place.folder.getFileHandle(marked(place).name, { create: true });
}

async function unmark(place: Place): Promise<void> {
  await removeEntry(marked(place));
}

/** Makes what is new at a place: all of it, or nothing. */
async function make(place: Place, body: () => Promise<void>): Promise<void> {
  await mark(place);
  try {
    await body();
    await unmark(place);
  } catch (error) {
    await dropMarked(place).catch(ignore);
    throw error;
  }
}

/** Removes what is at a place, so that a crash in the middle leaves nothing that looks whole. */
async function discard(place: Place): Promise<void> {
  if ((await entry(place)) !== undefined) {
    // A full storage may have no room even for the mark; removing makes some.
    await mark(place).catch(ignore);
    await removeEntry(place);
  }
  await unmark(place);
}

/** Removes what is not whole. */
async function dropMarked(place: Place): Promise<void> {
  if ((await entry(marked(place))) === undefined) return;
  await removeEntry(place);
  await unmark(place);
}

/** Ends what was begun at a place: removes what is not whole, and puts there what is to replace it. */
async function settle(place: Place): Promise<void> {
  const successor = { ...place, name: place.name + REPLACED };
  await dropMarked(place);
  await dropMarked(successor);
  const found = await entry(successor);
  if (found === undefined) return;
  await removeEntry(place);
  await make(place, async () => copyFiles(found as Folder, await childFolder(place.folder, place.name)));
  await discard(successor);
}

async function settleBelow(folder: Folder): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (name.endsWith(SWAP)) await removeEntry({ folder, name });
    const ending = RESERVED_ENDINGS.find((reserved) => name.endsWith(reserved));
    if (ending !== undefined) await settle({ folder, name: name.slice(0, -ending.length) });
  }
  for (const name of await namesIn(folder)) {
    const found = await entry({ folder, name });
    if (found?.kind === "directory") await settleBelow(found as Folder);
  }
}

async function copyFiles(from: Folder, to: Folder): Promise<void> {
  for (const name of (await namesIn(from)).filter((name) => !isHidden(name))) {
    const file = await (await from.getFileHandle(name)).getFile();
    await writeFile({ folder: to, name }, [file]);
  }
}

/** Replaces a file at once; where it fails, the old one stays. */
async function writeFile({ folder, name }: Place, content: readonly (Uint8Array | Blob)[]): Promise<void> {
  const file = await folder.getFileHandle(name, { create: true });
  const writable = await file.createWritable();
  try {
    for (const chunk of content) await writable.write(chunk as Uint8Array<ArrayBuffer> | Blob);
    await writable.close();
  } catch (error) {
    await writable.abort().catch(ignore);
    throw error;
  }
}

/** Changes a file where it is; nobody else may have it open for writing meanwhile. */
async function inPlace(
  { folder, name }: Place,
  options: FileSystemGetFileOptions,
  body: (file: OpenFile) => void,
): Promise<void> {
  const handle = (await folder.getFileHandle(name, options)) as WorkerFile;
  const file = await handle.createSyncAccessHandle();
  try {
    body(file);
  } finally {
    file.close();
  }
}

/** In a private window of Chromium, a write that finds no room does not throw: it gives a number that is not its size. */
function writeAll(file: OpenFile, bytes: Uint8Array, at: number): void {
  if (file.write(bytes, { at }) === bytes.length) return;
  throw new DOMException("only a part was written", "QuotaExceededError");
}

function ignore(): void {}
