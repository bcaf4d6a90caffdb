/** Runs that belong to one tab at a time, by the browser's locks. */
import { BellowsError } from "../errors.ts";

/** Milliseconds for which a run that is taken is waited for: after a reload, the worker before may live a moment longer. */
const PATIENCE = 2000;

/**
 * Locks a run for this tab, so that no other writes to it, until the returned function is called or the tab ends.
 * @param run its folder.
 * @throws BellowsError `run-locked` where another tab holds it.
 */
export function runLock(
  run: string,
  locks: LockManager = navigator.locks,
  patience = PATIENCE,
): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const hold = () => new Promise<void>((release) => resolve(release));
    locks
      .request(`bellows run ${run}`, { signal: AbortSignal.timeout(patience) }, hold)
      .catch((error: unknown) => reject(isTimeout(error) ? lockedElsewhere(run) : error));
  });
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}

function lockedElsewhere(run: string): BellowsError {
  return new BellowsError("run-locked", `the run ${run} is open in another tab`, { field: run });
}
