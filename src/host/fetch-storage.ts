import { BellowsError } from "../errors.ts";
import {
  fileOfBytes,
  joinPath,
  pathNames,
  type Storage,
  type StoredFile,
  storageFailed,
} from "../io/storage.ts";

/** Files of the checkpoints that come with the page, below web/public/checkpoints. */
export const BUNDLED_FILES = ["pre-rl", "two-modes"].flatMap((checkpoint) =>
  ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"].map(
    (name) => `${checkpoint}/${name}`,
  ),
);

/**
 * Files that a web server gives out below an address; nothing can be written. What there is must be known beforehand, as
 * servers do not list folders, some answer a missing file with a page, and offline nobody answers at all. A file that does
 * not come is a `network-failed`.
 */
export class FetchStorage implements Storage {
  readonly #base: string;
  readonly #files: readonly string[];
  readonly #fetch: typeof fetch;

  /**
   * @param base address of the folder.
   * @param files paths of its files.
   */
  constructor(
    base: string | URL,
    files: readonly string[],
    fetchFile: typeof fetch = (...args) => fetch(...args),
  ) {
    this.#base = String(base).replace(/\/*$/, "/");
    this.#files = files;
    this.#fetch = fetchFile;
  }

  async exists(path: string): Promise<boolean> {
    pathNames(path);
    return path === "" || this.#files.some((file) => file === path || file.startsWith(`${path}/`));
  }

  async read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    if (!this.#files.includes(joinPath(...pathNames(path)))) {
      const reason = (await this.exists(path)) ? "it is a folder" : "there is no such file";
      throw storageFailed("read", path, reason);
    }
    const address = this.#base + pathNames(path).map(encodeURIComponent).join("/");
    try {
      const response = await this.#fetch(address);
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      return new Uint8Array(await response.arrayBuffer());
    } catch (cause) {
      throw new BellowsError("network-failed", `cannot read ${address}: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  /** Comes whole all the same: not every server gives out parts, and these files are small. */
  async open(path: string): Promise<StoredFile> {
    return fileOfBytes(await this.read(path));
  }

  async list(folder: string): Promise<string[]> {
    pathNames(folder);
    const start = folder === "" ? "" : `${folder}/`;
    const below = this.#files.filter((file) => file.startsWith(start));
    return [...new Set(below.map((file) => file.slice(start.length).split("/")[0]!))].sort();
  }

  write(path: string): Promise<void> {
    return refuse("write", path);
  }

  writeFolder(path: string): Promise<void> {
    return refuse("write", path);
  }

  createFolder(path: string): Promise<boolean> {
    return refuse("create", path);
  }

  append(path: string): Promise<void> {
    return refuse("append to", path);
  }

  truncate(path: string): Promise<void> {
    return refuse("truncate", path);
  }

  remove(path: string): Promise<void> {
    return refuse("remove", path);
  }

  /** Nothing here is ever half done. */
  async recover(folder: string): Promise<void> {
    pathNames(folder);
  }
}

async function refuse(action: string, path: string): Promise<never> {
  pathNames(path);
  throw storageFailed(action, path, "files of a web server can only be read");
}
