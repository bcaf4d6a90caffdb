import { BellowsError } from "../errors.ts";
import type { Random } from "../random.ts";
import type { Problem, Task } from "./task.ts";

/** Training (by imitation or by reward) and evaluation never see the same problem. */
export type Split = "train" | "eval";

const EVAL_SHARE = 0.1;
const MAX_TRIES = 1000;

/** FNV-1a, 32 bits, of the text's UTF-8 bytes (Fowler, Noll, Vo; RFC 9923). */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The finaliser of MurmurHash3 (Appleby): each input bit flips each output bit with probability one half. */
export function fmix32(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * The split to which a problem belongs, for every run and seed alike. FNV-1a alone leaves keys that differ in
 * their last letters close together, hence the finaliser.
 */
export function splitOf(key: string): Split {
  return fmix32(fnv1a32(key)) / 2 ** 32 < EVAL_SHARE ? "eval" : "train";
}

/**
 * Draws a problem of a split: from the list of them, where the task has one, else by drawing until one belongs to it.
 * @throws BellowsError `config-invalid` where a level has (nearly) no such problem.
 */
export function drawProblem<P extends Problem>(
  task: Task<P>,
  level: number,
  split: Split,
  random: Random,
): P {
  const listed = task.listed?.(level, split);
  if (listed !== undefined && listed.length > 0) return random.pick(listed);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const problem = task.problem(level, random);
    if (splitOf(problem.key) === split) return problem;
  }
  throw new BellowsError(
    "config-invalid",
    `task ${task.name}, level ${level}: none of ${MAX_TRIES} problems belongs to the ${split} split; ` +
      "a level must have problems of both splits",
    { field: "task.name" },
  );
}
