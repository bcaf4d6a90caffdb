import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { runTrain } from "../../src/cli/train.ts";
import { BellowsError } from "../../src/errors.ts";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { saveCheckpoint } from "../../src/io/checkpoint.ts";
import { MemoryStorage } from "../../src/io/memory-storage.ts";
import { listRuns, readLog } from "../../src/io/run-folder.ts";
import type { Chunks, Storage } from "../../src/io/storage.ts";
import { zipFolder } from "../../src/io/zip.ts";
import { createTask } from "../../src/tasks/registry.ts";
import { modelConfigOf } from "../../src/train/config.ts";
import type { TrainerRecord } from "../../src/train/records.ts";
import type { TrainerEvent } from "../../src/worker/protocol.ts";
import { unwrap } from "../../src/worker/results.ts";
import { snapshot } from "../io/support.ts";
import { withoutTimes } from "../support/cli.ts";
import { useGpu } from "../support/gpu.ts";
import { plain, TestPage } from "../support/session.ts";
import { bundledParameters, makeTrainer, runTo, smallConfig, timeless } from "../support/training.ts";

const gpu = useGpu();
const pages: TestPage[] = [];
afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
  gpu().buffers.destroyAll();
});

async function newPage(runs?: Storage, locked?: Set<string>): Promise<TestPage> {
  const page = await TestPage.connect(runs, locked);
  pages.push(page);
  return page;
}

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
  afterEach(() => vi.restoreAllMocks());

  /** Runs it in this process, without its output. */
  async function train(flags: Parameters<typeof runTrain>[0]): Promise<void> {
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
    expect(await runTrain({ json: true, preflight: false, ...flags })).toBe(0);
    vi.restoreAllMocks();
  }

  test("goes on with a run of a session, and the other way round", async () => {
    const page = await newPage(new NodeStorage(folder));
    const { summary } = unwrap(await page.session.create(CONFIG, "rl"));
    await page.play("step");
    await page.play("step");
    await page.close();
    await train({ resume: join(folder, summary.id) });
    const expected = await undisturbed();
    const storage = new NodeStorage(folder);
    const lines = (await readLog(storage, summary.id, "metrics")).map(withoutTimes);
    expect(lines.map(({ type, step }) => [type, step])).toEqual(
      expected.map(({ type, step }) => [type, step]),
    );

    await train({ out: join(folder, "cli"), config: join(folder, summary.id, "config.json"), steps: "2" });
    const other = await newPage(storage);
    expect(unwrap(await other.session.open("cli"))).toMatchObject({
      step: 2,
      summary: { title: "cli", kind: "rl", modified: 0 },
    });
    unwrap(await other.session.configure(CONFIG));
    await other.play("end");
    const steps = (records: readonly unknown[]) =>
      records.filter((record) => (record as TrainerRecord).type === "step");
    const { records } = unwrap(await other.session.readRun("cli"));
    const samples = unwrap(await other.session.readSamples("cli"));
    const whole = steps(records).map((record) => {
      const { step } = record as TrainerRecord;
      return {
        ...(plain(record as TrainerRecord) as object),
        samples: samples.filter((s) => s.step === step),
      };
    });
    expect(whole).toEqual(steps(expected).map((record) => timeless(record as TrainerRecord)));
    rmSync(folder, { recursive: true });
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
    const bare = (record: TrainerRecord) => timeless({ ...record, samples: [] } as TrainerRecord);
    expect(records.map((record) => bare(record as TrainerRecord))).toEqual(expected.map(bare));
    const logged = unwrap(await page.session.readSamples(summary.id, 1));
    expect(logged).toEqual(expected.flatMap((r) => (r.type === "step" && r.step === 1 ? r.samples : [])));
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
    expect(page.records).toEqual((await undisturbed()).map(timeless));
    unwrap(await page.session.removeRun(imported.id));
    expect(unwrap(await page.session.listRuns()).map(({ id }) => id)).toEqual([summary.id]);
    expect(await page.session.play("end")).toMatchObject({ ok: false, error: { code: "input-invalid" } });
    expect(await page.session.removeRun("nothing")).toMatchObject({ ok: false });
  });

  test("that are open in another tab are left alone", async () => {
    const locked = new Set<string>();
    const page = await newPage(undefined, locked);
    const { summary } = unwrap(await page.session.create(CONFIG, "rl"));
    const other = await newPage(page.runs, locked);
    const refused = { ok: false, error: { code: "input-invalid" } };
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
    expect(page.records).toEqual((await undisturbed()).slice(0, 2).map(timeless));
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
