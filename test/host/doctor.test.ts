import { afterEach, describe, expect, it, vi } from "vitest";
import { runDoctor } from "../../src/cli/doctor.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe.runIf(process.platform === "linux")("doctor without an adapter", () => {
  /** What doctor prints where every Vulkan driver is hidden. */
  async function printed(options: { json: boolean }): Promise<string> {
    vi.stubEnv("VK_DRIVER_FILES", "/nonexistent.json");
    vi.stubEnv("VK_ICD_FILENAMES", "/nonexistent.json");
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    expect(await runDoctor(options)).toBe(2);
    return write.mock.calls.map(([text]) => text).join("");
  }

  it("prints the versions, what is missing and what to do", async () => {
    const text = await printed({ json: false });
    expect(text).toMatch(/^bellows \d+\.\d+\.\d+ on Node \d+\.\d+\.\d+, linux (x64|arm64); Dawn/);
    expect(text).toContain("no WebGPU adapter: ");
  });

  it("prints data on request", async () => {
    const data = JSON.parse(await printed({ json: true }));
    expect(data.error).toMatchObject({ name: "BellowsError", code: "adapter-unavailable" });
    expect(data.versions.platform).toBe(`linux ${process.arch}`);
  });
});
