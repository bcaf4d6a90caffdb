import { parseRecord } from "../compare/progress.ts";
import { BellowsError } from "../errors.ts";
import {
  type Child,
  type ChildEnd,
  Complaint,
  commitOfProgram,
  type Place,
  type PythonProgram,
  packageFolder,
  startPython,
} from "../host/node-program.ts";
import { joinPath } from "../io/storage.ts";
import type { CellEngine, RayOptions } from "./cell-engine.ts";
import PROGRAM from "./ray-engine.py?raw";
import { plural } from "./terminal.ts";

/** A cell that Ray has: who hears it, and what it complained of. */
interface Cell {
  readonly onLine: (line: string) => void;
  readonly complaint: Complaint;
  readonly resolve: (end: ChildEnd) => void;
  readonly reject: (error: Error) => void;
}

/** What ray-engine.py says: first of the cluster, then of cells. */
interface Message {
  readonly nodes?: number;
  readonly room?: number;
  readonly cell?: string;
  readonly out?: string;
  readonly err?: string;
  readonly status?: number | null;
}

/**
 * Cells as actors of a Ray cluster, through a child process in Python (ray-engine.py), which knows Ray and puts the files of cells that
 * ended into the folder. Ray tries nothing again by itself: a cell whose worker died has crashed.
 */
export class RayEngine implements CellEngine {
  readonly #options: RayOptions;
  readonly #program: PythonProgram;
  readonly #cells = new Map<string, Cell>();
  #connected: (cluster: Message) => void = () => {};
  #cluster: Message = {};
  /** Why it is gone. */
  #error: BellowsError | null = null;

  private constructor({ storage, path }: Place, options: RayOptions) {
    this.#options = options;
    const { cpus, gpus, resources, shared, program } = options;
    const told = {
      folder: joinPath(storage.root, path),
      shared,
      program,
      root: packageFolder(),
      commit: commitOfProgram(),
      num_cpus: cpus,
      num_gpus: gpus,
      resources,
    };
    this.#program = startPython(PROGRAM, [JSON.stringify(told)], (line) => this.#hear(line));
  }

  /**
   * Connects to the cluster that Ray finds, and takes the program there. Resolves once it can run cells.
   * @throws BellowsError `input-invalid` where there is no Python, no Ray or no cluster.
   */
  static async connect(folder: Place, options: RayOptions): Promise<RayEngine> {
    const engine = new RayEngine(folder, options);
    const connected = new Promise<Message>((resolve) => {
      engine.#connected = resolve;
    });
    const gone = engine.#program.ended.then(({ complaint }) => whyGone(complaint));
    const first = await Promise.race([connected, gone]);
    if (first instanceof BellowsError) throw first;
    engine.#cluster = first;
    gone.then((error) => engine.#end(error)).catch(() => {});
    return engine;
  }

  get jobs(): number {
    return this.#options.jobs ?? Number.POSITIVE_INFINITY;
  }

  get room(): number {
    return Math.max(1, Math.min(this.jobs, this.#cluster.room ?? 0));
  }

  get place(): string {
    const { cpus, gpus, resources } = this.#options;
    const needs = [plural(cpus, "CPU"), ...(gpus > 0 ? [plural(gpus, "GPU")] : [])];
    for (const [name, amount] of Object.entries(resources)) needs.push(`${amount} ${name}`);
    const nodes = plural(this.#cluster.nodes ?? 0, "node");
    const hasRoom = (this.#cluster.room ?? 0) > 0;
    const room = hasRoom ? `room for ${this.room} at a time` : "no room for a cell yet";
    return `on Ray (${nodes}, ${room}; a cell takes ${needs.join(", ")})`;
  }

  get flags(): readonly string[] {
    const { jobs, cpus, gpus, resources, shared, program } = this.#options;
    return [
      "--engine ray",
      ...(jobs === null ? [] : [`--jobs ${jobs}`]),
      ...(cpus === 1 ? [] : [`--cpus ${cpus}`]),
      ...(gpus === 0 ? [] : [`--gpus ${gpus}`]),
      ...(Object.keys(resources).length === 0 ? [] : [`--resources '${JSON.stringify(resources)}'`]),
      ...(shared ? ["--shared"] : []),
      ...(program === null ? [] : [`--program ${program}`]),
    ];
  }

  start(cell: string, onLine: (line: string) => void): Child {
    const ended = new Promise<ChildEnd>((resolve, reject) => {
      this.#cells.set(cell, { onLine, complaint: new Complaint(), resolve, reject });
    });
    if (this.#error === null) this.#program.send(JSON.stringify({ run: cell }));
    else this.#end(this.#error);
    return { stop: () => this.#program.send(JSON.stringify({ stop: cell })), ended };
  }

  async close(): Promise<void> {
    this.#program.close();
    await this.#program.ended;
  }

  #hear(line: string): void {
    const message = parseRecord(line) as Message | null;
    if (message?.nodes !== undefined) this.#connected(message);
    const cell = this.#cells.get(message?.cell ?? "");
    if (message === null || cell === undefined) return;
    if (message.out !== undefined) cell.onLine(message.out);
    if (message.err !== undefined) cell.complaint.add(message.err);
    if (message.status === undefined) return;
    this.#cells.delete(message.cell!);
    cell.resolve({ status: message.status, complaint: cell.complaint.text });
  }

  /** Its child is gone, and with it every cell. */
  #end(error: BellowsError): void {
    this.#error = error;
    for (const { reject } of this.#cells.values()) reject(error);
    this.#cells.clear();
  }
}

/** What to say when the child ended, by its last words. */
function whyGone(complaint: string): BellowsError {
  const field = "engine";
  if (/No module named 'ray'/.test(complaint)) {
    const hint = "Install it where python3 is, e.g. in a virtual environment that is active: pip install ray";
    return new BellowsError("input-invalid", "Ray is not installed: --engine ray needs it", { field, hint });
  }
  if (/there is no python3/.test(complaint)) {
    const hint = "Install Python, then Ray: pip install ray";
    return new BellowsError("input-invalid", `${complaint}: --engine ray needs it`, { field, hint });
  }
  const hint = "What is done is kept; call again to go on. RAY_ADDRESS says which cluster it is.";
  return new BellowsError("input-invalid", `Ray cannot be used: ${complaint || "it ended"}`, { field, hint });
}
