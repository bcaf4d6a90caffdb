/**
 * What to do on a machine where WebGPU finds no adapter: pure functions over plain facts. On Linux, Dawn runs on Vulkan
 * and needs two things: the loader (libvulkan.so.1) and a driver. Mesa's software driver (lavapipe) serves on any
 * machine. Seen to work: Mesa 23.2.1 (Ubuntu 22.04), 24.0.5 (Ubuntu 24.04), 25.0.7 (Debian 13, bookworm-backports).
 * Refused by Dawn: 22.0.1 and 22.3.6 (Debian 12's own).
 */

/** Facts about a machine that decide what can be done. Gathered by `readMachine` in node-setup.ts. */
export interface Machine {
  /** Node's names, e.g. `linux`, `darwin`, `win32` and `x64`, `arm64`. */
  readonly platform: string;
  readonly arch: string;
  /** Fields of /etc/os-release; empty where there is no such file. */
  readonly release: Readonly<Record<string, string>>;
  /** Active package sources of apt. */
  readonly aptSources: readonly AptSource[];
  /** Version of the package mesa-vulkan-drivers, where dpkg knows one. */
  readonly mesa: string | undefined;
  readonly root: boolean;
  /** True where the command `sudo` exists. */
  readonly sudo: boolean;
  readonly container: boolean;
  readonly ci: boolean;
  /** The environment forbids installing (BELLOWS_NO_INSTALL). */
  readonly installForbidden: boolean;
  /** Which variable points the Vulkan loader to particular drivers, e.g. `VK_DRIVER_FILES=/x.json`. */
  readonly driverOverride: string | undefined;
}

/** One suite of one archive. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
}

/** How a look for an adapter ended, in a process of its own (probe.mjs). */
export interface Probe {
  /** `unloadable`: Dawn's binary could not be loaded; `crashed`: the process broke down or took too long. */
  readonly outcome: "found" | "none" | "unloadable" | "crashed";
  /** The driver that was found, or what Dawn and drivers said; for `crashed`, the signal or status first. */
  readonly log: string;
}

/** What follows from a failed probe. */
export interface Plan {
  /** Why there is no adapter, in a sentence or two. */
  readonly reason: string;
  /** Shell commands that bellows may run by itself to mend it; empty where it must not or cannot. */
  readonly commands: readonly string[];
  /** What the reader can do: the exact commands where they are known. */
  readonly hint: string;
}

/** Why there is no adapter, and what to do about it where no package helps. */
interface Diagnosis {
  readonly reason: string;
  readonly advice?: string;
}

/** How a distribution installs a driver. */
interface Recipe {
  /** The distribution, with what is particular about it. */
  readonly on: string;
  readonly commands: readonly string[];
  /** Whether bellows may run the commands by itself: those for apt were tried. */
  readonly automatic: boolean;
}

/** Fields of /etc/os-release (see os-release(5)), quotes removed. */
export function parseOsRelease(text: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, name, value] = /^\s*([A-Z0-9_]+)=(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    fields[name] = value.replace(/^(["'])(.*)\1$/, "$2").replace(/\\(["'$`\\])/g, "$1");
  }
  return fields;
}

/** Active binary sources in a file of apt's, of the one-line or the deb822 format (sources.list(5)). */
export function parseAptSources(text: string): AptSource[] {
  const lines = text.split("\n").filter((line) => !line.trimStart().startsWith("#"));
  const oneLine = lines.flatMap((line) => {
    const [, uri, suite] = /^\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)/.exec(line) ?? [];
    return uri === undefined || suite === undefined ? [] : [{ uri, suite }];
  });
  const stanzas = lines.join("\n").split(/\n\s*\n/);
  const deb822 = stanzas.flatMap((stanza) => {
    const words = (field: string) =>
      (new RegExp(`^${field}:(.*(?:\\n[ \\t].*)*)`, "im").exec(stanza)?.[1] ?? "")
        .split(/\s+/)
        .filter(Boolean);
    if (!words("Types").includes("deb") || /^(no|false|0)$/i.test(words("Enabled")[0] ?? "yes")) return [];
    return words("URIs").flatMap((uri) => words("Suites").map((suite) => ({ uri, suite })));
  });
  return [...oneLine, ...deb822];
}

/** Decides what to do about a probe that found no adapter. */
export function planFor(probe: Probe, machine: Machine): Plan {
  const { reason, advice } = diagnose(probe, machine);
  if (advice !== undefined) return { reason, commands: [], hint: advice };
  const recipe = recipeFor(machine);
  if (recipe === undefined) {
    const hint =
      "Install Vulkan's loader (libvulkan.so.1) and Mesa's software driver lavapipe, version 23.2 or later.";
    return { reason, commands: [], hint };
  }
  const may = recipe.automatic && mayInstall(machine);
  return { reason, commands: may ? recipe.commands : [], hint: recipeText(recipe, machine) };
}

/** How to get a driver on this machine, whoever asks for one. */
export function driverHint(machine: Machine): string {
  const recipe = machine.platform === "linux" ? recipeFor(machine) : undefined;
  if (recipe !== undefined) return recipeText(recipe, machine);
  return "Install the current driver of the graphics card; on Linux, its Vulkan driver and Vulkan's loader.";
}

function diagnose(probe: Probe, machine: Machine): Diagnosis {
  const { outcome, log } = probe;
  const said = essenceOf(log);
  if (outcome === "unloadable") {
    const reason = `Dawn, the WebGPU of the npm package webgpu, cannot be loaded: ${said}`;
    return { reason, advice: adviceForBinary(log, machine) };
  }
  if (outcome === "crashed") {
    const reason = `the search for a WebGPU adapter broke down: ${said}`;
    return {
      reason,
      advice: "Update the graphics driver, or choose another: on Linux, VK_DRIVER_FILES names it.",
    };
  }
  if (machine.platform !== "linux") {
    const reason = said === "" ? "no WebGPU adapter" : `no WebGPU adapter: ${said}`;
    return { reason, advice: adviceForPlatform(machine.platform) };
  }
  if (/Couldn't load Vulkan/.test(log)) {
    return { reason: "no WebGPU adapter: Vulkan's loader (libvulkan.so.1) is missing" };
  }
  if (machine.driverOverride !== undefined) {
    const reason = `no WebGPU adapter: ${machine.driverOverride} gives none; Dawn says: ${said}`;
    return {
      reason,
      advice: "Unset this variable, or let it name the .json file of a working Vulkan driver.",
    };
  }
  if (/Found no drivers|VK_ERROR_INCOMPATIBLE_DRIVER/.test(log)) {
    return { reason: "no WebGPU adapter: Vulkan's loader is installed, but no driver" };
  }
  const version = machine.mesa === undefined ? "" : ` (Mesa ${machine.mesa})`;
  return { reason: `no WebGPU adapter: Dawn refuses the Vulkan driver${version}: ${said}` };
}

function adviceForBinary(log: string, { release, platform, arch }: Machine): string {
  if (release.ID === "alpine")
    return "Dawn needs glibc, and Alpine has musl: use an image such as node:22-bookworm.";
  if (/GLIBC/.test(log))
    return "Dawn needs the glibc and libstdc++ of Debian 12, Ubuntu 22.04, RHEL 9 or later.";
  if (/Cannot find module .*dawn\.node/.test(log))
    return `The package has no binary for ${platform} on ${arch}.`;
  return "`npm ci` installs it afresh.";
}

function adviceForPlatform(platform: string): string {
  switch (platform) {
    case "darwin":
      return "Dawn uses Metal here: it needs a Mac whose GPU is visible, which it may not be in a virtual machine.";
    case "win32":
      return "Dawn uses Direct3D 12 here: install the current driver of the graphics card; dxdiag shows what there is.";
    default:
      return `Dawn is not known to run on ${platform}.`;
  }
}

/** What matters in a log, on one line: Dawn's warnings without the places in its source; without any, its start. */
function essenceOf(log: string): string {
  const lines = log
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^at |^- |artificially reduced|XDG_RUNTIME_DIR/.test(line));
  const warnings = lines.filter((line) => line.startsWith("Warning: ")).map((line) => line.slice(9));
  return [...new Set(warnings.length > 0 ? warnings : lines)].slice(0, 3).join("; ").replace(/\.$/, "");
}

/** How to install a driver on this Linux, if it is known. */
function recipeFor(machine: Machine): Recipe | undefined {
  const { release } = machine;
  const on = release.PRETTY_NAME ?? release.ID ?? "this Linux";
  const sudo = machine.root || !machine.sudo ? "" : "sudo ";
  const ids = `${release.ID ?? ""} ${release.ID_LIKE ?? ""}`.split(/\s+/);
  const isLike = (...names: readonly string[]) => names.some((name) => ids.includes(name));
  const untried = (command: string): Recipe => ({ on, commands: [sudo + command], automatic: false });
  if (isLike("debian", "ubuntu")) return aptRecipe(machine, on, sudo);
  if (isLike("fedora", "rhel", "centos")) return untried("dnf install -y vulkan-loader mesa-vulkan-drivers");
  if (isLike("arch")) return untried("pacman -S --needed vulkan-icd-loader vulkan-swrast");
  if (isLike("suse", "opensuse")) return untried("zypper install libvulkan1 libvulkan_lvp");
  return undefined;
}

/** Debian 12 takes Mesa from backports, by the mirror that the machine uses; all others from their own archive. */
function aptRecipe({ release, aptSources }: Machine, on: string, sudo: string): Recipe {
  const update = `${sudo}apt-get update`;
  const install = (options: string) =>
    `${sudo}apt-get install -y --no-install-recommends ${options}libvulkan1 mesa-vulkan-drivers`;
  if ((release.DEBIAN_CODENAME ?? release.VERSION_CODENAME) !== "bookworm") {
    return { on, commands: [update, install("")], automatic: true };
  }
  const backports = "bookworm-backports";
  const known = aptSources.some(({ suite }) => suite === backports);
  const mirror = aptSources.find(({ suite }) => suite === "bookworm")?.uri ?? "http://deb.debian.org/debian";
  const add = `echo 'deb ${mirror} ${backports} main' | ${sudo}tee /etc/apt/sources.list.d/${backports}.list`;
  return {
    on: `${on}, whose own Mesa is too old for Dawn`,
    commands: [...(known ? [] : [add]), update, install(`-t ${backports} `)],
    automatic: true,
  };
}

/** True where bellows may change packages by itself: as root, in a container or in CI, unless forbidden. */
export function mayInstall({ root, container, ci, installForbidden }: Machine): boolean {
  return root && (container || ci) && !installForbidden;
}

function recipeText({ on, commands }: Recipe, { root, sudo, installForbidden }: Machine): string {
  return [
    `On ${on}, this installs Mesa's software Vulkan driver${root || sudo ? "" : " (as root)"}:`,
    ...commands.map((command) => `  ${command}`),
    ...(installForbidden ? ["bellows does not do so by itself, because BELLOWS_NO_INSTALL is set."] : []),
    "A machine with a GPU is served far better by the Vulkan driver of its maker.",
  ].join("\n");
}

/** True where the output of a package manager (in English) shows that the archive was out of reach. */
export function looksOffline(output: string): boolean {
  return /failed to fetch|could not resolve|temporary failure resolving|(could not|unable to) connect/i.test(
    output,
  );
}
