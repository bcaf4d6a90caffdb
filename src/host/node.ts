/** The GPU of Node, and of Deno in its place: one of the few modules that know the platform. */
import { createRequire } from "node:module";
import { version as bellows } from "../../package.json";
import { BellowsError } from "../errors.ts";
import { type AdapterDescription, plainWaiter, type Waiter } from "../gpu/device.ts";
import type { Versions } from "./adapter-report.ts";
import { DENO_VERSION, denoGpu } from "./deno.ts";

/**
 * Dawn's binding to Node, or why it failed to load: an error that {@link createGpu} throws, where it can be caught. Deno
 * has no use for it.
 */
const dawn = DENO_VERSION === undefined ? await import("webgpu").catch(notLoaded) : undefined;

function notLoaded(cause: unknown): BellowsError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new BellowsError(
    "webgpu-unavailable",
    `Dawn, the WebGPU of the npm package webgpu, cannot be loaded: ${said}`,
    {
      hint: "It needs glibc 2.34 or later on Linux, and has binaries for x64 and arm64 only.",
      cause,
    },
  );
}

/** Milliseconds for which the main thread sleeps between two looks at the GPU. */
const NAP = 0.2;

/**
 * Dawn's binding to Node polls the device in a busy loop while a promise is pending. With a software adapter that loop
 * takes the processor from the very threads that it waits for; napping between two polls almost doubles the speed on one
 * core.
 */
const nappingWaiter: Waiter = async (promise) => {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  let pending = true;
  const nap = () => {
    if (!pending) return;
    Atomics.wait(cell, 0, 0, NAP);
    setImmediate(nap);
  };
  setImmediate(nap);
  try {
    return await promise;
  } finally {
    pending = false;
  }
};

/** How to wait for an adapter: a GPU works by itself, a software adapter needs the processor. Deno blocks while it waits. */
export function nodeWaiter(adapter: AdapterDescription): Waiter {
  return adapter.software && DENO_VERSION === undefined ? nappingWaiter : plainWaiter;
}

/** Dawn crashes when its GPU object is collected while a device made from it is in use. */
const retained: GPU[] = [];

/**
 * Dawn's GPU object; `flags` as in `backend=null`. Installs WebGPU's globals, which are constants and classes only.
 * Under Deno, its own GPU object, which knows no flags.
 * @throws BellowsError `webgpu-unavailable` where Dawn's binary cannot be loaded, or Deno has no WebGPU.
 */
export function createGpu(flags: readonly string[] = []): GPU {
  if (dawn === undefined) return denoGpu();
  if (dawn instanceof BellowsError) throw dawn;
  Object.assign(globalThis, dawn.globals);
  const gpu = dawn.create([...flags]);
  retained.push(gpu);
  return gpu;
}

/** Versions of what runs here. */
export function nodeVersions(): Versions {
  const platform = `${process.platform} ${process.arch}`;
  if (DENO_VERSION !== undefined)
    return { bellows, host: `Deno ${DENO_VERSION}`, webgpu: "wgpu of Deno", platform };
  const webgpu = createRequire(import.meta.url)("webgpu/package.json") as { version: string };
  return {
    bellows,
    host: `Node ${process.versions.node}`,
    webgpu: `Dawn of npm's webgpu ${webgpu.version}`,
    platform,
  };
}
