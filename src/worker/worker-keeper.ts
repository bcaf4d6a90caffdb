import type { Remote } from "comlink";
import { BellowsError } from "../errors.ts";
import type { DeviceInfo, Result, TrainerCommands, TrainerEvent, Until } from "./protocol.ts";
import { errorData } from "./results.ts";
import { WorkerConnection } from "./worker-connection.ts";

/** Deaths without anything saved in between, before it is not worth starting another worker. */
const MAX_DEATHS = 3;

/** What a worker has in hand. */
interface Task {
  /** The run that is open. */
  readonly run: string | null;
  readonly isRunning: boolean;
}

/**
 * Holds the page's worker, and starts another where it dies: that opens the same run at its last saved step and plays on where
 * it was playing. Steps done since then are done again, which gives the same bits.
 */
export class WorkerKeeper {
  readonly #handle: (events: readonly TrainerEvent[]) => void;
  #connection: WorkerConnection;
  /** The worker that calls go to. While another is started they wait for it. */
  #ready: Promise<WorkerConnection>;
  #device: DeviceInfo | null = null;
  #task: Task = { run: null, isRunning: false };
  #isRestarting = false;
  #deaths = 0;
  /** How far the last Play was to go. */
  until: Until = "end";
  /** Milliseconds to rest after each phase. */
  rest = 0;

  /** Starts a worker. @param handle gets the events of each, a batch at a time and in order. */
  constructor(handle: (events: readonly TrainerEvent[]) => void) {
    this.#handle = handle;
    this.#connection = this.#start();
    this.#ready = Promise.resolve(this.#connection);
  }

  /** Opens the device. A worker that dies before it has one is not started again. */
  async connect(): Promise<DeviceInfo> {
    this.#device = await this.#connection.connect();
    return this.#device;
  }

  async call<Value>(command: (commands: Remote<TrainerCommands>) => Promise<Result<Value>>): Promise<Value> {
    return (await this.#ready).call(command);
  }

  close(): void {
    this.#device = null;
    this.#connection.close();
  }

  #start(): WorkerConnection {
    const connection: WorkerConnection = new WorkerConnection(
      (events) => {
        for (const event of events) this.#note(event);
        this.#handle(events);
      },
      (error) => this.#connection === connection && this.#replace(error),
    );
    return connection;
  }

  /** Keeps in mind what the worker has in hand, as it is before a death. */
  #note(event: TrainerEvent): void {
    if (event.type === "saved") this.#deaths = 0;
    if (event.type !== "state" || this.#isRestarting) return;
    this.#task = { run: event.run, isRunning: event.state === "running" };
  }

  #replace(death: BellowsError): void {
    if (this.#device === null) return;
    this.#deaths += 1;
    if (this.#deaths > MAX_DEATHS) {
      this.#giveUp(death);
      return;
    }
    this.#isRestarting = true;
    this.#handle([{ type: "worker", status: "died" }]);
    this.#connection = this.#start();
    const restarted = this.#restart(this.#connection);
    this.#ready = restarted;
    restarted.catch((error: unknown) => {
      if (this.#ready === restarted) this.#giveUp(error);
    });
  }

  async #restart(connection: WorkerConnection): Promise<WorkerConnection> {
    this.#device = await connection.connect();
    await connection.call((commands) => commands.setRest(this.rest));
    const isBack = await this.#takeUp(connection);
    this.#isRestarting = false;
    if (isBack) this.#handle([{ type: "worker", status: "restarted" }]);
    return connection;
  }

  /** Goes on with what the worker before had in hand. False where that cannot be; the worker is of use all the same. */
  async #takeUp(connection: WorkerConnection): Promise<boolean> {
    const { run, isRunning } = this.#task;
    if (run === null) return true;
    try {
      if (!this.#device!.keepsRuns) {
        throw new BellowsError(
          "worker-died",
          "the training worker died, and with it a run that was not stored",
        );
      }
      await connection.call((commands) => commands.open(run));
      if (isRunning) await connection.call((commands) => commands.play(this.until));
      return true;
    } catch (error) {
      if (connection !== this.#connection) throw error; // it died as well
      this.#task = { run: null, isRunning: false };
      this.#handle([{ type: "failed", error: errorData(error) }]);
      return false;
    }
  }

  #giveUp(error: unknown): void {
    if (this.#device === null) return; // it was closed
    this.#isRestarting = false;
    this.#connection.close();
    this.#handle([{ type: "failed", error: errorData(error) }]);
  }
}
