/** The GPU of a browser, for pages and for dedicated workers. */
import { BellowsError } from "../errors.ts";
import { type AdapterDescription, plainWaiter, type Waiter } from "../gpu/device.ts";
import type { Storage } from "../io/storage.ts";
import type { VariantCache } from "../model/variants.ts";

/**
 * The browser's WebGPU.
 * @throws BellowsError `webgpu-unavailable`; what helps is told by {@link browserAdvice} (browser-advice.ts).
 */
export function browserGpu(
  browser: { readonly gpu?: GPU } = navigator,
  secure = globalThis.isSecureContext,
): GPU {
  if (browser.gpu) return browser.gpu;
  const message = secure
    ? "this browser offers no WebGPU"
    : "this page is not secure, so it is offered no WebGPU";
  throw new BellowsError("webgpu-unavailable", message);
}

/** How to wait in this browser: `openGpu(browserGpu(), { waiterFor: browserWaiter })`. */
export function browserWaiter(_: AdapterDescription, device: GPUDevice): Waiter {
  return /Firefox\//.test(navigator.userAgent) ? nudgingWaiter(device) : plainWaiter;
}

/** Milliseconds between two nudges. Browsers make it 4 after a few: often enough, and the GPU process is not flooded. */
const NUDGE = 1;

/**
 * Firefox looks whether the GPU is done on a timer of 100 ms (bug 1870699), and also at every submit. So while a wait is
 * pending, this submits an empty command buffer again and again.
 */
export function nudgingWaiter(device: GPUDevice): Waiter {
  return async (promise) => {
    const nudge = () => device.queue.submit([device.createCommandEncoder({ label: "nudge" }).finish()]);
    const timer = setInterval(nudge, NUDGE);
    try {
      return await promise;
    } finally {
      clearInterval(timer);
    }
  };
}

/** Measured choices of kernel variants in a file of a storage. Losing it costs a second at the next start. */
export function localVariantCache(storage: Storage, file = "variants.json"): VariantCache {
  const read = async (): Promise<Record<string, string>> => {
    try {
      return JSON.parse(new TextDecoder().decode(await storage.read(file)));
    } catch {
      return {};
    }
  };
  return {
    async get(key) {
      return (await read())[key] ?? null;
    },
    async set(key, value) {
      const text = JSON.stringify({ ...(await read()), [key]: value });
      // A full or missing storage is no reason not to train.
      await storage.write(file, [new TextEncoder().encode(text)]).catch(() => {});
    },
  };
}
