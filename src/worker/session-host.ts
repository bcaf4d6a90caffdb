import type { Gpu } from "../gpu/device.ts";
import type { Storage } from "../io/storage.ts";
import type { VariantCache } from "../model/variants.ts";

/** What a session asks of its platform: a browser's worker (trainer.worker.ts), or a test in Node. */
export interface SessionHost {
  /**
   * A new device, from an adapter that is asked for anew.
   * @throws BellowsError `webgpu-unavailable`, `adapter-unavailable`.
   */
  openGpu(): Promise<Gpu>;
  /** Run folders, each under its id. */
  readonly runs: Storage;
  /** Whether they outlast the session. */
  readonly keepsRuns: boolean;
  /** The checkpoints that come with bellows, by name; read only. */
  readonly bundled: Storage;
  /** Measured choices of kernel variants. */
  readonly variants?: VariantCache;
  /**
   * Takes a run for this session alone and gives the function that lets it go.
   * @throws BellowsError `run-locked` where another session, e.g. in a second tab, has it.
   */
  lockRun(id: string): Promise<() => void>;
}
