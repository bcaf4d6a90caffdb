/** Folders of a storage as zip files: what a page gives to its user and takes back, and what the command line keeps. */
import { type ZipOptions, type Zippable, zipSync } from "fflate";
import { BellowsError } from "../errors.ts";
import { joinPath, pathNames, type Storage } from "./storage.ts";
import { refused, zipEntries } from "./zip-entries.ts";

/** Bounds of what is unpacked: a zip file of some kilobytes can claim any size. */
export interface ZipLimits {
  readonly files: number;
  /** Of all files together, unpacked. */
  readonly bytes: number;
  /** Names of a path, one below the other. */
  readonly depth: number;
}

export const ZIP_LIMITS: ZipLimits = { files: 10_000, bytes: 2 ** 30, depth: 8 };

/** Weights do not shrink, so they are stored as they are. */
const STORED = /\.safetensors$/;

/** Zip knows times from 1980 on; a storage knows none, so all files have this one, and the same folder gives the same bytes. */
const TIME = new Date(1980, 0, 1);

/**
 * Zips all files in a folder, under paths relative to it. A storage cannot tell an empty folder from a file, so
 * there must be none: runs and checkpoints have none.
 * @throws BellowsError `storage-failed`.
 */
export async function zipFolder(storage: Storage, folder: string): Promise<Uint8Array<ArrayBuffer>> {
  const entries: Zippable = {};
  for (const path of await filesBelow(storage, folder)) {
    const options: ZipOptions = { level: STORED.test(path) ? 0 : 6, mtime: TIME };
    entries[path] = [await storage.read(joinPath(folder, path)), options];
  }
  return zipSync(entries);
}

/**
 * Unpacks a zip file in memory: its files by path. Where all of them stand in one folder, as when a folder itself was
 * zipped, its name is left out. Empty folders and what systems add (__MACOSX, .DS_Store, Thumbs.db) are left out too.
 * @throws BellowsError `input-invalid` for paths that lead elsewhere and for more than `limits` allows, before anything is
 *   unpacked; for bytes that are no zip file, or whose sizes or checksums are not what they say.
 */
export function readZip(
  zip: Uint8Array<ArrayBuffer>,
  limits: ZipLimits = ZIP_LIMITS,
): ReadonlyMap<string, Uint8Array<ArrayBuffer>> {
  const entries = zipEntries(zip).filter(({ name }) => !name.endsWith("/") && !ADDED.test(name));
  if (entries.length > limits.files) throw refused(`it has more than ${limits.files} files`);
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > limits.bytes) throw refused(`unpacked it has more than ${limits.bytes} bytes`);
  for (const { name } of entries) checkName(name, limits);
  const start = commonFolder(entries.map(({ name }) => name));
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const entry of entries) {
    const path = entry.name.slice(start.length);
    if (files.has(path)) throw refused(`it has ${JSON.stringify(entry.name)} twice`);
    files.set(path, entry.unpack());
  }
  return files;
}

/**
 * Stores unpacked files as a new folder: the deepest first, so that what makes a folder a run or a checkpoint, its
 * config.json, comes after all that it speaks of. Where that fails, nothing stays.
 * @throws BellowsError `input-invalid` where something has this path, or where a file is also a folder; `storage-failed`.
 */
export async function storeFolder(
  storage: Storage,
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  for (const path of files.keys()) {
    const names = pathNames(path);
    const isInFile = names.some((_, depth) => depth > 0 && files.has(joinPath(...names.slice(0, depth))));
    if (isInFile) throw refused(`${JSON.stringify(path)} stands below a file`);
  }
  if (!(await storage.createFolder(folder))) {
    throw new BellowsError(
      "input-invalid",
      `there is something at ${folder} already; it is not overwritten`,
      {
        field: "name",
      },
    );
  }
  const depth = (path: string) => pathNames(path).length;
  const order = [...files].sort(([a], [b]) => depth(b) - depth(a));
  try {
    for (const [path, content] of order) await storage.write(joinPath(folder, path), [content]);
  } catch (error) {
    await storage.remove(folder).catch(() => {});
    throw error;
  }
}

/** What macOS and Windows put into a zip file on their own. */
const ADDED = /(^|\/)(__MACOSX\/|\.DS_Store$|Thumbs\.db$)/;

function checkName(name: string, { depth }: ZipLimits): void {
  let names: readonly string[];
  try {
    names = pathNames(name);
  } catch (error) {
    throw refused((error as BellowsError).message, error);
  }
  if (names.length > depth) throw refused(`${JSON.stringify(name)} is more than ${depth} folders deep`);
}

/** The folder in which all of these stand, with a slash at its end; empty where there is none. */
function commonFolder(names: readonly string[]): string {
  const [first = ""] = names;
  const start = first.slice(0, first.indexOf("/") + 1);
  return names.every((name) => name.startsWith(start)) ? start : "";
}

async function filesBelow(storage: Storage, folder: string, below = ""): Promise<string[]> {
  const path = joinPath(folder, below);
  const names = await storage.list(path);
  const found: string[] = [];
  for (const name of names) {
    const inner = joinPath(below, name);
    const isFolder = (await storage.list(joinPath(folder, inner))).length > 0;
    found.push(...(isFolder ? await filesBelow(storage, folder, inner) : [inner]));
  }
  return found;
}
