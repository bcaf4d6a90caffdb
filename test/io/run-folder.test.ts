import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { loadCheckpoint, saveCheckpoint } from "../../src/io/checkpoint.ts";
import { MemoryStorage } from "../../src/io/memory-storage.ts";
import {
  checkpointPath,
  latestCheckpoint,
  listCheckpoints,
  listRuns,
  RunFolder,
  readLog,
  readRunConfig,
  stepName,
} from "../../src/io/run-folder.ts";
import type { Storage } from "../../src/io/storage.ts";
import { FaultyDisk, soundStorage } from "./faulty-disk.ts";
import {
  bytesOf,
  expectFailure,
  sampleCheckpoint,
  snapshot,
  TINY,
  textOf,
  WORDS,
  withFolder,
} from "./support.ts";

const CONFIG = { seed: 0, schedule: { kind: "cosine" } };

/** The state of a trainer after `step` steps: a function of the step, as that of a real one is. */
function stateAt(step: number) {
  return { ...sampleCheckpoint(step), trainer: { step } };
}

/** What a trainer does from `step` on: evaluates every other state, logs each step and saves some of them. */
async function trainFrom(run: RunFolder, step: number, steps: number): Promise<void> {
  for (; step < steps; step++) {
    if (step > 0 && step % 2 === 0) await run.append("metrics", [{ type: "eval", step, accuracy: 0.5 }]);
    await run.append("metrics", [{ type: "step", step, reward: step / 3 }]);
    await run.append("samples", [
      { step, text: "1 + 1" },
      { step, text: "wait" },
    ]);
    const done = step + 1;
    if (done === 3) await run.saveNamed("low", stateAt(done));
    if (done % 2 === 0) await run.saveStep(done, stateAt(done));
  }
  await run.saveNamed("final", stateAt(steps));
}

async function started(
  storage: Storage = new MemoryStorage(),
): Promise<{ storage: Storage; run: RunFolder }> {
  return { storage, run: await RunFolder.create(storage, "runs/a", CONFIG) };
}

describe("run folder: names", () => {
  test("a fresh name is the wanted one or the first free number", async () => {
    const storage = new MemoryStorage();
    const paths: string[] = [];
    for (let i = 0; i < 3; i++) {
      const run = await RunFolder.createFresh(storage, "runs", "siri-stair-cosine-seed0", CONFIG);
      paths.push(run.path);
    }
    expect(paths).toEqual([
      "runs/siri-stair-cosine-seed0",
      "runs/siri-stair-cosine-seed0-2",
      "runs/siri-stair-cosine-seed0-3",
    ]);
    expect(await listRuns(storage, "runs")).toEqual(paths.map((path) => path.replace("runs/", "")));
  });

  test("programs that start at the same moment get different folders", () =>
    withFolder(async (root) => {
      const starts = [1, 2, 3, 4].map(() =>
        RunFolder.createFresh(new NodeStorage(root), "runs", "a", CONFIG),
      );
      const paths = (await Promise.all(starts)).map(({ path }) => path).sort();
      expect(paths).toEqual(["runs/a", "runs/a-2", "runs/a-3", "runs/a-4"]);
    }));

  test("nothing is overwritten", async () => {
    const { storage, run } = await started();
    await run.append("metrics", [{ a: 1 }]);
    const before = await snapshot(storage);
    await expectFailure(
      () => RunFolder.create(storage, "runs/a", { other: 1 }),
      "input-invalid",
      "runs/a already",
    );
    await storage.write("runs/file", []);
    await expectFailure(
      () => RunFolder.create(storage, "runs/file", CONFIG),
      "input-invalid",
      "runs/file already",
    );
    await storage.remove("runs/file");
    expect(await snapshot(storage)).toEqual(before);
  });

  test.each(["", "-x", ".hidden", "a b", "ä", "a.", "a?", "x".repeat(101), "a.bellows-partial"])(
    "%j is no name",
    (name) =>
      expectFailure(
        () => RunFolder.create(new MemoryStorage(), `runs/${name}`, CONFIG),
        "input-invalid",
      ).then(() => {}),
  );

  test("a folder without config.json is no run", async () => {
    const { storage } = await started();
    await storage.createFolder("runs/begun");
    await storage.write("runs/file", []);
    expect(await listRuns(storage, "runs")).toEqual(["a"]);
    expect(await listRuns(storage, "nowhere")).toEqual([]);
    for (const path of ["runs/begun", "runs/none"]) {
      await expectFailure(() => RunFolder.open(storage, path), "input-invalid", `there is no run ${path}`);
      await expectFailure(() => readRunConfig(storage, path), "input-invalid", `there is no run ${path}`);
    }
  });

  test("a config that is not plain data makes no folder", async () => {
    const storage = new MemoryStorage();
    const body = () => RunFolder.create(storage, "runs/a", { rate: Number.NaN });
    await expectFailure(body, "input-invalid", "config.rate is NaN");
    expect(await storage.exists("runs/a")).toBe(false);
  });

  test("a disk too full for the config keeps the name free", () =>
    withFolder(async (root) => {
      const full = new NodeStorage(root, FaultyDisk.withRoom(10).files);
      await expectFailure(
        () => RunFolder.create(full, "runs/a", CONFIG),
        "storage-failed",
        "the disk is full",
      );
      expect(await soundStorage(root).list("runs")).toEqual([]);
      await started(soundStorage(root));
    }));

  test("the config comes back and can be replaced", async () => {
    const { storage, run } = await started();
    expect(await readRunConfig(storage, "runs/a")).toEqual(CONFIG);
    await run.writeConfig({ ...CONFIG, seed: 1 });
    expect(await readRunConfig(storage, "runs/a")).toEqual({ ...CONFIG, seed: 1 });
  });
});

describe("run folder: logs", () => {
  test("hold a JSON object a line", async () => {
    const { storage, run } = await started();
    await run.append("metrics", [{ step: 0, loss: Number.NaN, none: null }]);
    await run.append("metrics", []);
    await run.append("metrics", [{ text: "a\nb" }, { step: 1 }]);
    const text = textOf(await storage.read("runs/a/metrics.jsonl"));
    expect(text).toBe('{"step":0,"loss":null,"none":null}\n{"text":"a\\nb"}\n{"step":1}\n');
    expect(await readLog(storage, "runs/a", "metrics")).toEqual([
      { step: 0, loss: null, none: null },
      { text: "a\nb" },
      { step: 1 },
    ]);
    expect(await readLog(storage, "runs/a", "samples")).toEqual([]);
  });

  test("a half-written last line is left out by readers and cut when the run is opened", async () => {
    const whole = '{"step":0}\n{"step":1,"text":"ä"}\n';
    const last = bytesOf('{"step":2,"text":"ö"}');
    for (let size = 1; size <= last.length; size++) {
      const { storage } = await started();
      await storage.append("runs/a/metrics.jsonl", bytesOf(whole));
      await storage.append("runs/a/metrics.jsonl", last.subarray(0, size));
      expect(await readLog(storage, "runs/a", "metrics")).toEqual([{ step: 0 }, { step: 1, text: "ä" }]);
      const run = await RunFolder.open(storage, "runs/a");
      expect(textOf(await storage.read("runs/a/metrics.jsonl"))).toBe(whole);
      await run.append("metrics", [{ step: 2 }]);
      expect(textOf(await storage.read("runs/a/metrics.jsonl"))).toBe(`${whole}{"step":2}\n`);
    }
  });

  test("a log of nothing but half a line becomes empty", async () => {
    const { storage } = await started();
    await storage.append("runs/a/samples.jsonl", bytesOf('{"st'));
    await RunFolder.open(storage, "runs/a");
    expect(await storage.read("runs/a/samples.jsonl")).toHaveLength(0);
  });

  test("a damaged line is named", async () => {
    const { storage } = await started();
    await storage.append("runs/a/metrics.jsonl", bytesOf('{"step":0}\n{"step"\n{"step":2}\n'));
    const part = "runs/a/metrics.jsonl: line 2 is not JSON";
    await expectFailure(() => readLog(storage, "runs/a", "metrics"), "checkpoint-invalid", part);
  });

  test("what was logged is on disk when the call returns, and a full disk cuts no line", () =>
    withFolder(async (root) => {
      const disk = FaultyDisk.withRoom(500);
      const { run } = await started(new NodeStorage(root, disk.files));
      const record = { step: 0, text: "x".repeat(50) };
      let logged = 0;
      const fill = async () => {
        for (; ; logged++) await run.append("metrics", [record]);
      };
      await expectFailure(fill, "storage-failed", join(root, "runs/a/metrics.jsonl"), "the disk is full");
      expect(logged).toBeGreaterThan(3);
      disk.room = 1000;
      await run.append("metrics", [record]);
      const text = textOf(await soundStorage(root).read("runs/a/metrics.jsonl"));
      expect(text).toBe(`${JSON.stringify(record)}\n`.repeat(logged + 1));
    }));
});

describe("run folder: checkpoints", () => {
  test("are listed by step, then by name; the latest is the last one of a step", async () => {
    const { storage, run } = await started();
    expect(await listCheckpoints(storage, "runs/a")).toEqual([]);
    expect(await latestCheckpoint(storage, "runs/a")).toBeUndefined();
    for (const step of [2, 40, 1_000_000, 999_999]) await run.saveStep(step, stateAt(step));
    for (const name of ["low", "final", "high"]) await run.saveNamed(name, stateAt(1));
    const names = ["000002", "000040", "999999", "1000000", "final", "high", "low"];
    expect(await listCheckpoints(storage, "runs/a")).toEqual(names);
    expect(await latestCheckpoint(storage, "runs/a")).toBe("999999");
    expect(textOf(await storage.read("runs/a/checkpoints/latest"))).toBe("999999\n");
    const { trainer, ...rest } = await loadCheckpoint(storage, checkpointPath("runs/a", "000040"));
    expect({ ...rest, trainer: trainer?.state }).toEqual(stateAt(40));
  });

  test.each(["latest", "", "Low", "1", "a/b", "..", "a b", "x.bellows-partial"])(
    "%j is no name",
    async (name) => {
      const { storage, run } = await started();
      const before = await snapshot(storage);
      await expectFailure(() => run.saveNamed(name, stateAt(1)), "input-invalid", "checkpoint name");
      expect(await snapshot(storage)).toEqual(before);
    },
  );

  test.each([-1, 0.5, Number.NaN])("%d is no step", (step) => {
    expect(() => stepName(step)).toThrow("is not a whole number");
  });

  test("resuming takes the run back to a checkpoint: latest, or any that is named", async () => {
    const { storage, run } = await started();
    await trainFrom(run, 0, 5);
    const whole = await readLog(storage, "runs/a", "metrics");
    const expected = { config: TINY, vocabulary: WORDS };
    const latest = await (await RunFolder.open(storage, "runs/a")).resume(expected);
    expect({ ...latest, trainer: latest.trainer.state }).toEqual(stateAt(4));
    // The evaluation after the fourth step came after its checkpoint; the fifth step too.
    expect(await readLog(storage, "runs/a", "metrics")).toEqual(whole.slice(0, 5));
    const low = await (await RunFolder.open(storage, "runs/a")).resume(expected, "low");
    expect(low.trainer.state).toEqual({ step: 3 });
    expect(await readLog(storage, "runs/a", "metrics")).toEqual(whole.slice(0, 4));
    expect(await readLog(storage, "runs/a", "samples")).toHaveLength(6);
    expect(await latestCheckpoint(storage, "runs/a")).toBe("low");
  });

  test("resuming refuses what is not there, does not fit, or is ahead of the logs", async () => {
    const { storage, run } = await started();
    await expectFailure(() => run.resume(), "input-invalid", "run runs/a has no checkpoint yet; it has none");
    await trainFrom(run, 0, 5);
    await expectFailure(
      () => run.resume({}, "high"),
      "input-invalid",
      "no checkpoint high; it has 000002, 000004, final",
    );
    await expectFailure(() => run.resume({}, "../../x"), "input-invalid", "no checkpoint ../../x");
    const before = await snapshot(storage);
    await expectFailure(
      () => run.resume({ config: { ...TINY, hidden_size: 32 } }),
      "checkpoint-invalid",
      "hidden_size",
    );
    expect(await snapshot(storage)).toEqual(before);
    await run.resume({}, "000002");
    const part = "checkpoints/final/trainer.json: logBytes.metrics is";
    await expectFailure(() => run.resume({}, "final"), "checkpoint-invalid", part, "it must be at most");
    const { trainer: _, ...model } = stateAt(1);
    await saveCheckpoint(storage, "runs/a/checkpoints/model", model);
    await expectFailure(() => run.resume({}, "model"), "checkpoint-invalid", "trainer.json is missing");
    await storage.write("runs/a/checkpoints/latest", [bytesOf("../../etc\n")]);
    await expectFailure(() => run.resume(), "checkpoint-invalid", 'latest: its text is "../../etc"');
  });
});

describe("run folder: crashes", { timeout: 60_000 }, () => {
  const STEPS = 5;

  /** Starts the run or goes on with it, as a program would, to the end. */
  async function train(storage: Storage): Promise<void> {
    const known = await listRuns(storage, "");
    if (!known.includes("a")) await storage.remove("a"); // died before it was a run
    const run = known.includes("a")
      ? await RunFolder.open(storage, "a")
      : await RunFolder.create(storage, "a", CONFIG);
    const latest = await latestCheckpoint(storage, "a");
    if (latest === undefined) {
      // Died before the first checkpoint: from the start, so without the logs.
      for (const log of ["metrics", "samples"]) await storage.remove(`a/${log}.jsonl`);
      return trainFrom(await RunFolder.open(storage, "a"), 0, STEPS);
    }
    const { trainer } = await run.resume({ config: TINY, vocabulary: WORDS });
    return trainFrom(run, Number(trainer.state.step), STEPS);
  }

  async function uninterrupted(): Promise<{ files: Record<string, string>; calls: number }> {
    const disk = new FaultyDisk();
    return withFolder(async (root) => {
      const storage = new NodeStorage(root, disk.files);
      await train(storage);
      return { files: await snapshot(soundStorage(root)), calls: disk.trace.length };
    });
  }

  // Every call would take long; a prime stride meets every kind of call at some step.
  const STRIDE = 13;

  test("a run that dies and is resumed leaves the bytes of one that never stopped", async () => {
    const { files, calls } = await uninterrupted();
    expect(Object.keys(files)).toContain("a/checkpoints/final/model.safetensors");
    for (let call = 1; call <= calls; call += STRIDE) {
      await withFolder(async (root) => {
        const [outcome] = await Promise.allSettled([
          train(new NodeStorage(root, FaultyDisk.dyingAt(call).files)),
        ]);
        // The very last calls clear up what no longer matters; nobody is told if they fail.
        if (call < calls - 5) expect(outcome.status, `call ${call}`).toBe("rejected");
        await train(soundStorage(root));
        expect(await snapshot(soundStorage(root)), `call ${call}`).toEqual(files);
      });
    }
  });

  test("so does one that dies again and again", async () => {
    const { files } = await uninterrupted();
    await withFolder(async (root) => {
      let deaths = 0;
      // Ever longer lives, each ending somewhere else, until one reaches the end.
      for (let life = 3; ; life += 11) {
        const storage = new NodeStorage(root, FaultyDisk.dyingAt(life).files);
        if (
          await train(storage).then(
            () => true,
            () => false,
          )
        )
          break;
        deaths += 1;
      }
      expect(deaths).toBeGreaterThan(5);
      expect(await snapshot(soundStorage(root))).toEqual(files);
    });
  });

  test("a program that dies while it goes back to an earlier checkpoint can go on all the same", async () => {
    const steps = new Set<unknown>();
    for (let call = 1; ; call++) {
      const died = await withFolder(async (root) => {
        const { run } = await started(soundStorage(root));
        await trainFrom(run, 0, STEPS);
        const dying = new NodeStorage(root, FaultyDisk.dyingAt(call).files);
        const goBack = async () => (await RunFolder.open(dying, "runs/a")).resume({}, "000002");
        const [outcome] = await Promise.allSettled([goBack()]);
        const { trainer } = await (await RunFolder.open(soundStorage(root), "runs/a")).resume();
        steps.add(trainer.state.step);
        expect((await readLog(soundStorage(root), "runs/a", "samples")).length).toBe(
          2 * Number(trainer.state.step),
        );
        return outcome.status === "rejected";
      });
      if (!died) break;
    }
    expect([...steps]).toEqual([4, 2]);
  });

  test("whatever a full disk stops, the last checkpoint and the logs up to it are whole", async () => {
    for (let room = 2000; room < 60_000; room += 6007) {
      await withFolder(async (root) => {
        const full = new NodeStorage(root, FaultyDisk.withRoom(room).files);
        const { run } = await started(full);
        await expectFailure(() => trainFrom(run, 0, 100), "storage-failed", "the disk is full");
        const sound = soundStorage(root);
        for (const log of ["metrics", "samples"] as const) await readLog(sound, "runs/a", log);
        for (const name of await listCheckpoints(sound, "runs/a")) {
          const { trainer } = await loadCheckpoint(sound, checkpointPath("runs/a", name));
          expect(trainer).toBeDefined();
        }
      });
    }
  });
});
