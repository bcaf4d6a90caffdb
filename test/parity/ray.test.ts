/** `bellows sweep --engine ray` on a real cluster of several nodes. Needs a `python3` with Ray on the PATH. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonLines, useBellows } from "../support/cli.ts";
import { writeMatrix } from "../support/matrix.ts";

const bellows = useBellows();

/** Eight runs, and their starting policy. */
const MATRIX = { entries: [{ recipe: ["siri-cosine", "rejection-sft"], seeds: [0, 1, 2, 3] }] };
const CELLS = 9;
const ON_RAY = ["--engine=ray", "--json"];

/** Three cells are done, and another trains, or another two on two nodes. */
const ONE_AT_WORK = /"finished":3,.*"cell":"[^"]+","type":"step"/s;
const TWO_AT_WORK = /"finished":3,.*"cell":"([^"]+)","type":"step".*"cell":"(?!\1")[^"]+","type":"step"/s;

let cluster: ChildProcess;
/** Reads the next line that the cluster prints. */
let answer: () => Promise<string>;
let RAY_ADDRESS = "";

beforeAll(async () => {
  writeMatrix(bellows.folder, "smoke.json", MATRIX);
  await bellows.succeed("compare", "smoke.json", "--out=local");
  const script = fileURLToPath(new URL("ray-cluster.py", import.meta.url));
  cluster = spawn("python3", [script, "2"], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: cluster.stdout! })[Symbol.asyncIterator]();
  answer = async () => {
    const { done, value } = await lines.next();
    if (done === true) throw new Error("the cluster has ended");
    return value;
  };
  RAY_ADDRESS = await answer();
});

afterAll(async () => {
  cluster.stdin!.end();
  await new Promise((resolve) => cluster.once("close", resolve));
});

/** The same rows and curves as those of the local engine, byte for byte: every cell is there, and none twice. */
function expectSameResults(folder: string): void {
  for (const file of ["rows.jsonl", "curves.jsonl"]) {
    expect(bellows.read(`${folder}/${file}`).toString(), file).toBe(bellows.read(`local/${file}`).toString());
  }
}

test("a sweep loses nothing when a worker node is killed in the middle, and runs no cell twice", async () => {
  const sweep = bellows.start(["sweep", "smoke.json", "--out=killed", ...ON_RAY], { RAY_ADDRESS });
  await sweep.printed(TWO_AT_WORK);
  cluster.stdin!.write("\n");
  expect(await answer()).toBe("killed");
  const { status, stdout, stderr } = await sweep.ended;
  expect(status, stderr).toBe(0);
  const records = jsonLines(stdout);
  for (const { type, error } of records)
    if (type === "retry") expect(error).toMatch(/^its worker on .* is gone$/);
  const ended = records.filter(({ type }) => type === "cell");
  expect(new Set(ended.map(({ cell }) => cell)).size).toBe(CELLS);
  expect(ended).toHaveLength(CELLS);
  expectSameResults("killed");
});

test("Ctrl-C brings home what cells have saved; a sweep that was stopped, or killed, goes on from there", async () => {
  const sweep = bellows.start(["sweep", "smoke.json", "--out=stopped", ...ON_RAY], { RAY_ADDRESS });
  await sweep.printed(ONE_AT_WORK);
  process.kill(-sweep.process.pid!, "SIGINT");
  const { status, stdout, stderr } = await sweep.ended;
  expect(status, stderr).toBe(130);
  const records = jsonLines(stdout);
  expect(records.at(-1)).toMatchObject({ type: "end", stopped: true, failed: [] });
  const done = records.filter(({ type }) => type === "cell").map(({ cell }) => cell);
  const running = records.findLast(({ type, cell }) => type === "step" && !done.includes(cell));
  const saved = bellows.read(`stopped/cells/${running?.cell}/run/checkpoints/latest`).toString();
  expect(Number(saved)).toBe(Number(running?.step) + 1);

  const goesOn = bellows.start(["sweep", "--resume=stopped", ...ON_RAY], { RAY_ADDRESS });
  await goesOn.printed(/"type":"cell"(.|\n)*"type":"step"/);
  goesOn.process.kill("SIGKILL");
  const first = jsonLines((await goesOn.ended).stdout.replace(/\n.*$/, "")).find(
    ({ type, cell }) => type === "step" && cell === running?.cell,
  );
  expect(first?.step ?? Number(saved)).toBe(Number(saved));

  const rest = await bellows.run(["sweep", "--resume=stopped", ...ON_RAY], { RAY_ADDRESS });
  expect(rest.status, rest.stderr).toBe(0);
  expectSameResults("stopped");
});
