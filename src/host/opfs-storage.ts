/** The storage of src/io on the origin private file system of a browser, as a dedicated worker has it. */
import { BellowsError } from "../errors.ts";
import { type Chunks, pathNames, type Storage, type StoredFile, storageFailed } from "../io/storage.ts";
import {
  childFolder,
  entry,
  type Folder,
  inPlace,
  nameOf,
  namesIn,
  type Place,
  removeEntry,
  writeAll,
  writeFile,
} from "./opfs-files.ts";
import { discard, isHidden, make, PARTIAL, REPLACED, settle, settleBelow } from "./opfs-places.ts";

/**
 * Milliseconds after which a browser is taken to answer no more. A page that waits for ever can neither go on nor say why: in
 * Chromium one has been seen to wait so, after twenty minutes of training in a profile that is held in memory.
 */
const PATIENCE = 30_000;

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

  readonly #patience: number;

  /** @param root a folder of the origin private file system. @param patience milliseconds that an action may take. */
  constructor(
    root: FileSystemDirectoryHandle,
    exclusively: Exclusively = oneTabAtATime,
    patience = PATIENCE,
  ) {
    this.#root = root as Folder;
    this.#exclusively = exclusively;
    this.#patience = patience;
  }

  /**
   * The storage of this page's origin.
   * @throws BellowsError `storage-failed` where the browser keeps none, e.g. in a private window of Firefox.
   */
  static async open(): Promise<OpfsStorage> {
    try {
      return new OpfsStorage(await navigator.storage.getDirectory());
    } catch (cause) {
      const message = `this browser stores no files here: ${(cause as Error).message}`;
      throw new BellowsError("storage-failed", message, { cause });
    }
  }

  exists(path: string): Promise<boolean> {
    return this.#do("look at", path, async (names) => {
      const place = await this.#find(names);
      return names.length === 0 || (place !== undefined && (await entry(place)) !== undefined);
    });
  }

  read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#do("read", path, async (names) => bytesOf(await this.#blob(names)));
  }

  open(path: string): Promise<StoredFile> {
    return this.#do("read", path, async (names) => {
      const blob = await this.#blob(names);
      const read = (begin: number, end: number) =>
        this.#do("read", path, () => bytesOf(blob.slice(begin, end)));
      return { size: blob.size, read };
    });
  }

  async #blob(names: readonly string[]): Promise<Blob> {
    const place = await this.#find(names);
    if (place === undefined) throw names.length === 0 ? failure(IS_FOLDER) : failure(MISSING);
    return (await place.folder.getFileHandle(place.name)).getFile();
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
      return await this.#answered(body(names));
    } catch (cause) {
      throw storageFailed(action, path, REASONS[nameOf(cause)] ?? (cause as Error).message, { cause });
    }
  }

  async #answered<T>(answer: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(failure(NO_ANSWER)), this.#patience);
    });
    try {
      return await Promise.race([answer, silence]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const NO_ANSWER = "the browser does not answer";
const MISSING = "there is no such file or folder";
const IS_FOLDER = "it is a folder";

/** What the names of a browser's exceptions mean here. */
const REASONS: Readonly<Record<string, string>> = {
  QuotaExceededError: "the browser's storage is full",
  NoModificationAllowedError: "another tab is writing there",
  NotFoundError: MISSING,
  TypeMismatchError: IS_FOLDER,
};

async function bytesOf(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await blob.arrayBuffer());
}

function failure(reason: string): Error {
  return new Error(reason);
}
