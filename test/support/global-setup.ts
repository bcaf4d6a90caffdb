import { BellowsError } from "../../src/errors.ts";
import { ensureDriver } from "../../src/host/node-setup.ts";

/**
 * Runs once before the tests of the GPU project: without an adapter, which may be installed (node-setup.ts), the run ends
 * with status 2 and what is missing. No test is ever skipped for want of an adapter.
 */
export default function setup(): void {
  try {
    ensureDriver();
  } catch (error) {
    if (!(error instanceof BellowsError)) throw error;
    process.stderr.write(`\n${error.message}\n${error.hint}\n`);
    process.exit(2);
  }
}
