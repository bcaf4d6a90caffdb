/** The worker's script: a {@link Session} on what a browser offers. */
import { expose } from "comlink";
import { BellowsError } from "../errors.ts";
import { openGpu } from "../gpu/device.ts";
import { browserGpu, browserWaiter, localVariantCache } from "../host/browser.ts";
import { BUNDLED_FILES, FetchStorage } from "../host/fetch-storage.ts";
import { OpfsStorage } from "../host/opfs-storage.ts";
import { runLock } from "../host/web-locks.ts";
import { showLife, type WorkerScope } from "../host/worker-life.ts";
import { MemoryStorage } from "../io/memory-storage.ts";
import type { Storage } from "../io/storage.ts";
import type { TrainerCommands } from "./protocol.ts";
import { Session } from "./session.ts";

/** Where the page serves the bundled checkpoints: beside the folder of the scripts once it is built. */
const CHECKPOINTS = new URL(import.meta.env.DEV ? "/checkpoints/" : "../checkpoints/", self.location.href);

async function startSession(): Promise<Session> {
  const runs = await openStorage();
  return new Session({
    openGpu: async () => openGpu(browserGpu(), { waiterFor: browserWaiter }),
    runs,
    keepsRuns: !(runs instanceof MemoryStorage),
    bundled: new FetchStorage(CHECKPOINTS, BUNDLED_FILES),
    variants: localVariantCache(runs),
    lockRun: (id) => runLock(id),
  });
}

/** The browser's files; memory where it keeps none, as in some private windows. */
async function openStorage(): Promise<Storage> {
  try {
    return await OpfsStorage.open();
  } catch (error) {
    if (error instanceof BellowsError) return new MemoryStorage();
    throw error;
  }
}

/**
 * The commands of a session that is still being made. A worker must listen before its script has run to its end: what comes
 * earlier is lost.
 */
function commandsOf(session: Promise<Session>): TrainerCommands {
  return new Proxy({} as TrainerCommands, {
    get(_, name: keyof TrainerCommands) {
      return async (...args: unknown[]) => {
        const ready = await session;
        return (ready[name] as (...args: unknown[]) => unknown).apply(ready, args);
      };
    },
  });
}

showLife(self as unknown as WorkerScope);
expose(commandsOf(startSession()));
