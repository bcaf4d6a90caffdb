import { expect, test } from "vitest";
import { denoGpu } from "../../src/host/deno.ts";
import { expectFailure } from "../io/support.ts";

test("Deno's GPU object, or what to do without", async () => {
  const gpu = {} as GPU;
  expect(denoGpu({ gpu })).toBe(gpu);
  const { hint } = await expectFailure(() => denoGpu({}), "webgpu-unavailable", "offers no WebGPU");
  expect(hint).toContain("deno run -A --unstable-webgpu");
});
