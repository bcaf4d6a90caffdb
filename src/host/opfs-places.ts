/** Changes at a place of the private file system that a death in the middle leaves whole or undone. */
import { isReserved, RESERVED_ENDINGS } from "../io/storage.ts";
import {
  childFolder,
  entry,
  type Folder,
  ignore,
  namesIn,
  type Place,
  removeEntry,
  writeFile,
} from "./opfs-files.ts";

// PARTIAL is an empty file that says: what stands beside it under the name without this ending is being made or removed,
// and is to go. REPLACED is a whole folder that is to take the place of the one beside it.
export const [PARTIAL, REPLACED] = RESERVED_ENDINGS;

/** Ending of the file to which Chromium's `createWritable` writes: a tab that dies leaves it behind, for all to see. */
const SWAP = ".crswap";

/** Whether a name is none of a caller's. */
export function isHidden(name: string): boolean {
  return isReserved(name) || name.endsWith(SWAP);
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
export async function make(place: Place, body: () => Promise<void>): Promise<void> {
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
export async function discard(place: Place): Promise<void> {
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
export async function settle(place: Place): Promise<void> {
  const successor = { ...place, name: place.name + REPLACED };
  await dropMarked(place);
  await dropMarked(successor);
  const found = await entry(successor);
  if (found === undefined) return;
  await removeEntry(place);
  await make(place, async () => copyFiles(found as Folder, await childFolder(place.folder, place.name)));
  await discard(successor);
}

export async function settleBelow(folder: Folder): Promise<void> {
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
