import { BellowsError, invalid } from "../errors.ts";
import {
  type ChildEnd,
  complain,
  type Place,
  type PythonProgram,
  startPython,
} from "../host/node-program.ts";
import { joinPath } from "../io/storage.ts";
import type { LogLine } from "../train/records.ts";
import PROGRAM from "./metrics-logger.py?raw";

/** Loggers by name: the package that pip installs, and what shows a run's metrics. */
const LOGGERS: Readonly<Record<string, { readonly pip: string; readonly show: (run: string) => string }>> = {
  trackio: { pip: "trackio", show: () => "trackio show --project bellows" },
  tensorboard: { pip: "tensorboard", show: (run) => `tensorboard --logdir ${run}` },
  "wandb-offline": { pip: "wandb", show: (run) => `wandb sync ${run}/wandb/offline-run-*` },
};

/** A logger that takes longer to end is left to itself. */
const END_MILLISECONDS = 60_000;

/**
 * Metrics in a logger that is widely used, by its own client: a child process in Python (metrics-logger.py). It never holds up a run nor
 * ends it: where it dies, a line says so, and metrics.jsonl has all.
 */
export class MetricsLogger {
  readonly #name: string;
  readonly #program: PythonProgram;
  #isClosed = false;

  private constructor(name: string, program: PythonProgram) {
    this.#name = name;
    this.#program = program;
  }

  /**
   * Starts a logger; none where there is no name. Resolves once its package is imported.
   * @throws BellowsError `input-invalid` for a logger that is none, or that is not installed.
   */
  static async start(name: string | undefined): Promise<MetricsLogger | null> {
    if (name === undefined) return null;
    if (!Object.hasOwn(LOGGERS, name)) {
      throw invalid("input-invalid", "--log", name, `one of ${Object.keys(LOGGERS).join(", ")}`);
    }
    let ready = () => {};
    const isReady = new Promise<null>((resolve) => {
      ready = () => resolve(null);
    });
    const program = startPython(PROGRAM, [name], () => ready());
    const end = await Promise.race([isReady, program.ended]);
    if (end !== null) {
      const { pip } = LOGGERS[name]!;
      const hint = `Install it where python3 is, e.g. in a virtual environment that is active: pip install ${pip}`;
      throw new BellowsError("input-invalid", `--log ${name} cannot start: ${end.complaint}`, {
        field: "log",
        hint,
      });
    }
    const logger = new MetricsLogger(name, program);
    program.ended.then((last) => logger.#ended(last)).catch(() => {});
    return logger;
  }

  /** Tells it which run this is, and the user how to look at it. */
  begin({ storage, path, shown }: Place, config: object, resumed: boolean): void {
    const folder = joinPath(storage.root, path);
    this.#program.send(JSON.stringify({ folder, name: path.split("/").at(-1), config, resumed }));
    complain(`bellows: metrics go to ${this.#name} too: ${LOGGERS[this.#name]!.show(shown)}`);
  }

  log(line: LogLine): void {
    this.#program.send(JSON.stringify(line));
  }

  /** Lets it write what it has. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#program.close();
    const isSlow = new Promise<"slow">((resolve) => setTimeout(resolve, END_MILLISECONDS, "slow"));
    if ((await Promise.race([this.#program.ended, isSlow])) === "slow") {
      complain(`bellows: ${this.#name} is still at work; it is left to itself`);
    }
  }

  #ended({ status, complaint }: ChildEnd): void {
    if (this.#isClosed && status === 0) return;
    complain(
      `bellows: ${this.#name} is gone: ${complaint || `status ${status}`}; metrics.jsonl has all, the run goes on`,
    );
  }
}
