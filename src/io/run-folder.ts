import { BellowsError } from "../errors.ts";
import {
  BASE,
  type Checkpoint,
  type Expected,
  loadCheckpoint,
  MERGED,
  type SavedModel,
  saveCheckpoint,
  type TrainerState,
} from "./checkpoint.ts";
import { decodeJson, encodeJson, type JsonObject, refuse } from "./json.ts";
import { joinPath, pathNames, type Storage } from "./storage.ts";

// A run folder:
//   config.json             the run's configuration; a folder without it is no run
//   metrics.jsonl           one JSON object a line
//   samples.jsonl           likewise
//   problems.jsonl          the problems of a run of text, as they were when it began
//   checkpoints/000040/     the state after 40 steps (src/io/checkpoint.ts)
//   checkpoints/final/      a state that has a name, e.g. low, high, final
//   checkpoints/base/       of a run that trains adapters: the model that they belong to; merged/: with them merged in
//   checkpoints/latest      name of the checkpoint from which to go on
//   about.json              kind of the run; of one that a page has had, title and time of the last change (src/io/about.ts)

const CONFIG = "config.json";
const CHECKPOINTS = "checkpoints";
const LATEST = joinPath(CHECKPOINTS, "latest");

const PROBLEMS = "problems.jsonl";

/** The logs of a run: `<name>.jsonl`. */
export const LOGS = ["metrics", "samples"] as const;
export type Log = (typeof LOGS)[number];

/** A checkpoint as the trainer hands it in; the run adds how long its logs are. */
export type RunCheckpoint = SavedModel & { readonly trainer: object };

/** A checkpoint to go on from. */
export type ResumedCheckpoint = Checkpoint & { readonly trainer: TrainerState };

/**
 * The folder of a run, open for writing: by one program, one call after the other.
 *
 * A checkpoint remembers how long the logs were when it was made. {@link resume} cuts them to that length, so that
 * a run that was interrupted and resumed leaves the same bytes as one that was not.
 */
export class RunFolder {
  /** The folder's path in its storage. */
  readonly path: string;
  readonly #storage: Storage;
  readonly #logBytes: Record<Log, number>;

  private constructor(storage: Storage, path: string, logBytes: Record<Log, number>) {
    this.#storage = storage;
    this.path = path;
    this.#logBytes = logBytes;
  }

  /**
   * Starts a run in a new folder.
   * @param config plain data.
   * @throws BellowsError `input-invalid` where something has this path: nothing is ever overwritten.
   */
  static async create(storage: Storage, path: string, config: object): Promise<RunFolder> {
    const run = await RunFolder.#tryCreate(storage, path, config);
    if (run !== undefined) return run;
    throw new BellowsError("input-invalid", `there is a run ${path} already; it is not overwritten`, {
      field: "name",
      hint: "Choose another name, resume that run or remove its folder.",
    });
  }

  /** As {@link create}, in `<parent>/<name>` or, where that is taken, the first free of `<name>-2`, `<name>-3` … */
  static async createFresh(
    storage: Storage,
    parent: string,
    name: string,
    config: object,
  ): Promise<RunFolder> {
    for (let number = 1; ; number++) {
      const path = joinPath(parent, number === 1 ? name : `${name}-${number}`);
      const run = await RunFolder.#tryCreate(storage, path, config);
      if (run !== undefined) return run;
    }
  }

  /**
   * Opens a run to go on with it: clears up what a crash left and cuts a half-written last line off its logs.
   * @throws BellowsError `input-invalid` where there is no run.
   */
  static async open(storage: Storage, path: string): Promise<RunFolder> {
    await storage.recover(path);
    await checkRun(storage, path);
    const logBytes = { metrics: 0, samples: 0 };
    for (const log of LOGS) logBytes[log] = await cutHalfLine(storage, logPath(path, log));
    return new RunFolder(storage, path, logBytes);
  }

  /** Keeps the problems of a run of text with it. */
  async writeProblems(problems: string): Promise<void> {
    await this.#storage.write(joinPath(this.path, PROBLEMS), [new TextEncoder().encode(problems)]);
  }

  /** Puts another configuration in place, e.g. one of more steps. */
  async writeConfig(config: object): Promise<void> {
    await this.#storage.write(joinPath(this.path, CONFIG), [encodeJson(config, "config")]);
  }

  /**
   * Adds records to a log, a line each; all of them are on disk when this resolves. A number that is not finite
   * is written as null.
   */
  async append(log: Log, records: readonly object[]): Promise<void> {
    if (records.length === 0) return;
    const bytes = encodeJsonLines(records);
    await this.#storage.append(logPath(this.path, log), bytes);
    this.#logBytes[log] += bytes.length;
  }

  /** Saves the state after `step` steps; from now on the run resumes there. */
  async saveStep(step: number, checkpoint: RunCheckpoint): Promise<void> {
    const name = stepName(step);
    await this.#save(name, checkpoint);
    await this.#setLatest(name);
  }

  /** Saves the state under a name, in place of an earlier one. The run resumes there only when asked to. */
  async saveNamed(name: string, checkpoint: RunCheckpoint): Promise<void> {
    if (!NAMED.test(name)) {
      throw new BellowsError(
        "input-invalid",
        `the checkpoint name ${JSON.stringify(name)} is not usable; it must be a small letter, then small ` +
          `letters, digits, "-" or "_", and not "latest"`,
        { field: "name" },
      );
    }
    await this.#save(name, checkpoint);
  }

  /**
   * Reads a checkpoint of this run, the latest if none is named, and takes the run back to it: cuts the logs to
   * what they were then and makes it the latest.
   * @throws BellowsError `input-invalid` where there is none; `checkpoint-invalid`.
   */
  async resume(expected: Expected = {}, name?: string): Promise<ResumedCheckpoint> {
    const chosen = name ?? (await latestCheckpoint(this.#storage, this.path));
    const known = await listCheckpoints(this.#storage, this.path);
    if (chosen === undefined || !known.includes(chosen)) {
      throw new BellowsError(
        "input-invalid",
        `run ${this.path} has no checkpoint ${chosen ?? "yet"}; it has ${known.join(", ") || "none"}`,
        { field: "checkpoint" },
      );
    }
    const folder = checkpointPath(this.path, chosen);
    const { trainer, ...rest } = await loadCheckpoint(this.#storage, folder, expected);
    if (trainer === undefined) refuse(folder, "trainer.json", undefined, "there, to go on from here");
    for (const log of LOGS) {
      const bytes = trainer.logBytes[log] ?? 0;
      if (bytes > this.#logBytes[log]) {
        const right = `at most ${this.#logBytes[log]}, the bytes of ${logPath(this.path, log)}`;
        refuse(joinPath(folder, "trainer.json"), `logBytes.${log}`, bytes, right);
      }
    }
    // First the pointer: if the program dies in between, the logs are cut at the next attempt.
    await this.#setLatest(chosen);
    for (const log of LOGS) {
      const bytes = trainer.logBytes[log] ?? 0;
      if (bytes < this.#logBytes[log]) await this.#storage.truncate(logPath(this.path, log), bytes);
      this.#logBytes[log] = bytes;
    }
    return { ...rest, trainer };
  }

  /** Undefined where the path is taken. */
  static async #tryCreate(storage: Storage, path: string, config: object): Promise<RunFolder | undefined> {
    checkRunPath(path);
    const content = encodeJson(config, "config");
    if (!(await storage.createFolder(path))) return undefined;
    try {
      await storage.write(joinPath(path, CONFIG), [content]);
    } catch (error) {
      await storage.remove(path).catch(ignore);
      throw error;
    }
    return new RunFolder(storage, path, { metrics: 0, samples: 0 });
  }

  async #save(name: string, { trainer, ...rest }: RunCheckpoint): Promise<void> {
    await saveCheckpoint(this.#storage, checkpointPath(this.path, name), {
      ...rest,
      trainer: { state: trainer, logBytes: { ...this.#logBytes } },
    });
  }

  async #setLatest(name: string): Promise<void> {
    await this.#storage.write(joinPath(this.path, LATEST), [new TextEncoder().encode(`${name}\n`)]);
  }
}

/** Names of the runs in a folder, sorted. */
export async function listRuns(storage: Storage, parent: string): Promise<string[]> {
  const runs: string[] = [];
  for (const name of await storage.list(parent)) {
    if (await storage.exists(joinPath(parent, name, CONFIG))) runs.push(name);
  }
  return runs;
}

/** The problems that a run of text has kept; undefined where it has none. */
export async function readRunProblems(storage: Storage, path: string): Promise<string | undefined> {
  const file = joinPath(path, PROBLEMS);
  return (await storage.exists(file)) ? new TextDecoder().decode(await storage.read(file)) : undefined;
}

/** The configuration of a run, as it was handed in. */
export async function readRunConfig(storage: Storage, path: string): Promise<JsonObject> {
  await checkRun(storage, path);
  const file = joinPath(path, CONFIG);
  return decodeJson(await storage.read(file), file);
}

/**
 * The records of a log. A last line that is not ended yet, because the run is at work or was killed, is left out.
 * @throws BellowsError `checkpoint-invalid` naming the line that is no JSON object.
 */
export async function readLog(storage: Storage, path: string, log: Log): Promise<JsonObject[]> {
  const file = logPath(path, log);
  if (!(await storage.exists(file))) return [];
  const bytes = await storage.read(file);
  const whole = wholeLines(bytes);
  const records: JsonObject[] = [];
  for (let begin = 0; begin < whole; ) {
    const end = bytes.indexOf(NEWLINE, begin);
    records.push(decodeJson(bytes.subarray(begin, end), `${file}: line ${records.length + 1}`));
    begin = end + 1;
  }
  return records;
}

/** Names of a run's checkpoints that are states of it: first those of steps, in order, then those that have a name. */
export async function listCheckpoints(storage: Storage, path: string): Promise<string[]> {
  const names = await storage.list(joinPath(path, CHECKPOINTS));
  const steps = names.filter((name) => STEP.test(name)).sort((a, b) => Number(a) - Number(b));
  return [...steps, ...names.filter((name) => NAMED.test(name) && name !== BASE && name !== MERGED)];
}

/** The checkpoint from which a run goes on; undefined before the first. */
export async function latestCheckpoint(storage: Storage, path: string): Promise<string | undefined> {
  const file = joinPath(path, LATEST);
  if (!(await storage.exists(file))) return undefined;
  const name = new TextDecoder().decode(await storage.read(file)).trimEnd();
  if (!STEP.test(name) && !NAMED.test(name)) refuse(file, "its text", name, "the name of a checkpoint");
  return name;
}

/** Path of a run's checkpoint folder. */
export function checkpointPath(run: string, name: string): string {
  return joinPath(run, CHECKPOINTS, name);
}

/** Name of the checkpoint after `step` steps: padded, so that names sort as steps do. */
export function stepName(step: number): string {
  if (!Number.isSafeInteger(step) || step < 0) throw new Error(`step ${step} is not a whole number`);
  return String(step).padStart(6, "0");
}

const STEP = /^\d{6,}$/;
const NAMED = /^(?!latest$)[a-z][a-z0-9_-]*$/;
const NEWLINE = 0x0a;

function logPath(run: string, log: Log): string {
  return joinPath(run, `${log}.jsonl`);
}

function encodeJsonLines(records: readonly object[]): Uint8Array {
  return new TextEncoder().encode(records.map((record) => `${JSON.stringify(record)}\n`).join(""));
}

/** Bytes up to and with the last line break. */
function wholeLines(bytes: Uint8Array): number {
  return bytes.lastIndexOf(NEWLINE) + 1;
}

/** Cuts a line off a log that is not ended; gives the bytes that stay. */
async function cutHalfLine(storage: Storage, file: string): Promise<number> {
  if (!(await storage.exists(file))) return 0;
  const bytes = await storage.read(file);
  const whole = wholeLines(bytes);
  if (whole < bytes.length) await storage.truncate(file, whole);
  return whole;
}

/**
 * Refuses names that are awkward in a shell, a URL or on Windows; {@link RunFolder.create} does so too.
 * @throws BellowsError `input-invalid`.
 */
export function checkRunPath(path: string): void {
  const name = pathNames(path).at(-1) ?? "";
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name) && !name.endsWith(".")) return;
  throw new BellowsError(
    "input-invalid",
    `the run name ${JSON.stringify(name)} is not usable; it must be a letter or digit, then letters, digits, ` +
      `".", "-" or "_", and at most 100 characters`,
    { field: "name" },
  );
}

/** @throws BellowsError `input-invalid` where there is no run. */
export async function checkRun(storage: Storage, path: string): Promise<void> {
  if (await storage.exists(joinPath(path, CONFIG))) return;
  throw new BellowsError("input-invalid", `there is no run ${path || "."}: it has no ${CONFIG}`, {
    field: "name",
  });
}

function ignore(): void {}
