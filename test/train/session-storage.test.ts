import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { runSft } from "../../src/cli/sft.ts";
import { runTrain, type TrainFlags } from "../../src/cli/train.ts";
import { BellowsError } from "../../src/errors.ts";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { saveCheckpoint } from "../../src/io/checkpoint.ts";
import { MemoryStorage } from "../../src/io/memory-storage.ts";
import { listRuns, readLog } from "../../src/io/run-folder.ts";
import type { Chunks } from "../../src/io/storage.ts";
import { readZip, zipFolder } from "../../src/io/zip.ts";
import { createTask } from "../../src/tasks/registry.ts";
import { type Config, modelConfigOf } from "../../src/train/config.ts";
import { logLine, type TrainerRecord } from "../../src/train/records.ts";
import { composeConfig } from "../../src/train/settings.ts";
import type { RunKind, TrainerEvent } from "../../src/worker/protocol.ts";
import { unwrap } from "../../src/worker/results.ts";
import { snapshot } from "../io/support.ts";
import { withoutTimes } from "../support/cli.ts";
import { useGpu } from "../support/gpu.ts";
import { plain, usePages } from "../support/session.ts";
import { bundledParameters, makeTrainer, runTo, smallConfig } from "../support/training.ts";

const gpu = useGpu();
const newPage = usePages(gpu);

const CONFIG = smallConfig("rl.steps=4", "eval.every=2", "train.checkpointEvery=2");

/** What a run under {@link CONFIG} tells of. */
async function undisturbed(): Promise<readonly TrainerRecord[]> {
  return runTo(await makeTrainer(gpu(), CONFIG));
}

const failures = (events: readonly TrainerEvent[]) => events.filter(({ type }) => type === "failed");

/** Memory that can be full: all of it, or for one change after some that work. */
class FillingStorage extends MemoryStorage {
  isFull = false;
  changesLeft = Number.POSITIVE_INFINITY;

  override async write(path: string, content: Chunks): Promise<void> {
    this.#change(path);
    return super.write(path, content);
  }

  override async append(path: string, bytes: Uint8Array): Promise<void> {
    this.#change(path);
    return super.append(path, bytes);
  }

  #change(path: string): void {
    this.changesLeft -= 1;
    if (!this.isFull && this.changesLeft !== 0) return;
    throw new BellowsError("storage-failed", `cannot write ${path}: there is no room`, {
      hint: "Delete runs that are not needed.",
    });
  }
}

describe("the command line program", () => {
  const folder = mkdtempSync(join(tmpdir(), "bellows-session-"));
  const storage = new NodeStorage(folder);
  const at = (name: string) => join(folder, name);
  afterEach(() => vi.restoreAllMocks());
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs it in this process, without its output; Ctrl-C comes once step `until` is printed. */
  async function run(command: "train" | "sft", flags: TrainFlags, until = Number.NaN): Promise<void> {
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      const { type, step } = JSON.parse(String(text));
      if (type !== "eval" && step === until) process.emit("SIGINT");
      return true;
    });
    const program = command === "sft" ? runSft : runTrain;
    expect(await program({ json: true, preflight: false, ...flags })).toBe(Number.isNaN(until) ? 0 : 130);
    vi.restoreAllMocks();
  }

  /** A new run of a session that makes so many steps, and is closed. */
  async function leave(config: Config, kind: RunKind, steps: number, change = config): Promise<string> {
    const page = await newPage(storage);
    const { summary } = unwrap(await page.session.create(config, kind));
    for (let step = 0; step < steps; step++) await page.play("step");
    if (change !== config) unwrap(await page.session.configure(change));
    await page.close();
    return summary.id;
  }

  /** A session that goes on with a run to its end. */
  async function finish(id: string): Promise<void> {
    const page = await newPage(storage);
    unwrap(await page.session.open(id));
    await page.play("end");
    await page.close();
  }

  /** Everything of a run that does not differ from time to time. */
  async function traceOf(id: string) {
    const files = [
      "config.json",
      ...["model", "optimizer"].map((name) => `checkpoints/final/${name}.safetensors`),
    ];
    const contents = await Promise.all(files.map((file) => storage.read(`${id}/${file}`)));
    return {
      contents: contents.map((bytes) => Buffer.from(bytes).toString("base64")),
      metrics: (await readLog(storage, id, "metrics")).map(withoutTimes),
      samples: await readLog(storage, id, "samples"),
    };
  }

  const PENALTY = smallConfig("rl.steps=4", "rl.klKind=k3", "rl.klCoefficient=0.1");
  const LESSONS = composeConfig({
    preset: "smoke",
    settings: ["init=random", "sft.steps=6", "sft.batchSize=8", "eval.problemsPerLevel=1"],
  });

  test.each([
    ["a run", "rl", CONFIG],
    ["a run with a KL penalty", "rl", PENALTY],
    ["lessons", "sft", LESSONS],
  ] as const)("goes on with %s of a session, and the other way round", async (_, kind, config) => {
    const command = kind === "sft" ? "sft" : "train";
    const whole = await leave(config, kind, 0);
    await finish(whole);
    const expected = await traceOf(whole);

    const half = await leave(config, kind, 2);
    await run(command, { resume: at(half) });
    expect(await traceOf(half)).toEqual(expected);

    const stopped = `${half}-cli`;
    await run(command, { out: at(stopped), config: at(`${whole}/config.json`) }, 1);
    const page = await newPage(storage);
    expect(unwrap(await page.session.open(stopped))).toMatchObject({
      step: 2,
      summary: { title: stopped, kind, modified: 0 },
    });
    await page.play("end");
    expect(await traceOf(stopped)).toEqual(expected);
    expect(expected.metrics.at(-1)).toMatchObject({ type: "eval", step: config[kind].steps });
  });

  test("goes on with a run whose settings were changed in mid-run, and its report tells of that", async () => {
    const changed = { ...CONFIG, schedule: { ...CONFIG.schedule, lmin: 48 } };
    const [one, other] = [await leave(CONFIG, "rl", 2, changed), await leave(CONFIG, "rl", 2, changed)];
    await finish(one);
    await run("train", { resume: at(other) });
    const trace = await traceOf(other);
    expect(trace).toEqual(await traceOf(one));
    expect(trace.metrics.filter(({ type }) => type === "marker")).toHaveLength(1);
    const report = new TextDecoder().decode(await storage.read(`${other}/report.html`));
    expect(report).toContain("From step 2 on, schedule.lmin was 48 instead of 40.");
  });

  test("adds steps to a run, and a session more", async () => {
    const short = { ...CONFIG, rl: { ...CONFIG.rl, steps: 2 } };
    const id = await leave(short, "rl", 0);
    await finish(id);
    await run("train", { resume: at(id), steps: "3" });
    const page = await newPage(storage);
    expect(unwrap(await page.session.open(id))).toMatchObject({ step: 3 });
    unwrap(await page.session.configure(CONFIG));
    await page.play("end");
    const steps = (await readLog(storage, id, "metrics")).filter(({ type }) => type === "step");
    const expected = (await undisturbed()).filter(({ type }) => type === "step");
    expect(steps.map(withoutTimes)).toEqual(expected.map((record) => withoutTimes(logLine(record))));
  });
});

describe("a storage that is full", () => {
  test("stops the run with a hint; with room again it goes on as if nothing had been", async () => {
    const storage = new FillingStorage();
    const page = await newPage(storage);
    const { summary } = unwrap(await page.session.create(CONFIG, "rl"));
    for (const changes of [1, 2, 3, 9]) {
      storage.changesLeft = changes;
      const from = page.events.length;
      unwrap(await page.session.play("end"));
      await page.seen(({ type }) => type === "failed", from);
      expect(failures(page.events).at(-1)).toMatchObject({
        error: { code: "storage-failed", hint: "Delete runs that are not needed." },
      });
    }
    storage.isFull = true;
    expect(await page.session.create(CONFIG, "rl")).toMatchObject({ ok: false });
    expect(await page.session.listRuns()).toMatchObject({ ok: true });
    storage.isFull = false;
    unwrap(await page.session.open(summary.id));
    await page.play("end");
    const expected = await undisturbed();
    const { records } = unwrap(await page.session.readRun(summary.id));
    expect(records.map(plain)).toEqual(expected.map(plain));
    const logged = unwrap(await page.session.readSamples(summary.id, 1));
    expect(logged).toEqual(expected.flatMap((r) => (r.type === "step" && r.step === 1 ? r.samples : [])));
  });

  test("while a run is made or taken in leaves nothing of it behind", async () => {
    const storage = new FillingStorage();
    const page = await newPage(storage);
    const full = { ok: false, error: { code: "storage-failed" } };
    for (const changes of [1, 2, 3]) {
      storage.changesLeft = changes;
      expect(await page.session.create(CONFIG, "rl"), `change ${changes}`).toMatchObject(full);
      expect(await snapshot(storage)).toEqual({});
    }
    const { summary } = unwrap(await page.session.create(CONFIG, "rl"));
    const zip = unwrap(await page.session.exportRun(summary.id));
    const before = await snapshot(storage);
    for (const changes of [1, 2, 5]) {
      storage.changesLeft = changes;
      expect(await page.session.importRun("x.zip", zip.slice()), `change ${changes}`).toMatchObject(full);
      expect(await snapshot(storage)).toEqual(before);
    }
  });
});

describe("stored runs", () => {
  test("are listed, renamed, exported, imported and removed", async () => {
    const page = await newPage();
    const { summary } = unwrap(await page.session.create(CONFIG, "rl"));
    await page.play("step");
    unwrap(await page.session.renameRun(summary.id, " first try "));
    const zip = unwrap(await page.session.exportRun(summary.id));
    const imported = unwrap(await page.session.importRun(`${summary.id}.zip`, zip));
    expect(imported).toMatchObject({ id: `${summary.id}-2`, title: "first try", step: 1, config: CONFIG });
    const without = (files: Record<string, string>) => ({ ...files, "about.json": "" });
    const files = await snapshot(page.runs);
    const below = (id: string) =>
      without(
        Object.fromEntries(
          Object.entries(files)
            .filter(([path]) => path.startsWith(`${id}/`))
            .map(([path, text]) => [path.slice(id.length + 1), text]),
        ),
      );
    expect(below(imported.id)).toEqual(below(summary.id));
    unwrap(await page.session.open(imported.id));
    await page.play("end");
    expect(page.records).toEqual((await undisturbed()).map(plain));
    unwrap(await page.session.removeRun(imported.id));
    expect(unwrap(await page.session.listRuns()).runs.map(({ id }) => id)).toEqual([summary.id]);
    expect(await page.session.play("end")).toMatchObject({ ok: false, error: { code: "input-invalid" } });
    expect(await page.session.removeRun("nothing")).toMatchObject({ ok: false });
  });

  test("that cannot be read are listed as such, can be taken out as they are, and removed", async () => {
    const page = await newPage();
    const { summary } = unwrap(await page.session.create(CONFIG, "rl"));
    const other = unwrap(await page.session.create(CONFIG, "rl"));
    await page.runs.write(`${summary.id}/config.json`, [new TextEncoder().encode("{")]);
    const { runs, damaged } = unwrap(await page.session.listRuns());
    expect(runs.map(({ id }) => id)).toEqual([other.summary.id]);
    expect(damaged).toMatchObject([{ id: summary.id, error: { code: "checkpoint-invalid" } }]);
    expect(await page.session.open(summary.id)).toMatchObject({ ok: false });
    const files = readZip(unwrap(await page.session.exportRun(summary.id)));
    expect([...files.keys()]).toContain("checkpoints/000000/model.safetensors");
    unwrap(await page.session.removeRun(summary.id));
    expect(unwrap(await page.session.listRuns()).damaged).toEqual([]);
  });

  test("whose latest checkpoint is damaged go on from the one before, to the same end", async () => {
    const page = await newPage();
    const { summary } = unwrap(await page.session.create(CONFIG, "rl"));
    const damage = (name: string) =>
      page.runs.truncate(`${summary.id}/checkpoints/${name}/model.safetensors`, 100);
    await page.play("end");
    const whole = await page.runs.read(`${summary.id}/checkpoints/final/model.safetensors`);
    await damage("000004");
    const before = page.events.length;
    const opened = unwrap(await page.session.open(summary.id));
    expect(opened).toMatchObject({ step: 2, summary: { step: 2 }, damage: { code: "checkpoint-invalid" } });
    expect(opened.damage!.message).toContain("000004/model.safetensors");
    expect(opened.records.at(-1)).toMatchObject({ type: "step", step: 1 });
    await page.play("end");
    const told = page.events
      .slice(before)
      .flatMap((event) => (event.type === "record" ? [event.record] : []));
    expect(told.map(plain)).toEqual((await undisturbed()).slice(opened.records.length).map(plain));
    expect(await page.runs.read(`${summary.id}/checkpoints/final/model.safetensors`)).toEqual(whole);
    expect(unwrap(await page.session.open(summary.id)).damage).toBeUndefined();
    for (const name of ["000000", "000002", "000004"]) await damage(name);
    expect(await page.session.open(summary.id)).toMatchObject({
      ok: false,
      error: { code: "checkpoint-invalid", message: expect.stringContaining("000004") },
    });
  });

  test("that go on from before a change of settings have its marker where it holds from", async () => {
    const page = await newPage();
    const { summary } = unwrap(await page.session.create(CONFIG, "rl"));
    for (let step = 0; step < 3; step++) await page.play("step");
    const changed: Config = { ...CONFIG, rl: { ...CONFIG.rl, learningRate: 1e-4 } };
    const marker = unwrap(await page.session.configure(changed));
    expect(marker.step).toBe(3);
    await page.runs.truncate(`${summary.id}/checkpoints/000003/model.safetensors`, 100);
    const opened = unwrap(await page.session.open(summary.id));
    expect(opened).toMatchObject({ step: 2, summary: { config: changed } });
    expect(opened.records.at(-1)).toEqual({ ...marker, step: 2 });
    const again = unwrap(await page.session.open(summary.id));
    expect(again.records).toEqual(opened.records);
    expect(again.damage).toBeUndefined();
  });

  test("that are open in another tab are left alone", async () => {
    const locked = new Set<string>();
    const page = await newPage(undefined, locked);
    const { summary } = unwrap(await page.session.create(CONFIG, "rl"));
    const other = await newPage(page.runs, locked);
    const refused = { ok: false, error: { code: "run-locked" } };
    expect(await other.session.open(summary.id)).toMatchObject(refused);
    expect(await other.session.removeRun(summary.id)).toMatchObject(refused);
    expect(await other.session.readRun(summary.id)).toMatchObject({ ok: true });
    await page.close();
    expect(await other.session.open(summary.id)).toMatchObject({ ok: true });
  });

  test("an earlier autosave goes when there is a later one; the first and regular ones stay", async () => {
    const page = await newPage();
    const { summary } = unwrap(await page.session.create(CONFIG, "rl"));
    const checkpoints = async () => unwrap(await page.session.readRun(summary.id)).summary.checkpoints;
    await page.play("step");
    expect(await checkpoints()).toEqual(["000000", "000001"]);
    unwrap(await page.session.open(summary.id));
    await page.play("step");
    expect(await checkpoints()).toEqual(["000000", "000002"]);
    await page.play("end");
    expect(await checkpoints()).toEqual(["000000", "000002", "000004", "final"]);
  });
});

/** The zipped folder of a checkpoint with these parameters, as `bellows sft` makes it. */
async function zippedCheckpoint(parameters: Float32Array<ArrayBuffer>) {
  const task = createTask(CONFIG.task.name);
  const { tokens, pad, end } = task.vocabulary;
  const storage = new MemoryStorage();
  const vocabulary = { tokens, pad, end };
  await saveCheckpoint(storage, "toy", { config: modelConfigOf(CONFIG, task), vocabulary, parameters });
  return zipFolder(storage, "toy");
}

describe("importing", () => {
  test("a checkpoint makes a run that starts from it", async () => {
    const page = await newPage();
    const zip = await zippedCheckpoint(await bundledParameters());
    const summary = unwrap(await page.session.importRun("my toy.zip", zip));
    expect(summary).toMatchObject({ id: "my-toy", title: "my-toy", kind: "rl", step: 0 });
    expect(summary.config.init).toBe("my-toy/checkpoints/000000");
    const config = { ...CONFIG, init: summary.id };
    unwrap(await page.session.create(config, "rl"));
    await page.play("step");
    expect(page.records).toEqual((await undisturbed()).slice(0, 2).map(plain));
  });

  test("weights that are not finite stop the run and say so; the session stays usable", async () => {
    const page = await newPage();
    const zip = await zippedCheckpoint((await bundledParameters()).slice().fill(Number.NaN));
    const { id } = unwrap(await page.session.importRun("broken.zip", zip));
    unwrap(await page.session.open(id));
    unwrap(await page.session.play("end"));
    await page.seen(({ type }) => type === "failed");
    expect(failures(page.events)).toMatchObject([{ error: { code: "numerics-failed" } }]);
    expect(await page.session.create(CONFIG, "rl")).toMatchObject({ ok: true });
  });

  test("anything else is refused and leaves nothing behind", async () => {
    const page = await newPage();
    const storage = new MemoryStorage();
    await storage.write("a/config.json", [new TextEncoder().encode('{"rl": {"steps": -1}}')]);
    await storage.write("b/notes.txt", [new TextEncoder().encode("hello")]);
    for (const folder of ["a", "b"]) {
      const zip = await zipFolder(storage, folder);
      expect(await page.session.importRun("x.zip", zip), folder).toMatchObject({ ok: false });
    }
    expect(await page.session.importRun("x.zip", new Uint8Array(9))).toMatchObject({
      ok: false,
      error: { code: "input-invalid" },
    });
    expect(await snapshot(page.runs)).toEqual({});
  });
});

test("a config that does not fit the device is refused, and leaves nothing behind", async () => {
  const page = await newPage();
  const huge = smallConfig("init=random", "model.hidden_size=65536", "model.intermediate_size=262144");
  expect(await page.session.create(huge, "rl")).toMatchObject({
    ok: false,
    error: { code: "limit-exceeded" },
  });
  expect(await listRuns(page.runs, "")).toEqual([]);
  const estimate = unwrap(await page.session.estimate(CONFIG));
  expect(estimate.parameters).toBeGreaterThan(90_000);
  expect(estimate.gpuBytes).toBeGreaterThan(4 * 4 * estimate.parameters);
  expect(await page.session.estimate({ ...CONFIG, seed: -1 })).toMatchObject({
    ok: false,
    error: { code: "config-invalid", field: "seed" },
  });
});
