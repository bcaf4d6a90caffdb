import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Puts a program called `python3` on the PATH, where there need be no Python.
 * @param script for `sh`.
 * @returns the environment.
 */
export function fakePython(folder: string, script: string): NodeJS.ProcessEnv {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "python3"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "python3"), 0o755);
  return { PATH: `${folder}:${process.env.PATH}` };
}

/** What Python says of a package that is not installed. */
export function missingModule(name: string): string {
  return `echo "Traceback (most recent call last):\nModuleNotFoundError: No module named '${name}'" >&2; exit 1`;
}
