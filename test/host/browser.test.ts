import { afterEach, describe, expect, test, vi } from "vitest";
import { type AdapterDescription, plainWaiter } from "../../src/gpu/device.ts";
import { browserGpu, browserWaiter, localVariantCache } from "../../src/host/browser.ts";
import { MemoryStorage } from "../../src/io/memory-storage.ts";
import { expectFailure } from "../io/support.ts";

const CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/112.0.0.0 Safari/537.36";
const FIREFOX = "Gecko/20100101 Firefox/140.0";

test("a browser without WebGPU is told apart from a page that is not secure", async () => {
  await expectFailure(() => browserGpu({}, true), "webgpu-unavailable", "no WebGPU");
  await expectFailure(() => browserGpu({}, false), "webgpu-unavailable", "not secure");
  const gpu = {} as GPU;
  expect(browserGpu({ gpu }, true)).toBe(gpu);
});

describe("waiting", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test("in Firefox submits while something is awaited, and only then", async () => {
    vi.useFakeTimers();
    vi.stubGlobal("navigator", { userAgent: FIREFOX });
    const submit = vi.fn();
    const device = { queue: { submit }, createCommandEncoder: () => ({ finish: () => "empty" }) };
    const wait = browserWaiter({} as AdapterDescription, device as unknown as GPUDevice);
    let finish: (value: number) => void = () => {};
    const waited = wait(
      new Promise<number>((resolve) => {
        finish = resolve;
      }),
    );
    await vi.advanceTimersByTimeAsync(20);
    expect(submit.mock.calls.length).toBeGreaterThan(2);
    expect(submit).toHaveBeenLastCalledWith(["empty"]);
    finish(7);
    expect(await waited).toBe(7);
    await expect(wait(Promise.reject(new Error("lost")))).rejects.toThrow("lost");
    const nudges = submit.mock.calls.length;
    await vi.advanceTimersByTimeAsync(100);
    expect(submit).toHaveBeenCalledTimes(nudges);
  });

  test("elsewhere just waits", () => {
    vi.stubGlobal("navigator", { userAgent: CHROME });
    expect(browserWaiter({} as AdapterDescription, {} as GPUDevice)).toBe(plainWaiter);
  });
});

test("choices of variants outlast the page, and neither damage nor a full storage hurts", async () => {
  const storage = new MemoryStorage();
  expect(await localVariantCache(storage).get("a")).toBeNull();
  await localVariantCache(storage).set("a", "matmul=register");
  await localVariantCache(storage).set("b", "matmul=subgroup");
  const cache = localVariantCache(storage);
  expect([await cache.get("a"), await cache.get("b"), await cache.get("c")]).toEqual([
    "matmul=register",
    "matmul=subgroup",
    null,
  ]);
  await storage.write("variants.json", [new TextEncoder().encode("{half")]);
  expect(await cache.get("a")).toBeNull();
  storage.write = () => Promise.reject(new Error("full"));
  await cache.set("a", "matmul=register");
  expect(await cache.get("a")).toBeNull();
});
