import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BellowsError } from "../../src/errors.ts";
import { ensureDriver } from "../../src/host/node-setup.ts";
import { ensureBrowsers } from "./browsers.ts";

const CHECKOUT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Runs once before the tests of the browser project: builds the page and sees to browsers and driver, which may be
 * installed. What is missing ends the run with status 2; no test is ever skipped for want of it.
 */
export default function setup(): void {
  try {
    ensureDriver(); // Firefox runs on the driver that Node's tests run on; Chromium brings its own.
    ensureBrowsers();
  } catch (error) {
    if (!(error instanceof BellowsError)) throw error;
    process.stderr.write(`\n${error.message}\n${error.hint}\n`);
    process.exit(2);
  }
  buildPage();
}

function buildPage(): void {
  rmSync(`${CHECKOUT}/dist/web`, { recursive: true, force: true });
  const args = ["node_modules/vite/bin/vite.js", "build", "--mode", "web", "--logLevel", "warn"];
  // Vitest sets NODE_ENV, which would make another build of it.
  const env = { ...process.env, NODE_ENV: "production" };
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: CHECKOUT, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`the page cannot be built:\n${stderr}`);
}
