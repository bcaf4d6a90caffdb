import { afterEach, describe, expect, test, vi } from "vitest";
import { BellowsError } from "../../src/errors.ts";
import { type AdapterDescription, plainWaiter } from "../../src/gpu/device.ts";
import {
  type BrowserAdvice,
  browserAdvice,
  browserGpu,
  browserWaiter,
  localVariantCache,
  runLock,
  withBrowserAdvice,
} from "../../src/host/browser.ts";
import { MemoryStorage } from "../../src/io/memory-storage.ts";
import { expectFailure } from "../io/support.ts";

const CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/112.0.0.0 Safari/537.36";
const FIREFOX = "Gecko/20100101 Firefox/140.0";
const SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15";
const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";

const BROWSERS: readonly (readonly [advice: BrowserAdvice, userAgent: string, touchPoints?: number])[] = [
  ["chromium", `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME}`],
  ["chromium", `${MAC} ${CHROME}`],
  ["chromium", `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${CHROME}`],
  ["chromium", `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Edg/112.0.0.0`],
  ["chromiumLinux", `Mozilla/5.0 (X11; Linux x86_64) ${CHROME}`],
  ["chromiumAndroid", `Mozilla/5.0 (Linux; Android 10; K) ${CHROME.replace("Safari", "Mobile Safari")}`],
  ["firefoxWindows", `Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) ${FIREFOX}`],
  ["firefoxMac", `Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) ${FIREFOX}`],
  ["firefoxLinux", `Mozilla/5.0 (X11; Linux x86_64; rv:140.0) ${FIREFOX}`],
  ["firefoxAndroid", "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"],
  ["safari", `${MAC} ${SAFARI}`, 0],
  ["ios", `${MAC} ${SAFARI}`, 5],
  ["ios", `Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) ${SAFARI}`],
  [
    "ios",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 CriOS/140.0 Safari/604.1",
  ],
  [
    "ios",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 FxiOS/140.0 Safari/604.1",
  ],
  ["other", "curl/8.5.0"],
];

describe("advice", () => {
  test.each(
    BROWSERS.map(([advice, userAgent, maxTouchPoints = 0]) => ({ advice, userAgent, maxTouchPoints })),
  )("$advice: $userAgent", ({ advice, ...browser }) => {
    expect(browserAdvice(browser, true)).toBe(advice);
    expect(browserAdvice(browser, false)).toBe("insecure");
  });

  test("comes with the error where there is no WebGPU", async () => {
    const linux = { userAgent: `Mozilla/5.0 (X11; Linux x86_64) ${CHROME}` };
    const missing = await expectFailure(() => browserGpu(linux, true), "webgpu-unavailable", "no WebGPU");
    expect(missing.hint).toContain("chrome://flags/#enable-unsafe-webgpu");
    const insecure = await expectFailure(() => browserGpu(linux, false), "webgpu-unavailable", "not secure");
    expect(insecure.hint).toContain("https");
    const gpu = {} as GPU;
    expect(browserGpu({ ...linux, gpu }, true)).toBe(gpu);
  });

  test("takes the place of the command line's where there is no adapter", () => {
    const mac = { userAgent: `${MAC} ${SAFARI}` };
    const none = new BellowsError("adapter-unavailable", "no adapter", { hint: "npm run doctor" });
    expect(withBrowserAdvice(none, mac)).toMatchObject({ code: none.code, message: none.message });
    expect((withBrowserAdvice(none, mac) as BellowsError).hint).toContain("Safari 26");
    for (const other of [new Error("x"), new BellowsError("out-of-memory", "x")]) {
      expect(withBrowserAdvice(other, mac)).toBe(other);
    }
  });
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

/** Web Locks as far as the run lock uses them. */
class FakeLocks {
  readonly held = new Set<string>();

  async request(
    name: string,
    _: LockOptions,
    body: (lock: { name: string } | null) => unknown,
  ): Promise<unknown> {
    if (this.held.has(name)) return body(null);
    this.held.add(name);
    try {
      return await body({ name });
    } finally {
      this.held.delete(name);
    }
  }
}

test("a run belongs to one tab at a time", async () => {
  const locks = new FakeLocks() as unknown as LockManager;
  const release = await runLock("a", locks);
  const error = await expectFailure(() => runLock("a", locks), "input-invalid", "a is open in another tab");
  expect(error.hint).toContain("close that tab");
  const other = await runLock("b", locks);
  release();
  await new Promise((resolve) => setTimeout(resolve));
  (await runLock("a", locks))();
  other();
});
