/** Files and folders of a browser's private file system, one call after another: what {@link OpfsStorage} is made of. */

// TypeScript's library for pages lacks what a directory iterates over and what only workers have.
export type Folder = FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };
export type WorkerFile = FileSystemFileHandle & { createSyncAccessHandle(): Promise<OpenFile> };

/** A FileSystemSyncAccessHandle. */
export interface OpenFile {
  getSize(): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

/** Where a path leads: the folder that holds it, and its name there. */
export interface Place {
  readonly folder: Folder;
  readonly name: string;
}

export function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : "";
}

/** The file or folder of this name; undefined where there is none. */
export async function entry({ folder, name }: Place): Promise<FileSystemHandle | undefined> {
  try {
    return await folder.getFileHandle(name);
  } catch (error) {
    if (nameOf(error) === "TypeMismatchError") return folder.getDirectoryHandle(name);
    if (nameOf(error) === "NotFoundError") return undefined;
    throw error;
  }
}

export async function namesIn(folder: Folder): Promise<string[]> {
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  return names;
}

export async function childFolder(folder: Folder, name: string): Promise<Folder> {
  return (await folder.getDirectoryHandle(name, { create: true })) as Folder;
}

export async function removeEntry({ folder, name }: Place): Promise<void> {
  try {
    await folder.removeEntry(name, { recursive: true });
  } catch (error) {
    if (nameOf(error) !== "NotFoundError") throw error;
  }
}

/** Replaces a file at once; where it fails, the old one stays. */
export async function writeFile(
  { folder, name }: Place,
  content: readonly (Uint8Array | Blob)[],
): Promise<void> {
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
export async function inPlace(
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
export function writeAll(file: OpenFile, bytes: Uint8Array, at: number): void {
  if (file.write(bytes, { at }) === bytes.length) return;
  throw new DOMException("only a part was written", "QuotaExceededError");
}

/** For what fails beside something that has failed already. */
export function ignore(): void {}
