/** The two browsers that the page is tested in: where they are, and how they come where they are missing. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { BellowsError } from "../../src/errors.ts";
import { readMachine, runCommands } from "../../src/host/node-setup.ts";
import { type Machine, mayInstall } from "../../src/host/setup-plan.ts";

export type BrowserName = "chromium" | "firefox";

/** Names of a browser's program, and Debian's package of it. */
const PROGRAMS: Readonly<Record<BrowserName, { names: readonly string[]; aptPackage: string }>> = {
  chromium: { names: ["chromium", "google-chrome-stable", "google-chrome"], aptPackage: "chromium" },
  firefox: { names: ["firefox-esr"], aptPackage: "firefox-esr" },
};

/** Flags with which Chromium offers WebGPU everywhere: on SwiftShader, its own software driver. */
export const WEBGPU_FLAGS = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/**
 * Sees to it that both browsers are there, and installs what is missing as root in a container or in CI. Blocks meanwhile.
 * @throws BellowsError `adapter-unavailable`, whose hint holds the commands that help on this machine.
 */
export function ensureBrowsers(tell = (line: string) => process.stderr.write(`${line}\n`)): void {
  const missing = missingBrowsers();
  if (missing.length === 0) return;
  const { reason, commands, hint, automatic } = planForBrowsers(missing, readMachine());
  if (!automatic) throw new BellowsError("adapter-unavailable", reason, { hint });
  tell(`bellows: ${reason}; installing (BELLOWS_NO_INSTALL=1 forbids it).`);
  runCommands(commands, tell, hint);
  const still = missingBrowsers();
  if (still.length === 0) return;
  throw new BellowsError("adapter-unavailable", `${still.join(" and ")} was installed and yet is not found`, {
    hint,
  });
}

/** Path of a browser's program. */
export function browserPath(browser: BrowserName): string {
  const path = findProgram(PROGRAMS[browser].names);
  if (path === undefined) throw new Error(`${browser} is missing; ensureBrowsers was not called`);
  return path;
}

export interface BrowserPlan {
  readonly reason: string;
  readonly commands: readonly string[];
  /** Whether the commands may be run without asking. */
  readonly automatic: boolean;
  readonly hint: string;
}

/** What to do about missing browsers. Debian's packages alone are known to serve: those of Ubuntu are stubs for snap. */
export function planForBrowsers(missing: readonly BrowserName[], machine: Machine): BrowserPlan {
  const reason = `the browser tests need ${missing.join(" and ")}`;
  const { release, root, sudo } = machine;
  if (release.ID !== "debian") {
    const names = missing.map((browser) => PROGRAMS[browser].names.join(" or ")).join(", and ");
    return { reason, commands: [], automatic: false, hint: `Install it so that PATH has ${names}.` };
  }
  const prefix = root || !sudo ? "" : "sudo ";
  const packages = missing.map((browser) => PROGRAMS[browser].aptPackage).join(" ");
  const commands = [
    `${prefix}apt-get update`,
    `${prefix}apt-get install -y --no-install-recommends ${packages}`,
  ];
  const hint = ["This installs what is missing:", ...commands.map((command) => `  ${command}`)].join("\n");
  return { reason, commands, automatic: mayInstall(machine), hint };
}

function missingBrowsers(): BrowserName[] {
  const names = Object.keys(PROGRAMS) as BrowserName[];
  return names.filter((name) => findProgram(PROGRAMS[name].names) === undefined);
}

/** The first of these programs that PATH has. */
function findProgram(names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
