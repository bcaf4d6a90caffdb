// Asks Dawn for an adapter and prints the outcome as its last line: `found <driver>`, `none` or `unloadable <error>`.
// Run by node-setup.ts in a process of its own. Arguments: the URL from which to find the package webgpu, Dawn's flags.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [, from, ...flags] = process.argv;

async function look() {
  let webgpu;
  try {
    webgpu = await import(pathToFileURL(createRequire(from).resolve("webgpu")));
  } catch (error) {
    return `unloadable ${error.message.split("\n")[0]}`;
  }
  Object.assign(globalThis, webgpu.globals);
  const adapter = await webgpu.create(flags).requestAdapter();
  return adapter === null ? "none" : `found ${adapter.info.description || adapter.info.device}`;
}

console.log(`\n${await look()}`);
process.exit();
