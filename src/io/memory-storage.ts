import {
  type Chunks,
  fileOfBytes,
  joinPath,
  pathNames,
  type Storage,
  type StoredFile,
  storageFailed,
} from "./storage.ts";

/** Files in memory, for tests and for a page without a store of its own. They last as long as the object. */
export class MemoryStorage implements Storage {
  readonly #files = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #folders = new Set<string>();

  async exists(path: string): Promise<boolean> {
    pathNames(path);
    return this.#has(path);
  }

  async read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#file("read", path).slice();
  }

  async open(path: string): Promise<StoredFile> {
    return fileOfBytes(this.#file("read", path));
  }

  async list(folder: string): Promise<string[]> {
    pathNames(folder);
    const start = folder === "" ? "" : `${folder}/`;
    return [...this.#files.keys(), ...this.#folders]
      .filter((path) => path.startsWith(start) && !path.slice(start.length).includes("/"))
      .map((path) => path.slice(start.length))
      .sort();
  }

  async write(path: string, content: Chunks): Promise<void> {
    this.#makeFolders("write", pathNames(path).slice(0, -1));
    if (this.#folders.has(path)) throw storageFailed("write", path, "it is a folder");
    this.#files.set(path, joined(content));
  }

  async writeFolder(path: string, files: ReadonlyMap<string, Chunks>): Promise<void> {
    await this.remove(path);
    this.#makeFolders("write", pathNames(path));
    for (const [name, content] of files) await this.write(joinPath(path, name), content);
  }

  async createFolder(path: string): Promise<boolean> {
    const names = pathNames(path);
    if (this.#has(path)) return false;
    this.#makeFolders("create", names);
    return true;
  }

  async append(path: string, bytes: Uint8Array): Promise<void> {
    await this.write(path, [this.#files.get(path) ?? new Uint8Array(), bytes]);
  }

  async truncate(path: string, size: number): Promise<void> {
    const bytes = this.#file("truncate", path);
    if (size > bytes.length)
      throw storageFailed("truncate", path, `it has ${bytes.length} bytes, not ${size}`);
    this.#files.set(path, bytes.slice(0, size));
  }

  async remove(path: string): Promise<void> {
    const names = pathNames(path);
    for (const stored of [this.#files, this.#folders]) {
      for (const key of stored.keys()) {
        if (names.length === 0 || key === path || key.startsWith(`${path}/`)) stored.delete(key);
      }
    }
  }

  /** Nothing here is ever half done. */
  async recover(folder: string): Promise<void> {
    pathNames(folder);
  }

  #file(action: string, path: string): Uint8Array<ArrayBuffer> {
    pathNames(path);
    const bytes = this.#files.get(path);
    if (bytes !== undefined) return bytes;
    throw storageFailed(action, path, this.#has(path) ? "it is a folder" : "there is no such file or folder");
  }

  #has(path: string): boolean {
    return path === "" || this.#files.has(path) || this.#folders.has(path);
  }

  #makeFolders(action: string, names: readonly string[]): void {
    for (let depth = 1; depth <= names.length; depth++) {
      const folder = joinPath(...names.slice(0, depth));
      if (this.#files.has(folder)) throw storageFailed(action, folder, "a file is where a folder should be");
      this.#folders.add(folder);
    }
  }
}

function joined(content: Chunks): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(content.reduce((sum, chunk) => sum + chunk.length, 0));
  let cursor = 0;
  for (const chunk of content) {
    bytes.set(chunk, cursor);
    cursor += chunk.length;
  }
  return bytes;
}
