/** Sees to it that Node finds a WebGPU adapter: looks, says what is missing, and where it may, installs it. Under Deno it only looks. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { BellowsError } from "../errors.ts";
import { DENO_VERSION } from "./deno.ts";
import { createGpu } from "./node.ts";
import PROBE from "./probe.mjs?raw";
import {
  driverHint,
  looksOffline,
  type Machine,
  type Probe,
  parseAptSources,
  parseOsRelease,
  planFor,
} from "./setup-plan.ts";

export interface SetupOptions {
  /** Dawn's flags, e.g. `backend=null`. */
  readonly flags?: readonly string[];
  /** False never installs anything; true (the default) does so as root in a container or in CI. */
  readonly install?: boolean;
  /** Where lines about an installation go; standard error if left out. */
  readonly tell?: (line: string) => void;
}

/**
 * The GPU object of a machine that is known to have an adapter.
 * @throws BellowsError as {@link ensureDriver}.
 */
export async function ensureAdapter(options: SetupOptions = {}): Promise<GPU> {
  if (DENO_VERSION === undefined) {
    ensureDriver(options);
    return createGpu(options.flags);
  }
  const gpu = createGpu();
  if ((await gpu.requestAdapter()) === null) {
    const hint = driverHint(readMachine());
    throw new BellowsError("adapter-unavailable", "no WebGPU adapter: Deno finds no driver that it can use", {
      hint,
    });
  }
  return gpu;
}

/**
 * Looks for an adapter, and installs Mesa's software driver where there is none and it may. Blocks meanwhile. It looks
 * in a child process: what Dawn and drivers print is caught there, a driver that crashes takes nothing with it, and
 * a driver that Dawn refuses is not loaded here, where it would hide the one that replaces it.
 * @throws BellowsError `adapter-unavailable`, whose hint holds the commands that help on this machine.
 */
export function ensureDriver(options: SetupOptions = {}): void {
  const { flags = [], install = true, tell = (line) => process.stderr.write(`${line}\n`) } = options;
  const probe = probeAdapter(flags);
  if (probe.outcome === "found") return;
  const machine = readMachine();
  const { reason, commands, hint } = planFor(probe, machine);
  if (!install || commands.length === 0) throw new BellowsError("adapter-unavailable", reason, { hint });

  tell(`bellows: ${reason}.`);
  const where = machine.container ? "a container" : "CI";
  tell(`bellows: root in ${where}: installing Mesa's software driver (BELLOWS_NO_INSTALL=1 forbids it).`);
  runCommands(commands, tell, hint);
  const second = probeAdapter(flags);
  if (second.outcome !== "found") {
    const still = planFor(second, readMachine()).reason;
    throw new BellowsError("adapter-unavailable", `Mesa's driver was installed, and yet: ${still}`, {
      hint: "Please report this with the output of `npm run doctor`.",
    });
  }
  tell(`bellows: found ${second.log}.`);
}

const PROBE_MILLISECONDS = 60_000;

/** Looks for an adapter in a child process. */
export function probeAdapter(flags: readonly string[] = []): Probe {
  const args = ["--input-type=module", "--eval", PROBE, import.meta.url, ...flags];
  const options = { encoding: "utf8", timeout: PROBE_MILLISECONDS } as const;
  const { status, signal, error, stdout, stderr } = spawnSync(process.execPath, args, options);
  const [, outcome, said = ""] = /^(found|none|unloadable)(?: (.*))?$/.exec(lastLine(stdout ?? "")) ?? [];
  if (status !== 0 || outcome === undefined) {
    return { outcome: "crashed", log: `${error?.message ?? signal ?? `status ${status}`}\n${stderr ?? ""}` };
  }
  return { outcome: outcome as Probe["outcome"], log: outcome === "none" ? stderr : said };
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

const COMMAND_MILLISECONDS = 10 * 60_000;

/**
 * Runs shell commands one after the other, each told beforehand, their output kept back unless one fails.
 * @throws BellowsError `adapter-unavailable` with the end of the output.
 */
export function runCommands(commands: readonly string[], tell: (line: string) => void, hint: string): void {
  let output = "";
  for (const command of commands) {
    tell(`$ ${command}`);
    const run = spawnSync("sh", ["-c", command], {
      encoding: "utf8",
      timeout: COMMAND_MILLISECONDS,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
    });
    output += run.stdout + run.stderr;
    if (run.status === 0) continue;
    const end = run.error?.message ?? run.signal ?? `status ${run.status}`;
    const offline = looksOffline(output)
      ? "; the package archive is out of reach: is this machine offline?"
      : "";
    throw new BellowsError(
      "adapter-unavailable",
      `\`${command}\` failed (${end})${offline}\n${tailOf(output)}`,
      { hint },
    );
  }
}

/** The last lines of a long output, indented. */
function tailOf(output: string): string {
  return output
    .trimEnd()
    .split("\n")
    .slice(-8)
    .map((line) => `  ${line}`)
    .join("\n");
}

/** The facts about this machine that say what can be done. */
export function readMachine(): Machine {
  const { env, platform, arch } = process;
  const overrides = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].filter((name) => env[name]);
  return {
    platform,
    arch,
    release: parseOsRelease(textOf("/etc/os-release") || textOf("/usr/lib/os-release")),
    aptSources: aptSourceFiles().flatMap((file) => parseAptSources(textOf(file))),
    mesa: platform === "linux" ? packageVersion("mesa-vulkan-drivers") : undefined,
    root: process.getuid?.() === 0,
    sudo: (env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, "sudo"))),
    container:
      existsSync("/.dockerenv") ||
      existsSync("/run/.containerenv") ||
      isSet(env.container) ||
      isSet(env.KUBERNETES_SERVICE_HOST),
    ci: isSet(env.CI),
    installForbidden: isSet(env.BELLOWS_NO_INSTALL),
    driverOverride:
      overrides.length === 0 ? undefined : overrides.map((name) => `${name}=${env[name]}`).join(" "),
  };
}

/** True for a variable that is set to something other than no. */
export function isSet(value: string | undefined): boolean {
  return value !== undefined && !/^(|0|false|no)$/i.test(value);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function aptSourceFiles(): string[] {
  const folder = "/etc/apt/sources.list.d";
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const parts = names.filter((name) => /\.(list|sources)$/.test(name)).map((name) => join(folder, name));
  return ["/etc/apt/sources.list", ...parts];
}

/** Version of a package that dpkg has installed. */
function packageVersion(name: string): string | undefined {
  const { status, stdout } = spawnSync("dpkg-query", ["-W", name], { encoding: "utf8" });
  return status === 0 ? stdout.trim().split("\t")[1] : undefined;
}
