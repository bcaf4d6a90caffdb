/** What differs under Deno, which runs the program of Node as it is, but has a WebGPU of its own (wgpu). */
import { BellowsError } from "../errors.ts";

/** Version of the Deno that runs this; undefined under Node. */
export const DENO_VERSION: string | undefined = process.versions.deno;

/**
 * Deno's GPU object. Reading a buffer back costs a pause of 10 ms on it, over and above the work that it waits for:
 * Deno looks whether a mapping is done, sleeps and looks again (`mapAsync` in its ext/webgpu/buffer.rs).
 * @throws BellowsError `webgpu-unavailable` with what helps.
 */
export function denoGpu(browser: { readonly gpu?: GPU } = navigator): GPU {
  if (browser.gpu) return browser.gpu;
  throw new BellowsError("webgpu-unavailable", `this Deno (${DENO_VERSION}) offers no WebGPU`, {
    hint: "Update it (`deno upgrade`), or start it with a flag: deno run -A --unstable-webgpu dist/bellows.js …",
  });
}
