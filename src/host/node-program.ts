/** What a command line program asks of its platform. The modules of src/cli know Node through this one alone. */
import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, homedir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { BellowsError } from "../errors.ts";
import type { VariantCache } from "../model/variants.ts";
import { DENO_VERSION } from "./deno.ts";
import { NodeStorage } from "./node-storage.ts";

/** Arguments after the program's name. */
export function programArguments(): string[] {
  return process.argv.slice(2);
}

/** What a user types to start this program again on this host. */
export function programCall(): string {
  return DENO_VERSION === undefined ? "npx bellows" : `deno run -A ${relative("", process.argv[1]!)}`;
}

/** Ends the program at once. */
export function exit(status: number): never {
  process.exit(status);
}

/** Resolves once everything that was printed is written, or failed to be ({@link watchOutput}). */
export function outputWritten(): Promise<void> {
  return new Promise((resolve) => process.stdout.write("", () => resolve()));
}

/** Writes to standard output as it is. */
export function write(text: string): void {
  process.stdout.write(text);
}

/** Writes a line to standard output. */
export function print(line = ""): void {
  process.stdout.write(`${line}\n`);
}

/** Writes a line to standard error. */
export function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Columns of the terminal; null where standard output is none. */
export function terminalColumns(): number | null {
  return process.stdout.isTTY ? process.stdout.columns || 80 : null;
}

/** Whether colours are wanted (https://no-color.org). */
export function wantsColour(): boolean {
  return process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
}

/** As shells report a program that Ctrl-C ended, and one that wrote where nobody reads any more. */
export const INTERRUPTED_STATUS = 130;
const NO_READER_STATUS = 141;

/** Ctrl-C, a polite end, and a terminal that was closed. */
const INTERRUPTS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What listens for an interrupt now. */
const interruptListeners = new Set<() => void>();

/** Signals that this process takes for an interrupt. */
let interruptSignals: readonly NodeJS.Signals[] = INTERRUPTS;

/** Calls back on each interrupt, and when output can go nowhere any more, until the returned function is called. */
export function onInterrupt(callback: () => void): () => void {
  const signals = interruptSignals;
  interruptListeners.add(callback);
  for (const signal of signals) process.on(signal, callback);
  return () => {
    interruptListeners.delete(callback);
    for (const signal of signals) process.off(signal, callback);
  };
}

/** Does what Ctrl-C does. */
export function interrupt(): void {
  for (const listener of interruptListeners) listener();
}

/**
 * Sees to output that can go nowhere, e.g. in `bellows schedule | head -1`: it counts as an interrupt, and where none is
 * listened for, the program ends without a stack trace. Called once, at the start.
 */
export function watchOutput(): void {
  process.stdout.once("error", ({ code, message }: NodeJS.ErrnoException) => {
    process.stdout.on("error", ignore);
    const hasNoReader = code === "EPIPE";
    if (!hasNoReader) complain(`bellows: cannot write its output: ${message}`);
    if (interruptListeners.size === 0) process.exit(hasNoReader ? NO_READER_STATUS : 1);
    interrupt();
  });
  process.stderr.on("error", ignore);
}

/** How a process ended: its exit status, null if a signal ended it; and what it complained of, or the signal. */
export interface ChildEnd {
  readonly status: number | null;
  readonly complaint: string;
}

/** This program, running as a child of this process. */
export interface Child {
  /** Asks it to save and end. */
  stop(): void;
  readonly ended: Promise<ChildEnd>;
}

/**
 * Starts this program as a child that knows how to {@link obeyParent}.
 * @param environment goes over that of this process.
 * @param onLine called with each line of its standard output.
 */
export function startChild(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
): Child {
  const child = fork(process.argv[1]!, args, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const ended = attend(child, onLine);
  return {
    stop: () => {
      if (child.connected) child.send(STOP, ignore); // one that has just ended hears nothing
    },
    ended,
  };
}

/** A program in Python that lines are exchanged with. */
export interface PythonProgram {
  /** Writes a line to its standard input; one that has ended hears nothing. */
  send(line: string): void;
  /** Ends its standard input. */
  close(): void;
  readonly ended: Promise<ChildEnd>;
}

/**
 * Starts a program in Python, with the `python3` on the PATH.
 * @param text the program.
 * @param onLine called with each line of its standard output.
 */
export function startPython(
  text: string,
  args: readonly string[],
  onLine: (line: string) => void,
): PythonProgram {
  const child = spawn("python3", ["-c", text, ...args], { stdio: "pipe" });
  child.stdin.on("error", ignore);
  const ended = attend(child, onLine).catch(({ code, message }: NodeJS.ErrnoException) => ({
    status: null,
    complaint: code === "ENOENT" ? "there is no python3 on the PATH" : message,
  }));
  return {
    send: (line) => {
      if (child.stdin.writable) child.stdin.write(`${line}\n`);
    },
    close: () => child.stdin.end(),
    ended,
  };
}

/** Hears what a child says, to its end. */
function attend(child: ChildProcess, onLine: (line: string) => void): Promise<ChildEnd> {
  const complaint = new Complaint();
  createInterface({ input: child.stdout! }).on("line", onLine);
  createInterface({ input: child.stderr! }).on("line", (line) => complaint.add(line));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => resolve({ status, complaint: signal ?? complaint.text }));
  });
}

/** What a program complains of, found in what it writes to standard error: the first line that tells, else the last. */
export class Complaint {
  #line = "";

  add(line: string): void {
    if (!COMPLAINT.test(this.#line)) this.#line = line;
  }

  get text(): string {
    return this.#line.replace("bellows: ", "");
  }
}

/** How bellows complains, and JavaScript of what nothing caught. */
const COMPLAINT = /^(bellows: |\w*Error\b|FATAL)/;
const STOP = "stop";

/**
 * Makes this process end with the one that started it, by {@link startChild}: a word from there is an interrupt, and once
 * the parent is gone, however it went, this process ends at once. A terminal's Ctrl-C goes to both; it is for the parent.
 */
export function obeyParent(): void {
  if (process.send === undefined) return;
  interruptSignals = [];
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, ignore);
  process.on("message", () => {
    if (interruptListeners.size === 0) process.exit(INTERRUPTED_STATUS); // nothing to be saved is under way
    interrupt();
  });
  process.on("disconnect", () => process.exit(INTERRUPTED_STATUS));
}

/** Processors that this process may use. */
export function processorCount(): number {
  return availableParallelism();
}

/** A variable of the environment. */
export function environmentVariable(name: string): string | undefined {
  return process.env[name];
}

/**
 * The commit of this checkout, with `-dirty` where files differ from it; "" where that cannot be told. A copy on another machine is
 * told it, by BELLOWS_COMMIT.
 */
export function commitOfProgram(): string {
  const told = process.env.BELLOWS_COMMIT;
  if (told !== undefined) return told;
  const args = ["-C", packageFolder(), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
  const { status, stdout } = spawnSync("git", args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : "";
}

/** Bytes of memory that this process holds. */
export function residentBytes(): number {
  return process.memoryUsage.rss();
}

/** The most bytes of memory that this process has held. */
export function peakResidentBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/** The text of a file that a user named. */
export function readTextFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new BellowsError("storage-failed", `cannot read ${path}: ${(cause as Error).message}`, {
      field: path,
      cause,
    });
  }
}

/** A path that a user named, as a storage and a path in it. */
export interface Place {
  readonly storage: NodeStorage;
  readonly path: string;
  /** For people. */
  readonly shown: string;
}

/** Splits a path into the folder that holds it and its name. */
export function placeOf(path: string): Place {
  const full = resolve(path);
  return {
    storage: new NodeStorage(dirname(full)),
    path: basename(full),
    shown: path.replace(/(?<=.)\/+$/, ""),
  };
}

/**
 * Makes sure that a place is free and that something can be stored there. Leaves nothing behind, nor the folders above.
 * @throws BellowsError `input-invalid` with this hint where something is there already; `storage-failed`.
 */
export async function checkFree({ storage, path, shown }: Place, hint: string): Promise<void> {
  if (await storage.exists(path)) {
    const message = `there is something at ${shown} already; it is not overwritten`;
    throw new BellowsError("input-invalid", message, { field: "out", hint });
  }
  let parent = storage.root;
  while (!existsSync(parent)) parent = dirname(parent);
  const trial = `bellows-trial-${process.pid}`;
  const above = new NodeStorage(parent);
  await above.createFolder(trial);
  await above.remove(trial);
}

/** A folder that a user named, as the storage of what is in it. */
export function folderStorage(path: string): NodeStorage {
  return new NodeStorage(resolve(path));
}

/** The folder of this checkout or package: the nearest one above this module with a package.json. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    if (dirname(folder) === folder) throw new Error("there is no package.json above this program");
    folder = dirname(folder);
  }
  return folder;
}

/** Measured choices of kernel variants, in the user's cache folder. Losing it costs a second at the next start. */
export function variantCache(): VariantCache {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const file = join(base, "bellows", "variants.json");
  const read = (): Record<string, string> => {
    try {
      return JSON.parse(readFileSync(file, "utf8"));
    } catch {
      return {};
    }
  };
  return {
    async get(key) {
      return read()[key] ?? null;
    },
    async set(key, value) {
      try {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, JSON.stringify({ ...read(), [key]: value }, null, 2));
      } catch {
        // A read-only home is no reason not to train.
      }
    },
  };
}

function ignore(): void {}
