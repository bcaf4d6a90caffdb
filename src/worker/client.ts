import { type Remote, releaseProxy, transfer, wrap } from "comlink";
import { BellowsError } from "../errors.ts";
import { receiveEvents } from "./event-stream.ts";
import type { DeviceInfo, Result, TrainerCommands, TrainerEvent } from "./protocol.ts";
import { unwrap } from "./results.ts";

/** The worker's commands as the page calls them: they give values and throw BellowsErrors. */
type Calls = {
  readonly [Name in keyof TrainerCommands]: TrainerCommands[Name] extends (
    ...args: infer Args
  ) => Promise<Result<infer Value>>
    ? (...args: Args) => Promise<Value>
    : never;
};

/** A training worker in the page's hands. */
export interface TrainerClient extends Omit<Calls, "connect"> {
  /** Opens the device; events come from now on. */
  connect(): Promise<DeviceInfo>;
  /** Ends the worker at once. What is to be kept is saved by `pause` before; calls that are under way fail. */
  close(): void;
}

/**
 * Starts a training worker.
 * @param handle gets its events, a batch at a time and in order.
 * @param died is told why, should the worker die by itself; its calls fail with the same error.
 */
export function startTrainer(
  handle: (events: readonly TrainerEvent[]) => void,
  died: (error: BellowsError) => void = () => {},
): TrainerClient {
  const worker = new Worker(new URL("./trainer.worker.ts", import.meta.url), {
    type: "module",
    name: "bellows trainer",
  });
  const channel = new MessageChannel();
  receiveEvents(channel.port1, handle);
  const proxy: Remote<TrainerCommands> = wrap<TrainerCommands>(worker);
  const end = untilEnd(worker, died);

  /** Comlink leaves a call pending for ever where the worker is gone, so each races the worker's end. */
  async function call<Value>(pending: Promise<Result<Value>>): Promise<Value> {
    return unwrap(await Promise.race([pending, end.promise]));
  }

  return {
    connect: () => call(proxy.connect(transfer(channel.port2, [channel.port2]))),
    estimate: (config) => call(proxy.estimate(config)),
    create: (config, kind) => call(proxy.create(config, kind)),
    open: (id) => call(proxy.open(id)),
    play: (until) => call(proxy.play(until)),
    pause: () => call(proxy.pause()),
    setRest: (milliseconds) => call(proxy.setRest(milliseconds)),
    configure: (config) => call(proxy.configure(config)),
    think: (request) => call(proxy.think(request)),
    listRuns: () => call(proxy.listRuns()),
    readRun: (id) => call(proxy.readRun(id)),
    readSamples: (id, step) => call(proxy.readSamples(id, step)),
    renameRun: (id, title) => call(proxy.renameRun(id, title)),
    removeRun: (id) => call(proxy.removeRun(id)),
    exportRun: (id) => call(proxy.exportRun(id)),
    importRun: (name, zip) => call(proxy.importRun(name, transfer(zip, [zip.buffer]))),
    close() {
      end.reject(new BellowsError("validation", "the training worker was closed"));
      channel.port1.close();
      proxy[releaseProxy]();
      worker.terminate();
    },
  };
}

/** A promise that never resolves, and rejects when the worker dies or is ended. */
function untilEnd(worker: Worker, died: (error: BellowsError) => void) {
  let reject: (error: BellowsError) => void = () => {};
  const promise = new Promise<never>((_, fail) => {
    reject = fail;
  });
  promise.catch(() => {}); // those who wait for it are told; else it is nobody's concern
  const fail = (what: string) => {
    const error = new BellowsError("validation", `the training worker died: ${what}`, {
      hint: "Reload the page: the run goes on from where it was saved last.",
    });
    reject(error);
    died(error);
  };
  worker.addEventListener("error", ({ message }) => fail(message || "its script could not be loaded"));
  worker.addEventListener("messageerror", () => fail("it sent what cannot be read"));
  return { promise, reject };
}
