import { execFile } from "node:child_process";
import { existsSync } from "node:fs";

const INSTALL = `Tests of parity need Python with TRL and verl:
  python3 -m venv venv
  venv/bin/pip install torch trl==1.16.0 "ray[default]" hydra-core codetiming torchdata "tensordict<=0.10" pylatexenc pybind11 \\
    tensorboard cachetools fastapi uvicorn pyzmq msgspec TransferQueue
  venv/bin/pip install --no-deps verl==0.9.1   # its own list wants an older transformers, wandb and more
  BELLOWS_PYTHON=$PWD/venv/bin/python npm run test:parity`;

/** The Python that has the trainers: the environment variable BELLOWS_PYTHON. Throws where it names none. */
export function interpreter(): string {
  const path = process.env.BELLOWS_PYTHON;
  if (path === undefined || !existsSync(path)) throw new Error(`BELLOWS_PYTHON is ${path}\n${INSTALL}`);
  return path;
}

/** Runs a script to its end and gives what it printed. It has one thread, and reaches no hub. */
export function runScript(script: string, args: readonly string[], cwd: string): Promise<string> {
  const env = { ...process.env, OMP_NUM_THREADS: "1", HF_HUB_OFFLINE: "1", EXPORT: cwd, PYTHONPATH: cwd };
  return new Promise((resolve, reject) => {
    execFile(interpreter(), [script, ...args], { cwd, env, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${error.message}\n${stderr.slice(-4000)}`));
    });
  });
}

/** The object that a script printed as its last line. */
export async function runForJson<T>(script: string, args: readonly string[], cwd: string): Promise<T> {
  const printed = await runScript(script, args, cwd);
  return JSON.parse(printed.trimEnd().split("\n").at(-1)!) as T;
}
