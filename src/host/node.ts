/** The GPU and files of Node: one of the few modules that know the platform. */
import { create, globals } from "webgpu";
import type { Waiter } from "../gpu/device.ts";

/** Milliseconds for which the main thread sleeps between two looks at the GPU. */
const NAP = 0.2;

/**
 * Dawn's Node binding polls the device in a busy loop while a promise is pending. With a software adapter that loop
 * takes the processor from the very threads that it waits for; napping between polls almost doubles the
 * speed on one core.
 */
export const nappingWaiter: Waiter = async (promise) => {
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

/** Dawn crashes when its GPU object is collected while a device made from it is in use. */
const retained: GPU[] = [];

/** Dawn's GPU object; `flags` as in `backend=null`. Installs WebGPU's globals, which are constants and classes only. */
export function createGpu(flags: readonly string[] = []): GPU {
  Object.assign(globalThis, globals);
  const gpu = create([...flags]);
  retained.push(gpu);
  return gpu;
}
