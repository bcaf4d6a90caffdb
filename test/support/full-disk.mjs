/**
 * Loaded into a program before it starts (`node --import`): from the moment that it has written BELLOWS_TEST_ROOM bytes
 * through file handles, every further write fails as on a full disk.
 */
import { open } from "node:fs/promises";
import { devNull } from "node:os";

const handle = await open(devNull);
const FileHandle = Object.getPrototypeOf(handle);
await handle.close();

const writeFile = FileHandle.writeFile;
let room = Number(process.env.BELLOWS_TEST_ROOM);

FileHandle.writeFile = async function (bytes) {
  room -= bytes.length;
  if (room < 0) throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  return writeFile.call(this, bytes);
};
