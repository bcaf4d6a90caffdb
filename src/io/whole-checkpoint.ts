import { BellowsError } from "../errors.ts";
import { latestCheckpoint, listCheckpoints } from "./run-folder.ts";
import type { Storage } from "./storage.ts";

/** What was read of a checkpoint that is whole. */
export interface WholeCheckpoint<T> {
  readonly content: T;
  readonly name: string;
  /** What is wrong with the latest checkpoint, where this is another. */
  readonly damage: BellowsError | null;
}

/**
 * Reads the latest checkpoint of a run; where that is damaged, the newest before it that is whole. Since training is deterministic,
 * a run that goes on from there loses no more than the time for the steps in between.
 * @param read throws BellowsError `checkpoint-invalid` where a checkpoint is damaged.
 * @throws BellowsError `input-invalid` where there is no checkpoint yet; what reading the latest has thrown, where none is whole.
 */
export async function readWholeCheckpoint<T>(
  storage: Storage,
  run: string,
  read: (name: string) => Promise<T>,
): Promise<WholeCheckpoint<T>> {
  const latest = await latestCheckpoint(storage, run);
  if (latest === undefined) {
    throw new BellowsError("input-invalid", `${run} has no checkpoint yet to go on from`, {
      field: "resume",
      hint: "Start it anew, under another name.",
    });
  }
  try {
    return { content: await read(latest), name: latest, damage: null };
  } catch (damage) {
    if (!isDamage(damage)) throw damage;
    const known = await listCheckpoints(storage, run);
    for (const name of known.filter((name) => Number(name) < Number(latest)).reverse()) {
      try {
        return { content: await read(name), name, damage };
      } catch (another) {
        if (!isDamage(another)) throw another;
      }
    }
    throw damage;
  }
}

function isDamage(error: unknown): error is BellowsError {
  return error instanceof BellowsError && error.code === "checkpoint-invalid";
}
