/** Where the cells of a comparison run: as child processes of this one, or on a Ray cluster. */
import { BellowsError, invalid } from "../errors.ts";
import { type Child, environmentVariable, processorCount, startChild } from "../host/node-program.ts";
import { isJsonObject } from "../io/json.ts";

/** Runs cells, each as a process of its own: `bellows compare --resume <folder> --cell <name>`. */
export interface CellEngine {
  /** How many cells are handed to it at a time. */
  readonly jobs: number;
  /** How many of them it can run side by side, as far as it knows. */
  readonly room: number;
  /** For people: where cells run, and how many at a time. */
  readonly place: string;
  /** Flags that ask for this engine again. */
  readonly flags: readonly string[];
  /**
   * Starts a cell.
   * @param onLine called with each line that it prints.
   * @returns what tells of its end, which rejects where the engine itself is gone.
   */
  start(cell: string, onLine: (line: string) => void): Child;
  /** Ends the engine, with all that still runs. */
  close(): Promise<void>;
}

export interface EngineFlags {
  readonly engine?: string;
  readonly jobs?: string;
  readonly cpus?: string;
  readonly gpus?: string;
  readonly resources?: string;
  readonly shared?: boolean;
  readonly program?: string;
}

/** What a cell takes of a Ray cluster, and how it comes there. */
export interface RayOptions {
  /** Cells handed to Ray at a time; null: all, which then wait for room in its queue. */
  readonly jobs: number | null;
  readonly cpus: number;
  readonly gpus: number;
  /** Others of Ray's resources, by name. */
  readonly resources: Readonly<Record<string, number>>;
  /** Whether every node sees the folder of the comparison under the same path. */
  readonly shared: boolean;
  /** Path of the built program on every node; null: Ray takes this one there. */
  readonly program: string | null;
}

/** The engine that flags ask for. */
export type EngineChoice =
  | { readonly kind: "local"; readonly jobs: number }
  | { readonly kind: "ray"; readonly options: RayOptions };

const RAY_FLAGS = ["cpus", "gpus", "resources", "shared", "program"] as const;

/** @throws BellowsError `input-invalid`. */
export function parseEngine(flags: EngineFlags): EngineChoice {
  const { engine = "local", jobs, cpus = "1", gpus = "0", resources = "{}", shared, program } = flags;
  if (engine !== "local" && engine !== "ray") {
    throw invalid("input-invalid", "--engine", engine, "local or ray");
  }
  const count = jobs === undefined ? null : wholeFrom1("--jobs", jobs);
  if (engine === "local") {
    const flag = RAY_FLAGS.find((name) => flags[name] !== undefined);
    if (flag === undefined) return { kind: "local", jobs: count ?? 1 };
    throw new BellowsError("input-invalid", `--${flag} goes with --engine ray alone`, { field: flag });
  }
  return {
    kind: "ray",
    options: {
      jobs: count,
      cpus: amount("--cpus", cpus, (value) => value > 0, "more than 0"),
      gpus: amount("--gpus", gpus, (value) => value >= 0, "at least 0"),
      resources: parseResources(resources),
      shared: shared === true,
      program: program ?? null,
    },
  };
}

/** Cells as child processes of this one, so many side by side. */
export class LocalEngine implements CellEngine {
  readonly jobs: number;
  readonly flags: readonly string[];
  readonly #folder: string;

  /** @param folder the comparison, as a user named it. */
  constructor(folder: string, jobs: number) {
    this.#folder = folder;
    this.jobs = jobs;
    this.flags = jobs > 1 ? [`--jobs ${jobs}`] : [];
  }

  get room(): number {
    return this.jobs;
  }

  get place(): string {
    return `${this.jobs} at a time`;
  }

  start(cell: string, onLine: (line: string) => void): Child {
    const args = ["compare", "--resume", this.#folder, "--cell", cell];
    return startChild(args, driverThreads(this.jobs), onLine);
  }

  async close(): Promise<void> {}
}

/** Shares the processors out among Mesa's software drivers: each would start a thread for every one of them. */
function driverThreads(jobs: number): Record<string, string> {
  const variable = "LP_NUM_THREADS";
  if (jobs === 1 || environmentVariable(variable) !== undefined) return {};
  return { [variable]: String(Math.max(1, Math.floor(processorCount() / jobs))) };
}

function wholeFrom1(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw invalid("input-invalid", flag, text, "a whole number from 1");
}

/** An amount of a resource: above 1, Ray knows whole ones alone. */
function amount(flag: string, text: string, fits: (value: number) => boolean, right: string): number {
  const value = Number(text);
  if (text.trim() !== "" && fits(value) && (value < 1 || Number.isSafeInteger(value))) return value;
  throw invalid("input-invalid", flag, text, `${right}, and whole where it is more than 1`);
}

function parseResources(text: string): Record<string, number> {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // refused below
  }
  if (!isJsonObject(value)) {
    throw invalid(
      "input-invalid",
      "--resources",
      text,
      `a JSON object as for ray start, e.g. '{"node22": 1}'`,
    );
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, needed]) => {
      const flag = `--resources ${name}`;
      if (name === "CPU" || name === "GPU")
        throw invalid("input-invalid", flag, needed, `given by --${name.toLowerCase()}s`);
      return [name, amount(flag, String(needed), (number) => number > 0, "more than 0")];
    }),
  );
}
