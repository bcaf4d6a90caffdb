import { BellowsError } from "../errors.ts";

/** Bytes in pieces, stored one after the other: a checkpoint need not be copied together first. */
export type Chunks = readonly Uint8Array[];

/** A stored file to read in parts, so that a large one need not be in memory whole. It must not change meanwhile. */
export interface StoredFile {
  /** In bytes. */
  readonly size: number;
  /** The bytes `begin` to `end`, which lie within the file, in an array of their own. */
  read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Bytes in memory, as if they were a file. */
export function fileOfBytes(bytes: Uint8Array): StoredFile {
  return { size: bytes.length, read: async (begin, end) => new Uint8Array(bytes.subarray(begin, end)) };
}

/**
 * Where bellows keeps files: a folder on disk (src/host/node-storage.ts), memory, or what a browser offers.
 *
 * Paths are relative, with "/" between the names; missing parent folders are made. A change is durable once
 * its promise resolves. If it fails, or the program dies in the middle, the path holds all of the old or all
 * of the new, but for `append`, where death may leave a part of the new bytes behind the old.
 *
 * One program at a time writes below a path. It calls `recover` first, and no two changes of the same path
 * overlap. Others may read meanwhile.
 *
 * Nothing is renamed, because browsers cannot rename a folder; `writeFolder` serves the same end.
 *
 * Every method rejects with a BellowsError `storage-failed` that names the path and the reason, or with
 * `input-invalid` for a path that is none.
 */
export interface Storage {
  /** Whether there is a file or folder. */
  exists(path: string): Promise<boolean>;

  /** The whole file. */
  read(path: string): Promise<Uint8Array<ArrayBuffer>>;

  /** A file to read in parts. Its `read` rejects as the storage's does. */
  open(path: string): Promise<StoredFile>;

  /** Names of the files and folders in a folder, sorted; none where there is no such folder. */
  list(folder: string): Promise<string[]>;

  /** Stores a file, in place of an earlier one. */
  write(path: string, content: Chunks): Promise<void>;

  /** Stores a folder with these files (name → content), in place of an earlier one and all that it held. */
  writeFolder(path: string, files: ReadonlyMap<string, Chunks>): Promise<void>;

  /** Makes an empty folder. False where the path is taken; of several callers, one gets true. */
  createFolder(path: string): Promise<boolean>;

  /** Adds bytes to the end of a file, which is made if it is missing. */
  append(path: string, bytes: Uint8Array): Promise<void>;

  /** Cuts a file to its first `size` bytes; it must have as many. */
  truncate(path: string, size: number): Promise<void>;

  /** Removes a file or a folder with all that it holds. Does nothing where there is none. */
  remove(path: string): Promise<void>;

  /** Undoes what a crash left half done at or below a folder. */
  recover(folder: string): Promise<void>;
}

/** Endings that implementations may give to what is not finished; no path of a caller has them. */
export const RESERVED_ENDINGS = [".bellows-partial", ".bellows-replaced"] as const;

export function isReserved(name: string): boolean {
  return RESERVED_ENDINGS.some((ending) => name.endsWith(ending));
}

/** Joins parts of a path; an empty part stands for the folder itself. */
export function joinPath(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("/");
}

/**
 * Splits a path into its names. The empty path, the storage's own folder, has none.
 * @throws BellowsError `input-invalid` for a path that is absolute, leaves the storage or has a reserved name.
 */
export function pathNames(path: string): string[] {
  if (path === "") return [];
  const names = path.split("/");
  for (const name of names) {
    if (name === "" || name === "." || name === ".." || /[\\:\p{Cc}]/u.test(name) || isReserved(name)) {
      throw new BellowsError(
        "input-invalid",
        `the path ${JSON.stringify(path)} is not usable; it must be relative, of names that are not empty, ` +
          `"." or "..", have no backslash, colon or control character, and do not end in ${RESERVED_ENDINGS.join(" or ")}`,
        { field: "path" },
      );
    }
  }
  return names;
}

/** The failure of a storage, e.g. `cannot write runs/a/config.json: the disk is full`. */
export function storageFailed(
  action: string,
  path: string,
  reason: string,
  options: { hint?: string; cause?: unknown } = {},
): BellowsError {
  return new BellowsError("storage-failed", `cannot ${action} ${path || "."}: ${reason}`, {
    field: path,
    ...options,
  });
}
