import * as nodeFiles from "node:fs/promises";
import { type FileSystem, NodeStorage } from "../../src/host/node-storage.ts";

/**
 * The file system of Node with faults: `files` goes to a NodeStorage. Flushing is counted as a call but left
 * out, for speed: no power fails in a test.
 */
export class FaultyDisk {
  /** Names of the calls so far. */
  readonly trace: string[] = [];
  /** Bytes that can still be written before the disk is full. */
  room = Number.POSITIVE_INFINITY;
  /** The error code with which the call of this number (from 1) fails; undefined: it does not. */
  fault: (call: number) => string | undefined = () => undefined;
  readonly files: FileSystem;

  constructor() {
    const wrap = <A extends unknown[], R>(name: string, call: (...args: A) => Promise<R>) => {
      return async (...args: A): Promise<R> => {
        this.#begin(name);
        return call(...args);
      };
    };
    this.files = {
      mkdir: wrap("mkdir", nodeFiles.mkdir) as FileSystem["mkdir"],
      readdir: wrap("readdir", nodeFiles.readdir as never) as FileSystem["readdir"],
      readFile: wrap("readFile", nodeFiles.readFile) as FileSystem["readFile"],
      rename: wrap("rename", nodeFiles.rename),
      rm: wrap("rm", nodeFiles.rm),
      stat: wrap("stat", nodeFiles.stat) as FileSystem["stat"],
      open: wrap("open", async (...args: Parameters<typeof nodeFiles.open>) => {
        return this.#wrapFile(await nodeFiles.open(...args));
      }),
    };
  }

  /** A disk that works until the program dies at a call: from then on nothing happens any more. */
  static dyingAt(call: number): FaultyDisk {
    const disk = new FaultyDisk();
    disk.fault = (number) => (number >= call ? "EKILLED" : undefined);
    return disk;
  }

  /** A disk on which one call fails and all others work. */
  static failingAt(call: number, code: string): FaultyDisk {
    const disk = new FaultyDisk();
    disk.fault = (number) => (number === call ? code : undefined);
    return disk;
  }

  /** A disk with room for so many bytes. */
  static withRoom(bytes: number): FaultyDisk {
    const disk = new FaultyDisk();
    disk.room = bytes;
    return disk;
  }

  #begin(name: string): void {
    this.trace.push(name);
    const code = this.fault(this.trace.length);
    if (code !== undefined) throw Object.assign(new Error(`${code}: injected fault`), { code });
  }

  #wrapFile(file: nodeFiles.FileHandle): nodeFiles.FileHandle {
    const writeFile = async (bytes: Uint8Array): Promise<void> => {
      try {
        this.#begin("writeFile");
      } catch (error) {
        // A write that fails may have written a part.
        await file.writeFile(bytes.subarray(0, bytes.length >> 1));
        throw error;
      }
      const written = Math.min(bytes.length, this.room);
      this.room -= written;
      await file.writeFile(bytes.subarray(0, written));
      if (written < bytes.length) throw Object.assign(new Error("disk full"), { code: "ENOSPC" });
    };
    const methods: Record<string, unknown> = {
      writeFile,
      sync: async () => this.#begin("sync"),
      stat: async () => {
        this.#begin("stat");
        return file.stat();
      },
      truncate: async (size: number) => {
        this.#begin("truncate");
        return file.truncate(size);
      },
      read: async (bytes: Uint8Array, at: number, length: number, position: number) => {
        this.#begin("read");
        return file.read(bytes, at, length, position);
      },
      // The system closes the files of a program that dies.
      close: () => file.close(),
    };
    return new Proxy(file, { get: (_, name) => methods[String(name)] });
  }
}

/** A storage on a disk without faults, and without the wait for it. */
export function soundStorage(root: string): NodeStorage {
  return new NodeStorage(root, new FaultyDisk().files);
}
