import { describe, expect, it } from "vitest";
import {
  looksOffline,
  type Machine,
  type Probe,
  parseAptSources,
  parseOsRelease,
  planFor,
} from "../../src/host/setup-plan.ts";

const BOOKWORM = {
  ID: "debian",
  PRETTY_NAME: "Debian GNU/Linux 12 (bookworm)",
  VERSION_CODENAME: "bookworm",
};

/** A Debian 12 container with apt's stock sources, as root. */
const CONTAINER: Machine = {
  platform: "linux",
  arch: "x64",
  release: BOOKWORM,
  aptSources: [{ uri: "http://deb.debian.org/debian", suite: "bookworm" }],
  mesa: undefined,
  root: true,
  sudo: false,
  container: true,
  ci: false,
  installForbidden: false,
  driverOverride: undefined,
};

/** What Dawn 0.6.2 prints where something is missing. */
const NO_LOADER: Probe = {
  outcome: "none",
  log: `Warning: Couldn't load Vulkan: libvulkan.so.1: cannot open shared object file: No such file or directory
    at operator() (/home/runner/work/node-webgpu/third_party/dawn/src/dawn/native/vulkan/BackendVk.cpp:368)
`,
};
const NO_DRIVER: Probe = {
  outcome: "none",
  log: `Warning: vkCreateInstance: Found no drivers!
Warning: vkCreateInstance failed with VK_ERROR_INCOMPATIBLE_DRIVER
    at CheckVkSuccessImpl (/home/runner/work/node-webgpu/third_party/dawn/src/dawn/native/vulkan/VulkanError.cpp:106)
`,
};
const REFUSED: Probe = {
  outcome: "none",
  log: `error: XDG_RUNTIME_DIR is invalid or not set in the environment.
Warning: Vulkan shaderUniform*ArrayDynamicIndexing required.
 - While initializing adapter (backend=BackendType::Vulkan)
    at InitializeImpl (/home/runner/work/node-webgpu/third_party/dawn/src/dawn/native/vulkan/PhysicalDeviceVk.cpp:257)
`,
};

const ADD_BACKPORTS =
  "echo 'deb http://deb.debian.org/debian bookworm-backports main' | tee /etc/apt/sources.list.d/bookworm-backports.list";
const INSTALL = "apt-get install -y --no-install-recommends libvulkan1 mesa-vulkan-drivers";
const INSTALL_BACKPORTS =
  "apt-get install -y --no-install-recommends -t bookworm-backports libvulkan1 mesa-vulkan-drivers";

describe("the reason for a missing adapter", () => {
  const reasonOf = (probe: Probe, machine: Partial<Machine> = {}) =>
    planFor(probe, { ...CONTAINER, ...machine }).reason;

  it("names the missing loader, the missing driver, or what the driver lacks", () => {
    expect(reasonOf(NO_LOADER)).toBe("no WebGPU adapter: Vulkan's loader (libvulkan.so.1) is missing");
    expect(reasonOf(NO_DRIVER)).toBe("no WebGPU adapter: Vulkan's loader is installed, but no driver");
    expect(reasonOf(REFUSED, { mesa: "22.3.6-1+deb12u1" })).toBe(
      "no WebGPU adapter: Dawn refuses the Vulkan driver (Mesa 22.3.6-1+deb12u1): " +
        "Vulkan shaderUniform*ArrayDynamicIndexing required",
    );
    expect(reasonOf(REFUSED)).toContain("Dawn refuses the Vulkan driver: Vulkan shader");
  });

  it("names a variable that hides the drivers, and installs nothing then", () => {
    const plan = planFor(NO_DRIVER, { ...CONTAINER, driverOverride: "VK_DRIVER_FILES=/x.json" });
    expect(plan.reason).toContain("VK_DRIVER_FILES=/x.json");
    expect(plan.hint).toContain("Unset this variable");
    expect(plan.commands).toEqual([]);
  });

  it.each([
    ["/lib/libstdc++.so.6: version `GLIBCXX_3.4.29' not found (required by dawn.node)", {}, "Debian 12"],
    ["/lib/libc.so.6: version `GLIBC_2.34' not found (required by dawn.node)", {}, "Debian 12"],
    ["Error loading shared library ld-linux-x86-64.so.2", { release: { ID: "alpine" } }, "musl"],
    ["Cannot find module '/x/dist/linux-riscv64/dawn.node'", { arch: "riscv64" }, "linux on riscv64"],
    ["Cannot find module 'webgpu'", {}, "npm ci"],
  ] as const)("tells why Dawn's binary does not load: %s", (log, machine, hint) => {
    const plan = planFor({ outcome: "unloadable", log }, { ...CONTAINER, ...machine });
    expect(plan.reason).toBe(`Dawn, the WebGPU of the npm package webgpu, cannot be loaded: ${log}`);
    expect(plan.hint).toContain(hint);
    expect(plan.commands).toEqual([]);
  });

  it("does not answer a crash with an installation", () => {
    const plan = planFor({ outcome: "crashed", log: "SIGSEGV\n" }, CONTAINER);
    expect(plan.reason).toContain("SIGSEGV");
    expect(plan.commands).toEqual([]);
  });

  it.each([
    ["darwin", "Metal"],
    ["win32", "Direct3D 12"],
    ["freebsd", "not known to run on freebsd"],
  ])("speaks of the right drivers on %s", (platform, hint) => {
    const plan = planFor({ outcome: "none", log: "" }, { ...CONTAINER, platform, ci: true });
    expect(plan.reason).toBe("no WebGPU adapter");
    expect(plan.hint).toContain(hint);
    expect(plan.commands).toEqual([]);
  });
});

describe("who may install", () => {
  const commandsOf = (machine: Partial<Machine>) => planFor(NO_LOADER, { ...CONTAINER, ...machine }).commands;

  it("installs as root in a container or in CI", () => {
    expect(commandsOf({})).toHaveLength(3);
    expect(commandsOf({ container: false, ci: true })).toHaveLength(3);
  });

  it.each([
    ["not root", { root: false, sudo: true }],
    ["not root, in CI", { root: false, sudo: true, ci: true }],
    ["root of an ordinary machine", { container: false }],
    ["forbidden", { installForbidden: true, ci: true }],
    ["a distribution whose commands were never tried", { release: { ID: "fedora" } }],
  ])("only prints the commands: %s", (_, machine) => {
    expect(commandsOf(machine)).toEqual([]);
    expect(planFor(NO_LOADER, { ...CONTAINER, ...machine }).hint).toMatch(/^ {2}.*install/m);
  });

  it("says that an installation was forbidden", () => {
    expect(planFor(NO_LOADER, { ...CONTAINER, installForbidden: true }).hint).toContain("BELLOWS_NO_INSTALL");
  });
});

describe("the commands", () => {
  /** The indented lines of the hint to a user without root's rights. */
  const printed = (machine: Partial<Machine>, probe = NO_LOADER) =>
    planFor(probe, { ...CONTAINER, root: false, sudo: true, container: false, ...machine })
      .hint.split("\n")
      .filter((line) => line.startsWith("  "))
      .map((line) => line.trim());

  it("takes Mesa from backports on Debian 12", () => {
    for (const probe of [NO_LOADER, NO_DRIVER, REFUSED]) {
      expect(planFor(probe, CONTAINER).commands).toEqual([
        ADD_BACKPORTS,
        "apt-get update",
        INSTALL_BACKPORTS,
      ]);
    }
    expect(printed({})).toEqual([
      ADD_BACKPORTS.replace("tee", "sudo tee"),
      "sudo apt-get update",
      `sudo ${INSTALL_BACKPORTS}`,
    ]);
  });

  it("uses a source of backports that is there, and the mirror of the machine", () => {
    const stock = { uri: "http://mirror.example/debian", suite: "bookworm" };
    const backports = { uri: "http://mirror.example/debian", suite: "bookworm-backports" };
    expect(planFor(NO_LOADER, { ...CONTAINER, aptSources: [stock, backports] }).commands).toEqual([
      "apt-get update",
      INSTALL_BACKPORTS,
    ]);
    expect(planFor(NO_LOADER, { ...CONTAINER, aptSources: [stock] }).commands[0]).toContain(
      "deb http://mirror.example/debian bookworm-backports main",
    );
    expect(planFor(NO_LOADER, { ...CONTAINER, aptSources: [] }).commands[0]).toBe(ADD_BACKPORTS);
  });

  it.each([
    ["Debian 13", { ID: "debian", VERSION_CODENAME: "trixie" }],
    ["Ubuntu 24.04", { ID: "ubuntu", ID_LIKE: "debian", VERSION_CODENAME: "noble" }],
    ["Ubuntu 22.04", { ID: "ubuntu", ID_LIKE: "debian", VERSION_CODENAME: "jammy" }],
    ["Linux Mint", { ID: "linuxmint", ID_LIKE: "ubuntu debian", VERSION_CODENAME: "wilma" }],
  ])("takes Mesa from the archive of %s", (_, release) => {
    expect(planFor(NO_LOADER, { ...CONTAINER, release }).commands).toEqual(["apt-get update", INSTALL]);
  });

  it("knows a derivative of Debian 12", () => {
    const release = {
      ID: "linuxmint",
      ID_LIKE: "debian",
      VERSION_CODENAME: "faye",
      DEBIAN_CODENAME: "bookworm",
    };
    expect(planFor(NO_LOADER, { ...CONTAINER, release }).commands).toContain(INSTALL_BACKPORTS);
  });

  it.each([
    ["Fedora", { ID: "fedora" }, "sudo dnf install -y vulkan-loader mesa-vulkan-drivers"],
    [
      "Rocky",
      { ID: "rocky", ID_LIKE: "rhel centos fedora" },
      "sudo dnf install -y vulkan-loader mesa-vulkan-drivers",
    ],
    ["Arch", { ID: "arch" }, "sudo pacman -S --needed vulkan-icd-loader vulkan-swrast"],
    [
      "Manjaro",
      { ID: "manjaro", ID_LIKE: "arch" },
      "sudo pacman -S --needed vulkan-icd-loader vulkan-swrast",
    ],
    [
      "openSUSE",
      { ID: "opensuse-tumbleweed", ID_LIKE: "opensuse suse" },
      "sudo zypper install libvulkan1 libvulkan_lvp",
    ],
  ])("prints those of %s", (_, release, command) => {
    expect(printed({ release })).toEqual([command]);
  });

  it("leaves sudo out where there is none, and asks for root", () => {
    const plan = planFor(NO_LOADER, { ...CONTAINER, root: false });
    expect(plan.hint).not.toContain("sudo");
    expect(plan.hint).toContain("(as root)");
  });

  it("says in words what an unknown distribution needs", () => {
    for (const release of [{ ID: "nixos" }, {}]) {
      const plan = planFor(NO_LOADER, { ...CONTAINER, release });
      expect(plan.commands).toEqual([]);
      expect(plan.hint).toContain("libvulkan.so.1");
    }
  });
});

describe("os-release", () => {
  it("is read with and without quotes", () => {
    const text = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n# a comment\nID=debian\nX='a b'\nY="q\\"q"\n\nVERSION_ID=`;
    expect(parseOsRelease(text)).toEqual({
      PRETTY_NAME: "Debian GNU/Linux 12 (bookworm)",
      ID: "debian",
      X: "a b",
      Y: 'q"q',
      VERSION_ID: "",
    });
  });
});

describe("apt's sources", () => {
  it("are read in the one-line format", () => {
    const text = `# deb http://commented.example/debian bookworm main
deb http://deb.debian.org/debian bookworm main
deb [arch=amd64 signed-by=/x.gpg] https://mirror.example/debian bookworm-backports main contrib
deb-src http://deb.debian.org/debian bookworm main`;
    expect(parseAptSources(text)).toEqual([
      { uri: "http://deb.debian.org/debian", suite: "bookworm" },
      { uri: "https://mirror.example/debian", suite: "bookworm-backports" },
    ]);
  });

  it("are read in the deb822 format", () => {
    const text = `Types: deb deb-src
# a comment
URIs: http://deb.debian.org/debian
Suites: bookworm
 bookworm-updates
Components: main

Types: deb
URIs: http://off.example/debian
Suites: bookworm-backports
Enabled: no

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm-backports
`;
    expect(parseAptSources(text)).toEqual([
      { uri: "http://deb.debian.org/debian", suite: "bookworm" },
      { uri: "http://deb.debian.org/debian", suite: "bookworm-updates" },
    ]);
  });
});

it("recognises an archive that is out of reach", () => {
  const offline = "W: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease";
  expect(looksOffline(`${offline}  Temporary failure resolving 'deb.debian.org'`)).toBe(true);
  expect(looksOffline("E: Unable to locate package mesa-vulkan-drivers")).toBe(false);
});
