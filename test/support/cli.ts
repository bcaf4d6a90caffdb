import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect } from "vitest";

const CHECKOUT = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = join(CHECKOUT, "dist/bellows.js");

/** What runs the program: Node, or the Deno of this checkout. */
export const NODE = [process.execPath];
export const DENO = [join(CHECKOUT, "node_modules/.bin/deno"), "run", "-A"];

/** What hides every Vulkan driver from the program and forbids it to install one. */
export const NO_ADAPTER = {
  VK_DRIVER_FILES: "/nonexistent.json",
  VK_ICD_FILENAMES: "/nonexistent.json",
  BELLOWS_NO_INSTALL: "1",
};

/** Flags of a run of the toy that takes a second: 4 prompts × 4 responses a step, 8 evaluation problems. */
export const TINY_RUN = [
  "--preset=smoke",
  ...["rl.promptsPerStep=4", "rl.groupSize=4", "eval.problemsPerLevel=2"].map(
    (setting) => `--set=${setting}`,
  ),
];

/** How a run of the program ended, and what it printed. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running program. */
export interface Running {
  readonly process: ChildProcess;
  /** Resolves once standard output holds this; rejects if the program ends without. */
  printed(pattern: RegExp): Promise<void>;
  readonly ended: Promise<Outcome>;
}

export interface Bellows {
  /** A temporary folder, in which the program runs. */
  readonly folder: string;
  /** Starts the program, as the leader of a process group of its own; `env` goes over this process's environment. */
  start(args: readonly string[], env?: NodeJS.ProcessEnv): Running;
  /** Runs the program to its end. */
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Outcome>;
  /** As {@link run}, and expects it to succeed. Gives what it printed. */
  succeed(...args: readonly string[]): Promise<string>;
  /** A file below the folder. */
  read(path: string): Buffer;
  /** The records of a `.jsonl` file below the folder. */
  records(path: string): Record<string, unknown>[];
}

/** The built program, in a temporary folder of its own, for the tests of a `describe` block or a file. */
export function useBellows(runtime: readonly string[] = NODE): Bellows {
  const folder = mkdtempSync(join(tmpdir(), "bellows-cli-"));
  beforeAll(build);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    startProgram(runtime, folder, args, env);
  const run = (args: readonly string[], env?: NodeJS.ProcessEnv) => start(args, env).ended;
  const read = (path: string) => readFileSync(join(folder, path));
  return {
    folder,
    start,
    run,
    async succeed(...args) {
      const { status, stdout, stderr } = await run(args);
      expect(status, `bellows ${args.join(" ")}\n${stdout}${stderr}`).toBe(0);
      return stdout;
    },
    read,
    records: (path) => jsonLines(read(path).toString()),
  };
}

export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** A record without what differs from run to run: times and rates. */
export function withoutTimes(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).filter(([name]) => !name.startsWith("time/") && name !== "tokens_per_s"),
  );
}

let built = false;

/** Builds the program, once for all files of the GPU project, which share a process. */
function build(): void {
  if (built) return;
  const vite = join(CHECKOUT, "node_modules/vite/bin/vite.js");
  // Vitest sets NODE_ENV, which would make another build of it.
  const env = { ...process.env, NODE_ENV: "production" };
  const args = [vite, "build", "--logLevel", "warn"];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: CHECKOUT, env, encoding: "utf8" });
  expect(status, stderr).toBe(0);
  built = true;
}

function startProgram(
  [command, ...before]: readonly string[],
  cwd: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Running {
  const child = spawn(command!, [...before, PROGRAM, ...args], {
    cwd,
    env: { ...process.env, ...env },
    detached: true, // a group, as under a terminal, which sends Ctrl-C to all of it
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text) => {
      said[stream] += text;
    });
  }
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, ...said }));
  });
  const printed = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (pattern.test(said.stdout)) resolve();
      };
      child.stdout.on("data", look);
      child.on("close", () =>
        reject(new Error(`it ended without ${pattern}:\n${said.stdout}${said.stderr}`)),
      );
      look();
    });
  return { process: child, printed, ended };
}
