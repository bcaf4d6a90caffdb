/** The worker's script: a {@link Session} on what a browser offers. */
import { expose } from "comlink";
import { BellowsError } from "../errors.ts";
import { openGpu } from "../gpu/device.ts";
import { browserGpu, browserWaiter, localVariantCache } from "../host/browser.ts";
import { BUNDLED_FILES, FetchStorage } from "../host/fetch-storage.ts";
import { OpfsStorage } from "../host/opfs-storage.ts";
import { runLock } from "../host/web-locks.ts";
import { showLife, type WorkerScope } from "../host/worker-life.ts";
import type { TrainerCommands } from "./protocol.ts";
import { Session } from "./session.ts";
import type { SessionHost } from "./session-host.ts";

/** Where the page serves the bundled checkpoints: beside the folder of the scripts once it is built. */
const CHECKPOINTS = new URL(import.meta.env.DEV ? "/checkpoints/" : "../checkpoints/", self.location.href);

async function startSession(): Promise<Session> {
  const { runs, keepsRuns } = await openStorage();
  return new Session({
    openGpu: async () => openGpu(browserGpu(), { waiterFor: browserWaiter }),
    runs,
    keepsRuns,
    bundled: new FetchStorage(CHECKPOINTS, BUNDLED_FILES),
    variants: localVariantCache(runs),
    lockRun: (id) => runLock(id),
  });
}

/** The browser's files; memory where it keeps none, as in some private windows. */
async function openStorage(): Promise<Pick<SessionHost, "runs" | "keepsRuns">> {
  try {
    return { runs: await OpfsStorage.open(), keepsRuns: true };
  } catch (error) {
    if (!(error instanceof BellowsError)) throw error;
    const { MemoryStorage } = await import("../io/memory-storage.ts");
    return { runs: new MemoryStorage(), keepsRuns: false };
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
