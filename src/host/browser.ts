/** The GPU of a browser, and what a page needs of it beside: for pages and for dedicated workers. */
import { BellowsError } from "../errors.ts";
import { type AdapterDescription, plainWaiter, type Waiter } from "../gpu/device.ts";
import type { Storage } from "../io/storage.ts";
import type { VariantCache } from "../model/variants.ts";

/** What a browser tells of itself; its `navigator` is one. */
export interface BrowserFacts {
  readonly gpu?: GPU;
  readonly userAgent: string;
  /** Tells an iPad from the Mac that it claims to be; workers do not know it. */
  readonly maxTouchPoints?: number;
}

/** What helps in a browser without WebGPU or without an adapter, as a word that a page can translate. */
export type BrowserAdvice = keyof typeof ADVICE;

const ADVICE = {
  insecure:
    "Browsers offer WebGPU to secure pages only: open this page by https, or from this computer as http://localhost.",
  chromium:
    "Use version 113 or later, and turn on graphics acceleration under Settings, System; chrome://gpu says what is missing.",
  chromiumLinux:
    "On Linux, WebGPU is on from version 144 with Intel's graphics (12th generation or later) and from version 147 with " +
    "NVIDIA's driver 535.183 or later. Elsewhere enable chrome://flags/#enable-unsafe-webgpu and " +
    "chrome://flags/#enable-vulkan, and restart the browser.",
  chromiumAndroid: "Use version 121 or later on Android 12 or later; some graphics chips need Android 16.",
  firefoxWindows: "Use Firefox 141 or later, with the current driver of the graphics card.",
  firefoxMac:
    "Use Firefox 147 or later (145 or later on macOS 26) on a Mac with Apple's chip; on an Intel Mac use Chrome.",
  firefoxLinux:
    "Firefox does not offer WebGPU on Linux yet: set dom.webgpu.enabled in about:config and restart it, or use Chrome.",
  firefoxAndroid: "Firefox does not offer WebGPU on Android yet: use Chrome.",
  safari: "Use Safari 26 or later, which macOS Sonoma, Sequoia and Tahoe have, or Chrome.",
  ios: "Update to iOS or iPadOS 26 or later: every browser there uses the system's WebGPU.",
  other: "Use a current Chrome, Edge, Firefox or Safari.",
} as const;

/** What helps here (versions: gpuweb's implementation status of April 2026). `secure`: whether the page is a secure context. */
export function browserAdvice(
  { userAgent, maxTouchPoints = 0 }: BrowserFacts,
  secure: boolean,
): BrowserAdvice {
  if (!secure) return "insecure";
  const has = (pattern: RegExp) => pattern.test(userAgent);
  if (has(/iPhone|iPad|iPod/) || (has(/Macintosh/) && maxTouchPoints > 1)) return "ios";
  if (has(/Firefox\//)) {
    if (has(/Android/)) return "firefoxAndroid";
    if (has(/Windows/)) return "firefoxWindows";
    return has(/Macintosh/) ? "firefoxMac" : "firefoxLinux";
  }
  if (has(/Chrom(e|ium)\//)) {
    if (has(/Android/)) return "chromiumAndroid";
    return has(/Linux/) ? "chromiumLinux" : "chromium";
  }
  return has(/Safari\//) ? "safari" : "other";
}

/**
 * The browser's WebGPU.
 * @throws BellowsError `webgpu-unavailable` with what helps in this browser on this system.
 */
export function browserGpu(browser: BrowserFacts = navigator, secure = globalThis.isSecureContext): GPU {
  if (browser.gpu) return browser.gpu;
  const message = secure
    ? "this browser offers no WebGPU"
    : "this page is not secure, so it is offered no WebGPU";
  throw new BellowsError("webgpu-unavailable", message, { hint: ADVICE[browserAdvice(browser, secure)] });
}

/** An error of `openGpu` with the browser's advice, where it finds no adapter; any other error as it is. */
export function withBrowserAdvice(error: unknown, browser: BrowserFacts = navigator): unknown {
  if (!(error instanceof BellowsError) || error.code !== "adapter-unavailable") return error;
  const { code, message } = error;
  return new BellowsError(code, message, { hint: ADVICE[browserAdvice(browser, true)], cause: error });
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

/**
 * Locks a run for this tab, so that no other writes to it, until the returned function is called or the tab ends.
 * @param run its folder.
 * @throws BellowsError `input-invalid` where another tab holds it.
 */
export async function runLock(run: string, locks: LockManager = navigator.locks): Promise<() => void> {
  const { promise: released, resolve: release } = withResolvers();
  const taken = await new Promise<boolean>((resolve, reject) => {
    const hold = (lock: Lock | null) => {
      resolve(lock !== null);
      return lock === null ? undefined : released;
    };
    locks.request(`bellows run ${run}`, { ifAvailable: true }, hold).catch(reject);
  });
  if (taken) return release;
  throw new BellowsError("input-invalid", `the run ${run} is open in another tab`, {
    field: run,
    hint: "Go on there, or close that tab and open the run here again. To compare, start a new run.",
  });
}

/** A promise with the function that fulfils it (Promise.withResolvers is younger than some browsers with WebGPU). */
function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}
