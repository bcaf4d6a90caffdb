import { transfer } from "comlink";
import type { DeviceInfo, Result, TrainerCommands, TrainerEvent } from "./protocol.ts";
import { WorkerKeeper } from "./worker-keeper.ts";

/** The worker's commands as the page calls them: they give values and throw BellowsErrors. */
type Calls = {
  readonly [Name in keyof TrainerCommands]: TrainerCommands[Name] extends (
    ...args: infer Args
  ) => Promise<Result<infer Value>>
    ? (...args: Args) => Promise<Value>
    : never;
};

/**
 * A training worker in the page's hands. Should it die once it is connected, another goes on from the last saved step, told by
 * `worker` events; calls that are under way then fail with `worker-died`, later ones wait.
 */
export interface TrainerClient extends Omit<Calls, "connect"> {
  /** Opens the device; events come from now on. */
  connect(): Promise<DeviceInfo>;
  /** Ends the worker at once. What is to be kept is saved by `pause` before; calls that are under way fail. */
  close(): void;
}

/**
 * Starts a training worker.
 * @param handle gets its events, a batch at a time and in order.
 */
export function startTrainer(handle: (events: readonly TrainerEvent[]) => void): TrainerClient {
  const worker = new WorkerKeeper(handle);
  return {
    connect: () => worker.connect(),
    estimate: (config) => worker.call((commands) => commands.estimate(config)),
    create: (config, kind) => worker.call((commands) => commands.create(config, kind)),
    skipTrial: () => worker.call((commands) => commands.skipTrial()),
    open: (id) => worker.call((commands) => commands.open(id)),
    play(until) {
      worker.until = until;
      return worker.call((commands) => commands.play(until));
    },
    pause: () => worker.call((commands) => commands.pause()),
    setRest(milliseconds) {
      worker.rest = milliseconds;
      return worker.call((commands) => commands.setRest(milliseconds));
    },
    configure: (config) => worker.call((commands) => commands.configure(config)),
    think: (request) => worker.call((commands) => commands.think(request)),
    listRuns: () => worker.call((commands) => commands.listRuns()),
    readRun: (id) => worker.call((commands) => commands.readRun(id)),
    readSamples: (id, step) => worker.call((commands) => commands.readSamples(id, step)),
    renameRun: (id, title) => worker.call((commands) => commands.renameRun(id, title)),
    removeRun: (id) => worker.call((commands) => commands.removeRun(id)),
    exportRun: (id) => worker.call((commands) => commands.exportRun(id)),
    importRun: (name, zip) =>
      worker.call((commands) => commands.importRun(name, transfer(zip, [zip.buffer]))),
    close: () => worker.close(),
  };
}
