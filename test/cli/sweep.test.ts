/** `bellows sweep --engine ray` against a program that stands in for Ray; test/parity/ray.test.ts has a real cluster. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { type EngineFlags, parseEngine } from "../../src/cli/cell-engine.ts";
import { jsonLines, useBellows } from "../support/cli.ts";
import { writeMatrix } from "../support/matrix.ts";
import { fakePython, missingModule } from "../support/python.ts";

const bellows = useBellows();

const STAND_IN = fileURLToPath(new URL("../support/fake-ray.mjs", import.meta.url));

/** The environment in which Ray is the program that stands in for it. */
const fakeRay = (mishap: string) => ({
  ...fakePython(join(bellows.folder, "ray"), `exec "${process.execPath}" "${STAND_IN}" "$@"`),
  FAKE_RAY: mishap,
});

const ON_RAY = ["--engine=ray", "--json"];

function expectSameResults(folder: string): void {
  for (const file of ["rows.jsonl", "curves.jsonl"]) {
    expect(bellows.read(`${folder}/${file}`).toString(), file).toBe(bellows.read(`local/${file}`).toString());
  }
}

describe("a sweep on Ray", () => {
  beforeAll(async () => {
    writeMatrix(bellows.folder, "smoke.json", { entries: [{ recipe: "siri-cosine", seeds: [0, 1] }] });
    await bellows.succeed("sweep", "smoke.json", "--out=local");
  });

  test("tries a cell again whose worker was lost, and leaves what the local engine leaves", async () => {
    const { status, stdout, stderr } = await bellows.run(
      ["sweep", "smoke.json", "--out=lost", ...ON_RAY],
      fakeRay("lose"),
    );
    expect(status, stderr).toBe(0);
    const records = jsonLines(stdout);
    expect(records[0]).toMatchObject({ type: "comparison", cells: 3, finished: 0, jobs: 1 });
    const lost = records.filter(({ type }) => type === "retry");
    expect(lost).toMatchObject([{ attempt: 1, error: "its worker on node-2 is gone" }]);
    const ended = records.filter(({ type }) => type === "cell").map(({ cell }) => cell);
    expect(ended.sort()).toEqual(["base-pre-rl", "siri-cosine-s0", "siri-cosine-s1"]);
    expectSameResults("lost");
    const { command } = JSON.parse(bellows.read("lost/times.json").toString());
    expect(command).toBe("npx bellows compare smoke.json --out lost --engine ray");
  });

  test("is stopped by Ctrl-C, says how to go on, and goes on with any engine", async () => {
    const flags = ["--engine=ray", "--gpus=0.5", "--shared"];
    const sweep = bellows.start(["sweep", "smoke.json", "--out=stopped", ...flags], fakeRay(""));
    await sweep.printed(/base-pre-rl done/);
    process.kill(-sweep.process.pid!, "SIGINT");
    const { status, stdout, stderr } = await sweep.ended;
    expect(status, stderr).toBe(130);
    expect(stdout).toContain("on Ray (2 nodes, room for 1 at a time; a cell takes 1 CPU, 0.5 GPUs)");
    expect(stdout).toContain("npx bellows compare --resume stopped --engine ray --gpus 0.5 --shared\n");
    await bellows.succeed("sweep", "--resume=stopped");
    expectSameResults("stopped");
  });

  test("ends with Ray, keeps what is done, and goes on", async () => {
    const dead = await bellows.run(["sweep", "smoke.json", "--out=dead", ...ON_RAY], fakeRay("die"));
    expect(dead.status).toBe(1);
    expect(dead.stderr).toMatch(
      /^bellows: Ray cannot be used: ConnectionError: the head node is gone\nWhat is done/,
    );
    expect(bellows.records("dead/rows.jsonl")).not.toHaveLength(0);
    expect(bellows.read("dead/report.md").toString()).toContain("base");
    await bellows.succeed("sweep", "--resume=dead");
    expectSameResults("dead");
  });

  test("needs Python and Ray, unless all is done", async () => {
    const noRay = fakePython(join(bellows.folder, "no-ray"), missingModule("ray"));
    const noPython = { PATH: join(bellows.folder, "nothing") };
    for (const [env, message] of [
      [noRay, "Ray is not installed: --engine ray needs it\nInstall it where python3 is"],
      [noPython, "there is no python3 on the PATH: --engine ray needs it\nInstall Python, then Ray"],
    ] as const) {
      const { status, stderr } = await bellows.run(["sweep", "smoke.json", "--out=none", ...ON_RAY], env);
      expect(status).toBe(1);
      expect(stderr).toContain(`bellows: ${message}`);
      expect(stderr).toContain("pip install ray");
    }
    const done = await bellows.run(["sweep", "--resume=local", ...ON_RAY], noPython);
    expect(done.status, done.stderr).toBe(0);
  });
});

describe("flags of an engine", () => {
  test("stand for what Ray is asked", () => {
    const flags = { engine: "ray", cpus: "2", gpus: "0.25", resources: '{"lab": 1}', program: "/b.js" };
    expect(parseEngine(flags)).toEqual({
      kind: "ray",
      options: { jobs: null, cpus: 2, gpus: 0.25, resources: { lab: 1 }, shared: false, program: "/b.js" },
    });
    expect(parseEngine({})).toEqual({ kind: "local", jobs: 1 });
  });

  test.each<[EngineFlags, string]>([
    [{ engine: "slurm" }, "--engine is slurm; it must be local or ray"],
    [{ gpus: "1" }, "--gpus goes with --engine ray alone"],
    [{ shared: true }, "--shared goes with --engine ray alone"],
    [{ jobs: "0" }, "--jobs is 0; it must be a whole number from 1"],
    [
      { engine: "ray", gpus: "1.5" },
      "--gpus is 1.5; it must be at least 0, and whole where it is more than 1",
    ],
    [{ engine: "ray", cpus: "0" }, "--cpus is 0; it must be more than 0, and whole where it is more than 1"],
    [{ engine: "ray", resources: "lab" }, "--resources is lab; it must be a JSON object as for ray start"],
    [{ engine: "ray", resources: '{"GPU": 1}' }, "--resources GPU is 1; it must be given by --gpus"],
  ])("%j: %s", (flags, message) => {
    expect(() => parseEngine(flags)).toThrow(message);
  });
});
