/** The origin private file system of a browser, in memory and with faults: as the specification (fs.spec.whatwg.org) has it. */

/** What Chromium 156 returns there: the code of its error, taken for an unsigned number. */
const NO_SPACE = 2 ** 32 - 8;

interface FakeFile {
  readonly kind: "file";
  bytes: Uint8Array<ArrayBuffer>;
  /** Whether a sync access handle is open: then nobody else may write. */
  locked: boolean;
}

interface FakeFolder {
  readonly kind: "directory";
  readonly children: Map<string, FakeFile | FakeFolder>;
}

/** A file system with a `root` to hand to an OpfsStorage. */
export class FakeOpfs {
  /** Calls so far. */
  calls = 0;
  /** The name of the exception with which the call of this number (from 1) fails; undefined: it does not. */
  fault: (call: number) => string | undefined = () => undefined;
  /** Bytes that can still be written before the storage is full; what is removed is not given back. */
  room = Number.POSITIVE_INFINITY;
  readonly #tree: FakeFolder = { kind: "directory", children: new Map() };

  get root(): FileSystemDirectoryHandle {
    return new FolderHandle(this, "", this.#tree) as unknown as FileSystemDirectoryHandle;
  }

  /** Names of what is not finished, at any depth. */
  unfinished(folder: FakeFolder = this.#tree): string[] {
    return [...folder.children].flatMap(([name, child]) => [
      ...(/\.bellows-(partial|replaced)$/.test(name) ? [name] : []),
      ...(child.kind === "directory" ? this.unfinished(child) : []),
    ]);
  }

  begin(): void {
    this.calls += 1;
    const name = this.fault(this.calls);
    if (name !== undefined) throw new DOMException("injected fault", name);
  }

  /** Takes room for so many bytes, as far as there is any. */
  take(bytes: number): number {
    const taken = Math.min(bytes, this.room);
    this.room -= taken;
    return taken;
  }
}

class FolderHandle {
  readonly kind = "directory";
  readonly name: string;
  readonly #disk: FakeOpfs;
  readonly #folder: FakeFolder;

  constructor(disk: FakeOpfs, name: string, folder: FakeFolder) {
    this.#disk = disk;
    this.name = name;
    this.#folder = folder;
  }

  async getFileHandle(name: string, { create = false } = {}): Promise<FileHandle> {
    const empty = (): FakeFile => ({ kind: "file", bytes: new Uint8Array(), locked: false });
    return new FileHandle(this.#disk, name, this.#child("file", name, create, empty));
  }

  async getDirectoryHandle(name: string, { create = false } = {}): Promise<FolderHandle> {
    const empty = (): FakeFolder => ({ kind: "directory", children: new Map() });
    return new FolderHandle(this.#disk, name, this.#child("directory", name, create, empty));
  }

  /** Removes a folder's children one after the other, as browsers do. */
  async removeEntry(name: string, { recursive = false } = {}): Promise<void> {
    this.#disk.begin();
    const child = this.#folder.children.get(name);
    if (child === undefined) throw new DOMException("not found", "NotFoundError");
    if (child.kind === "directory" && child.children.size > 0) {
      if (!recursive) throw new DOMException("not empty", "InvalidModificationError");
      const handle = new FolderHandle(this.#disk, name, child);
      for (const inner of [...child.children.keys()]) await handle.removeEntry(inner, { recursive });
    }
    if (child.kind === "file" && child.locked) throw new DOMException("locked", "NoModificationAllowedError");
    this.#folder.children.delete(name);
  }

  async *keys(): AsyncGenerator<string> {
    this.#disk.begin();
    yield* [...this.#folder.children.keys()];
  }

  #child<Kind extends "file" | "directory">(
    kind: Kind,
    name: string,
    create: boolean,
    empty: () => Extract<FakeFile | FakeFolder, { kind: Kind }>,
  ): Extract<FakeFile | FakeFolder, { kind: Kind }> {
    this.#disk.begin();
    const child = this.#folder.children.get(name);
    if (child !== undefined && child.kind !== kind) throw new DOMException("mismatch", "TypeMismatchError");
    if (child !== undefined) return child as Extract<FakeFile | FakeFolder, { kind: Kind }>;
    if (!create) throw new DOMException("not found", "NotFoundError");
    const made = empty();
    this.#folder.children.set(name, made);
    return made;
  }
}

class FileHandle {
  readonly kind = "file";
  readonly name: string;
  readonly #disk: FakeOpfs;
  readonly #file: FakeFile;

  constructor(disk: FakeOpfs, name: string, file: FakeFile) {
    this.#disk = disk;
    this.name = name;
    this.#file = file;
  }

  async getFile(): Promise<Blob> {
    this.#disk.begin();
    return new Blob([this.#file.bytes]);
  }

  /** Writes to a copy, which `close` puts in place. */
  async createWritable() {
    this.#disk.begin();
    if (this.#file.locked) throw new DOMException("locked", "NoModificationAllowedError");
    const parts: BlobPart[] = [];
    return {
      write: async (data: Uint8Array<ArrayBuffer> | Blob) => {
        this.#disk.begin();
        const size = data instanceof Blob ? data.size : data.length;
        if (this.#disk.take(size) < size) throw new DOMException("full", "QuotaExceededError");
        parts.push(data instanceof Blob ? data : data.slice());
      },
      close: async () => {
        this.#disk.begin();
        this.#file.bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
      },
      abort: async () => {},
    };
  }

  /** A write that fails may have written a part; one that finds no room does so without a word, as in private windows. */
  async createSyncAccessHandle() {
    this.#disk.begin();
    const file = this.#file;
    if (file.locked) throw new DOMException("locked", "NoModificationAllowedError");
    file.locked = true;
    const put = (bytes: Uint8Array, at: number) => {
      const grown = new Uint8Array(Math.max(file.bytes.length, at + bytes.length));
      grown.set(file.bytes);
      grown.set(bytes, at);
      file.bytes = grown;
    };
    return {
      getSize: () => file.bytes.length,
      write: (bytes: Uint8Array, { at }: { at: number }) => {
        try {
          this.#disk.begin();
        } catch (error) {
          put(bytes.subarray(0, bytes.length >> 1), at);
          throw error;
        }
        const taken = this.#disk.take(bytes.length);
        put(bytes.subarray(0, taken), at);
        return taken === bytes.length ? taken : NO_SPACE;
      },
      truncate: (size: number) => {
        this.#disk.begin();
        file.bytes = file.bytes.slice(0, size);
      },
      flush: () => this.#disk.begin(),
      // The browser closes what a dead worker had open.
      close: () => {
        file.locked = false;
      },
    };
  }
}
