import { afterEach, expect, it, vi } from "vitest";
import { runDoctor } from "../../src/cli/doctor.ts";
import { sharedGpu } from "../support/gpu.ts";

afterEach(() => vi.restoreAllMocks());

it("doctor reports the adapter that the tests run on", async () => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  expect(await runDoctor({ json: true })).toBe(0);
  const report = JSON.parse(write.mock.calls.map(([text]) => text).join(""));
  const { adapter, device } = await sharedGpu();
  expect(report.adapter).toEqual({ ...adapter });
  for (const { name, used, value } of report.limits) {
    if (used) expect(device.limits[name as "maxBufferSize"], name).toBe(value);
  }
});
