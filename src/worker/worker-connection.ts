import { type Remote, transfer, wrap } from "comlink";
import { BellowsError } from "../errors.ts";
import { newName, watchLife } from "../host/worker-life.ts";
import { receiveEvents } from "./event-stream.ts";
import type { DeviceInfo, Result, TrainerCommands, TrainerEvent } from "./protocol.ts";
import { unwrap } from "./results.ts";

/** One training worker, from its start to its end. */
export class WorkerConnection {
  readonly #worker: Worker;
  readonly #commands: Remote<TrainerCommands>;
  readonly #channel = new MessageChannel();
  readonly #died: (error: BellowsError) => void;
  readonly #endWatch: () => void;
  /** Rejects when the worker has died or was closed. */
  readonly #end: Promise<never>;
  #reject: (error: BellowsError) => void = () => {};
  #isOver = false;

  /**
   * @param handle gets its events, a batch at a time and in order.
   * @param died is told why, should the worker die by itself, before its calls fail with the same error.
   */
  constructor(handle: (events: readonly TrainerEvent[]) => void, died: (error: BellowsError) => void) {
    const name = newName();
    this.#worker = new Worker(new URL("./trainer.worker.ts", import.meta.url), { type: "module", name });
    this.#commands = wrap<TrainerCommands>(this.#worker);
    this.#died = died;
    this.#end = new Promise<never>((_, reject) => {
      this.#reject = reject;
    });
    this.#end.catch(() => {}); // those who wait for it are told; else it is nobody's concern
    receiveEvents(this.#channel.port1, handle);
    this.#worker.addEventListener("error", ({ message }) => this.#die(deathBy(message)));
    this.#worker.addEventListener("messageerror", () => this.#die(deathBy("it sent what cannot be read")));
    this.#endWatch = watchLife(this.#worker, name, () => this.#die(deathBy("it ended without a word")));
  }

  /** Opens the device; events come from now on. */
  connect(): Promise<DeviceInfo> {
    const { port2 } = this.#channel;
    return this.call((commands) => commands.connect(transfer(port2, [port2])));
  }

  /** Comlink leaves a call pending for ever where the worker is gone, so each races the worker's end. */
  async call<Value>(command: (commands: Remote<TrainerCommands>) => Promise<Result<Value>>): Promise<Value> {
    return unwrap(await Promise.race([command(this.#commands), this.#end]));
  }

  /** Ends the worker at once; calls that are under way fail. */
  close(): void {
    this.#finish(new BellowsError("worker-died", "the training worker was closed"));
  }

  /** A worker after an error that nobody caught is as good as dead, and must not keep what it has locked. */
  #die(error: BellowsError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#died(error);
    this.#finish(error);
  }

  #finish(error: BellowsError): void {
    this.#isOver = true;
    this.#endWatch();
    this.#reject(error);
    this.#channel.port1.close();
    this.#worker.terminate();
  }
}

/** Browsers say nothing of a worker whose script they could not load. */
function deathBy(reason: string | undefined): BellowsError {
  if (reason) return new BellowsError("worker-died", `the training worker died: ${reason}`);
  return new BellowsError("network-failed", "the training worker's script could not be loaded");
}
