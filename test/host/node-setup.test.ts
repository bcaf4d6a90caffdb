import { afterEach, describe, expect, it, vi } from "vitest";
import { BellowsError } from "../../src/errors.ts";
import { ensureAdapter, isSet, probeAdapter, readMachine, runCommands } from "../../src/host/node-setup.ts";

/** Hides every Vulkan driver from Dawn, so that the tests find the same on any Linux; old loaders know the second name. */
function hideDrivers(): void {
  vi.stubEnv("VK_DRIVER_FILES", "/nonexistent.json");
  vi.stubEnv("VK_ICD_FILENAMES", "/nonexistent.json");
}

afterEach(() => vi.unstubAllEnvs());

describe("the probe", () => {
  it("finds Dawn's null adapter, which needs no driver", () => {
    expect(probeAdapter(["backend=null"]).outcome).toBe("found");
  });

  it.runIf(process.platform === "linux")(
    "finds none where every driver is hidden, and keeps what Dawn says",
    () => {
      hideDrivers();
      const probe = probeAdapter();
      expect(probe.outcome).toBe("none");
      expect(probe.log).toMatch(/VK_ERROR_INCOMPATIBLE_DRIVER|Couldn't load Vulkan/);
    },
  );

  it("tells a process that broke down from one that found nothing", () => {
    expect(probeAdapter(["backend=nonsense"]).outcome).toBe("crashed");
  });
});

describe("ensureAdapter", () => {
  it("gives the GPU object of an adapter that is there", async () => {
    const gpu = await ensureAdapter({ flags: ["backend=null"] });
    expect(await gpu.requestAdapter()).not.toBeNull();
  });

  it.runIf(process.platform === "linux")("throws what is missing and what to do", async () => {
    hideDrivers();
    const failure = await ensureAdapter({ install: false }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BellowsError);
    const { code, message, hint } = failure as BellowsError;
    expect(code).toBe("adapter-unavailable");
    expect(message).toContain("no WebGPU adapter: ");
    expect(hint).not.toBe("");
  });
});

describe.runIf(process.platform !== "win32")("commands", () => {
  it("are told before they run, and their output is kept back", () => {
    const told: string[] = [];
    runCommands(
      ["true", "echo quiet; test $DEBIAN_FRONTEND = noninteractive"],
      (line) => told.push(line),
      "",
    );
    expect(told).toEqual(["$ true", "$ echo quiet; test $DEBIAN_FRONTEND = noninteractive"]);
  });

  it("fail with the end of what they all printed, and stop there", () => {
    const told: string[] = [];
    const commands = [
      "echo Temporary failure resolving deb.debian.org",
      "echo no package >&2; exit 100",
      "false",
    ];
    expect(() => runCommands(commands, (line) => told.push(line), "the hint")).toThrow(
      expect.objectContaining({
        code: "adapter-unavailable",
        hint: "the hint",
        message:
          "`echo no package >&2; exit 100` failed (status 100); the package archive is out of reach: is this machine " +
          "offline?\n  Temporary failure resolving deb.debian.org\n  no package",
      }),
    );
    expect(told).toHaveLength(2);
  });
});

describe("the facts about this machine", () => {
  it("follow the environment", () => {
    vi.stubEnv("CI", "true");
    vi.stubEnv("BELLOWS_NO_INSTALL", "1");
    vi.stubEnv("VK_DRIVER_FILES", "/a.json");
    vi.stubEnv("VK_ICD_FILENAMES", "/b.json");
    expect(readMachine()).toMatchObject({
      platform: process.platform,
      ci: true,
      installForbidden: true,
      driverOverride: "VK_DRIVER_FILES=/a.json VK_ICD_FILENAMES=/b.json",
    });
    vi.stubEnv("CI", "false");
    vi.stubEnv("BELLOWS_NO_INSTALL", "0");
    vi.stubEnv("VK_DRIVER_FILES", "");
    vi.stubEnv("VK_ICD_FILENAMES", undefined);
    expect(readMachine()).toMatchObject({ ci: false, installForbidden: false, driverOverride: undefined });
  });

  it.each([undefined, "", "0", "false", "FALSE", "no"])("%j counts as not set", (value) => {
    expect(isSet(value)).toBe(false);
  });

  it.each(["1", "true", "docker"])("%j counts as set", (value) => {
    expect(isSet(value)).toBe(true);
  });
});
