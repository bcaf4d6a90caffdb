/**
 * Stands in for `python3` with ray-engine.py, where there is no Ray: the same words, cells as child processes, the folder shared.
 * What befalls it, FAKE_RAY says: `lose` the worker of a cell that has made its first step, once; `die` when a cell is done.
 */
import { fork } from "node:child_process";
import { createInterface } from "node:readline";

const mishap = process.env.FAKE_RAY;
const [, , , , argument] = process.argv; // node fake-ray.mjs -c <text> <options>
const { folder, root } = JSON.parse(argument);
const children = new Map();
let isLost = false;

function tell(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function run(cell) {
  const args = ["compare", "--resume", folder, "--cell", cell];
  const child = fork(`${root}/dist/bellows.js`, args, { stdio: ["ignore", "pipe", "pipe", "ipc"] });
  children.set(cell, child);
  createInterface({ input: child.stdout }).on("line", (out) => {
    tell({ cell, out });
    if (mishap !== "lose" || isLost || !out.includes('"type":"step"')) return;
    isLost = true;
    child.kill("SIGKILL");
  });
  createInterface({ input: child.stderr }).on("line", (err) => tell({ cell, err }));
  child.on("close", (status, signal) => {
    if (signal !== null) tell({ cell, err: "its worker on node-2 is gone" });
    tell({ cell, status });
    if (mishap !== "die") return;
    process.stderr.write("ConnectionError: the head node is gone\n");
    process.exit(1);
  });
}

process.on("SIGINT", () => {}); // a terminal's goes to all that it started
tell({ nodes: 2, room: 1 });
createInterface({ input: process.stdin })
  .on("line", (line) => {
    const word = JSON.parse(line);
    if (word.run !== undefined) run(word.run);
    const child = children.get(word.stop);
    if (child?.connected) child.send("stop");
  })
  .on("close", () => process.exit());
