import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { PRESETS } from "../../src/train/presets.ts";
import type { TrainerEvent } from "../../src/worker/protocol.ts";
import { FakeWorker, failNext, stored, workers } from "../support/fake-worker.ts";
import { stepRecord } from "./charts-support.ts";

vi.mock("../../src/worker/client.ts", () => ({
  startTrainer: (handle: (events: readonly TrainerEvent[]) => void) => {
    const worker = new FakeWorker(handle);
    workers.push(worker);
    return worker;
  },
}));

/** The page's modules, as they are when a page is loaded. */
async function loadPage() {
  vi.resetModules();
  const actions = await import("../../web/state/actions.ts");
  const model = await import("../../web/state/model.ts");
  await actions.connect();
  return { actions, model, worker: workers.at(-1)! };
}

beforeEach(() => {
  stored.clear();
  workers.length = 0;
  failNext(null);
  const kept = new Map<string, string>();
  vi.stubGlobal("requestAnimationFrame", (callback: () => void) => queueMicrotask(callback));
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
});

describe("play", () => {
  test("makes a run of the settings first, then goes on with it", async () => {
    const { actions, model, worker } = await loadPage();
    await actions.play("step");
    expect(worker.calls).toEqual(["connect", "create", "play step"]);
    expect(model.current.value?.config.value).toEqual(PRESETS.default);
    worker.step();
    expect(model.step.value).toBe(1);
    expect(model.current.value?.steps).toHaveLength(1);
    await actions.pause();
    await actions.play();
    expect(worker.calls.slice(3)).toEqual(["pause", "play end"]);
  });

  test("does nothing where the run cannot be made, and says why", async () => {
    const { actions, model, worker } = await loadPage();
    failNext({ name: "create", error: ["out-of-memory", "too much"] });
    await actions.play();
    expect(worker.calls).not.toContain("play end");
    expect(model.failure.value).toMatchObject({ code: "out-of-memory", message: "too much" });
    expect(model.state.value).toBe("none");
    await actions.play();
    expect(model.failure.value).toBeNull();
    expect(model.state.value).toBe("running");
  });
});

describe("reset", () => {
  test("with the same seed draws the new run in place of the old one, which stays stored", async () => {
    const { actions, model, worker } = await loadPage();
    await actions.play();
    worker.step();
    await actions.reset();
    expect(model.runs.value.map(({ id }) => id)).toEqual(["run-2"]);
    expect(model.step.value).toBe(0);
    expect(stored.has("run-1")).toBe(true);
  });

  test("with a new seed draws both", async () => {
    const { actions, model, worker } = await loadPage();
    await actions.play();
    worker.step();
    await actions.resetWithNewSeed();
    expect(model.runs.value.map(({ config }) => config.value.seed)).toEqual([0, 1]);
    expect(model.currentId.value).toBe("run-2");
  });

  test("of a run without a step leaves nothing behind", async () => {
    const { actions } = await loadPage();
    await actions.play();
    await actions.reset();
    expect(stored.size).toBe(1);
  });

  test("draws at most four runs, each with a style of its own", async () => {
    const { actions, model, worker } = await loadPage();
    for (let i = 0; i < 6; i++) {
      await actions.resetWithNewSeed();
      worker.step();
    }
    expect(model.runs.value.map(({ config }) => config.value.seed)).toEqual([3, 4, 5, 6]);
    expect(new Set(model.runs.value.map(({ slot }) => slot)).size).toBe(4);
  });
});

describe("a comparison", () => {
  test("trains two runs that differ in the schedule alone, each in its worker, and draws both", async () => {
    const { actions, model, worker } = await loadPage();
    await actions.compareFixedWithSiri();
    const rival = workers[1]!;
    expect(model.runs.value.map(({ config }) => config.value.schedule.kind)).toEqual([
      "stair-cosine",
      "constant",
    ]);
    expect(new Set(model.runs.value.map(({ config }) => config.value.seed)).size).toBe(1);
    expect([worker.calls.at(-1), rival.calls.at(-1)]).toEqual(["play end", "play end"]);
    rival.step();
    rival.step();
    worker.step();
    expect(model.runs.value.map(({ steps }) => steps.length)).toEqual([1, 2]);
    expect(model.step.value).toBe(1);
    await actions.pause();
    expect(rival.calls.at(-1)).toBe("pause");
  });

  test("ends its second worker when another run comes", async () => {
    const { actions } = await loadPage();
    await actions.compareFixedWithSiri();
    await actions.reset();
    expect(workers.map(({ isClosed }) => isClosed)).toEqual([false, true]);
  });
});

describe("the next visit", () => {
  test("offers the run that was open last, once it has steps", async () => {
    const first = await loadPage();
    await first.actions.play();
    first.worker.step();
    const second = await loadPage();
    expect(second.model.restorable.value).toMatchObject({ id: "run-1", step: 1 });
    await second.actions.open("run-1");
    expect(second.model.restorable.value).toBeNull();
    expect([second.model.step.value, second.model.state.value]).toEqual([1, "paused"]);
  });

  test("offers nothing where that is not wanted", async () => {
    const first = await loadPage();
    await first.actions.play();
    first.worker.step();
    first.actions.forgetLastRun();
    expect((await loadPage()).model.restorable.value).toBeNull();
  });

  test("tells why a run cannot be opened", async () => {
    const { actions, model } = await loadPage();
    await actions.play();
    failNext({ name: "open", error: ["input-invalid", "a second tab has it"] });
    expect(await actions.open("run-1")).toBe(false);
    expect(model.failure.value?.message).toBe("a second tab has it");
  });
});

test("settings that are changed in mid-run are those of the run from then on", async () => {
  const { actions, model } = await loadPage();
  await actions.play();
  const config = { ...PRESETS.default, schedule: { ...PRESETS.default.schedule, lmin: 30 } };
  await actions.configure(config);
  expect(model.current.value?.config.value).toEqual(config);
  failNext({ name: "configure", error: ["config-invalid", "no"] });
  expect(await actions.configure(PRESETS.default)).toBe(false);
  expect(model.current.value?.config.value).toEqual(config);
});

test("a device that cannot be had is told, and the page stays usable", async () => {
  failNext({ name: "connect", error: ["webgpu-unavailable", "no WebGPU"] });
  const { actions, model } = await loadPage();
  expect(model.device.value).toMatchObject({ code: "webgpu-unavailable" });
  expect(model.failure.value).toBeNull();
  await actions.connect();
  expect(model.device.value).toMatchObject({ adapter: {} });
  expect(workers.map(({ isClosed }) => isClosed)).toEqual([true, false]);
});

describe("a worker that dies", () => {
  test("is no failure to be read about: the page says that another takes its place, and how the run stands", async () => {
    const { actions, model, worker } = await loadPage();
    await actions.play();
    worker.step();
    worker.tell([{ type: "worker", status: "died" }]);
    failNext({ name: "pause", error: ["worker-died", "it ended without a word"] });
    await actions.pause();
    expect(model.mishap.value).toBe("died");
    expect(model.failure.value).toBeNull();
    worker.tell([{ type: "state", state: "running", step: 0, run: "run-1" }]);
    worker.tell([{ type: "worker", status: "restarted" }]);
    expect([model.mishap.value, model.state.value]).toEqual(["restarted", "running"]);
    expect(model.current.value?.steps).toHaveLength(1);
  });

  test("for good is told of; trying again goes on with the run in a worker that is new", async () => {
    const { actions, model, worker } = await loadPage();
    await actions.play();
    worker.step();
    const error = { name: "BellowsError", code: "worker-died", message: "again", hint: "" } as const;
    worker.tell([
      { type: "worker", status: "died" },
      { type: "failed", error },
    ]);
    expect([model.mishap.value, model.failure.value, model.state.value]).toEqual([null, error, "none"]);
    await actions.recover();
    expect(worker.isClosed).toBe(true);
    expect(workers[1]!.calls).toEqual(["connect", "open run-1"]);
    expect([model.failure.value, model.state.value, model.step.value]).toEqual([null, "paused", 1]);
  });
});

describe("too little memory", () => {
  test("for a run that is not begun: it is made with smaller settings", async () => {
    const { actions, model, worker } = await loadPage();
    failNext({ name: "create", error: ["out-of-memory", "too much"] });
    await actions.play();
    await actions.shrink();
    expect(worker.calls).toEqual(["connect", "create", "create"]);
    expect(model.failure.value).toBeNull();
    const { rl, train } = model.current.value!.config.value;
    expect(rl.promptsPerStep).toBe(PRESETS.default.rl.promptsPerStep / 2);
    expect(train.microBatchTokens).toBeLessThan(PRESETS.default.train.microBatchTokens);
  });

  test("for a run that is under way: it goes on with them, and nothing is lost", async () => {
    const { actions, model, worker } = await loadPage();
    await actions.play();
    worker.step();
    await actions.shrink();
    expect(worker.calls.at(-1)).toBe("configure");
    expect(model.current.value?.steps).toHaveLength(1);
    expect(model.current.value?.config.value.rl.promptsPerStep).toBe(PRESETS.default.rl.promptsPerStep / 2);
  });
});

test("code that cannot be fetched is no defect of the page", async () => {
  const { asErrorData } = await import("../../web/state/session.ts");
  for (const message of [
    "Failed to fetch dynamically imported module: https://example.org/assets/export.js",
    "error loading dynamically imported module: https://example.org/assets/export.js",
    "Importing a module script failed.",
  ]) {
    expect(asErrorData(new TypeError(message)).code).toBe("network-failed");
  }
  expect(asErrorData(new TypeError("x is undefined")).code).toBe("defect");
});

test("numbers that went astray: the last saved step is gone on from with half the learning rate", async () => {
  const { actions, model, worker } = await loadPage();
  await actions.play();
  worker.step();
  await actions.recoverSlower();
  expect(workers[1]!.calls).toEqual(["connect", "open run-1", "configure"]);
  expect(model.current.value?.config.value.rl.learningRate).toBe(PRESETS.default.rl.learningRate / 2);
});

test("a run that is drawn but not open is opened by Play", async () => {
  const { actions, model, worker } = await loadPage();
  await actions.play();
  worker.step();
  await actions.connect();
  expect(model.state.value).toBe("none");
  await actions.play("step");
  expect(workers[1]!.calls).toEqual(["connect", "open run-1", "play step"]);
});

test("a run that another tab has can be gone on with as a copy", async () => {
  const first = await loadPage();
  await first.actions.play();
  first.worker.step();
  const { actions, model } = await loadPage();
  failNext({ name: "open", error: ["run-locked", "another tab has it"] });
  expect(await actions.open("run-1")).toBe(false);
  expect(model.failure.value?.code).toBe("run-locked");
  await actions.openCopy("run-1");
  expect(model.failure.value).toBeNull();
  expect([model.currentId.value, model.step.value]).toEqual(["run-2", 1]);
  expect(model.current.value?.title.value).toBe("Copy of run-1");
});

test("the trial rollout of a run that is being made is shown and can be skipped", async () => {
  const { actions, model, worker } = await loadPage();
  worker.tell([
    { type: "state", state: "preparing", step: 0, run: null },
    { type: "trial", done: 2, total: 6 },
  ]);
  expect(model.trial.value).toMatchObject({ done: 2, total: 6 });
  await actions.skipTrial();
  expect(worker.calls).toEqual(["connect", "skipTrial"]);
  worker.tell([{ type: "state", state: "paused", step: 0, run: "run-1" }]);
  expect(model.trial.value).toBeNull();
});

test("the current run is deleted without being saved before: there may be no room for that", async () => {
  const { actions, model, worker } = await loadPage();
  await actions.play();
  worker.step();
  const { remove } = await import("../../web/state/library.ts");
  await remove("run-1");
  expect(worker.calls.slice(3)).toEqual(["remove run-1"]);
  expect([model.current.value, model.state.value]).toEqual([null, "none"]);
});

describe("a recorded run", () => {
  const recording = { config: PRESETS.smoke, records: [], samples: [] };

  test("stands in for a device that is not there, until one comes", async () => {
    failNext({ name: "connect", error: ["webgpu-unavailable", "no WebGPU"] });
    const { actions, model, worker } = await loadPage();
    expect(actions.canPlay.value).toBe(false);
    await actions.play();
    expect(worker.calls).toEqual(["connect"]);
    vi.stubGlobal("document", { baseURI: "https://example.org/bellows/" });
    const fetched = vi.fn(async () => new Response(JSON.stringify(recording)));
    vi.stubGlobal("fetch", fetched);
    await actions.openRecording("fixed");
    expect(fetched.mock.calls.map(([url]: unknown[]) => String(url))).toEqual([
      "https://example.org/bellows/recordings/fixed.json",
    ]);
    expect(model.current.value?.title.value).toBe("fixed budget");
    expect(model.replaying.value).toBe(true);
    await actions.pause();
    await actions.connect();
    expect(model.replaying.value).toBe(false);
    expect(model.current.value).toBeNull();
    expect(actions.canPlay.value).toBe(true);
  });

  test("that is over is played again from its beginning", async () => {
    failNext({ name: "connect", error: ["webgpu-unavailable", "no WebGPU"] });
    const { actions, model } = await loadPage();
    const records = [0, 1].map((step) => stepRecord(step));
    await actions.playRecording({ ...recording, records, id: "recording:two", title: "two steps" });
    await actions.play("step");
    await actions.play("step");
    expect([model.state.value, model.step.value]).toEqual(["finished", 2]);
    expect(actions.canPlay.value).toBe(true);
    await actions.play("step");
    expect([model.state.value, model.step.value]).toEqual(["paused", 1]);
    expect(model.current.value?.steps).toHaveLength(1);
    await actions.pause();
  });

  test("that cannot be fetched is told of", async () => {
    const { actions, model } = await loadPage();
    vi.stubGlobal("document", { baseURI: "https://example.org/" });
    vi.stubGlobal("fetch", async () => new Response("", { status: 404, statusText: "Not Found" }));
    await actions.openRecording("siri");
    expect(model.failure.value?.message).toContain("404");
  });
});

describe("a comparison's file", () => {
  const text = readFileSync(new URL("../fixtures/web/curves.jsonl", import.meta.url), "utf8");

  async function openFile(
    page: Awaited<ReturnType<typeof loadPage>>,
    file = new File([text], "curves.jsonl"),
  ) {
    const { importFiles } = await import("../../web/state/library.ts");
    await importFiles([file]);
    return { ...page, ...(await import("../../web/state/curves.ts")) };
  }

  test("offers its runs; one that is chosen is replayed in place of the run that was trained", async () => {
    const { actions, model, worker, replayCurve } = await openFile(await loadPage());
    await actions.play();
    worker.step();
    expect(model.curves.value).toHaveLength(3);
    await replayCurve(model.curves.value![1]!);
    expect(worker.calls.at(-1)).toBe("pause");
    expect(model.curves.value).toBeNull();
    expect([model.current.value?.title.value, model.state.value]).toEqual(["grpo, seed 0", "running"]);
    worker.tell([{ type: "state", state: "paused", step: 1, run: "run-1" }]);
    expect(model.state.value).toBe("running");
    expect(model.runs.value.map(({ id }) => id)).toEqual(["run-1", "recording:grpo-s0"]);
    await actions.create(PRESETS.default);
    expect([model.replaying.value, model.currentId.value]).toEqual([false, "run-2"]);
    expect(model.runs.value.map(({ id }) => id)).toEqual(["run-1", "run-2"]);
  });

  test("has its runs drawn whole; the current run keeps its place", async () => {
    const { actions, model, drawCurves, roomForCurves } = await openFile(await loadPage());
    expect(roomForCurves()).toBe(4);
    await actions.resetWithNewSeed();
    await actions.resetWithNewSeed();
    expect(roomForCurves()).toBe(3);
    drawCurves(model.curves.value!);
    expect(model.runs.value.map(({ title }) => title.value)).toEqual([
      "run-1",
      "siri-cosine-T80, seed 0",
      "grpo, seed 0",
      "thinkprune, seed 0",
    ]);
    expect(model.runs.value.map(({ steps }) => steps.length)).toEqual([0, 45, 45, 45]);
    expect(model.currentId.value).toBe("run-1");
    actions.removeRecording("recording:grpo-s0");
    expect(model.runs.value).toHaveLength(3);
  });

  test("is replayed without a device, until that is ended", async () => {
    failNext({ name: "connect", error: ["webgpu-unavailable", "no WebGPU"] });
    const { actions, model, worker, replayCurve, drawCurves } = await openFile(await loadPage());
    const curves = model.curves.value!;
    await replayCurve(curves[0]!);
    await actions.pause();
    drawCurves(curves);
    expect(model.runs.value.map(({ steps }) => steps.length)).toEqual([0, 45, 45]);
    await actions.reset();
    expect(worker.calls).toEqual(["connect"]);
    actions.removeRecording("recording:siri-cosine-T80-s0");
    expect([model.replaying.value, model.current.value, model.state.value]).toEqual([false, null, "none"]);
  });

  test("that is none, or too large, is told of", async () => {
    const page = await loadPage();
    const { model } = await openFile(page, new File(["{}"], "notes.jsonl"));
    expect(model.failure.value).toMatchObject({ code: "input-invalid" });
    expect(model.failure.value?.message).toContain("notes.jsonl, line 1: cell is missing");
    const large = Object.defineProperty(new File([], "large.jsonl"), "size", { value: 65e6 });
    await openFile(page, large);
    expect(model.failure.value?.message).toContain("size of large.jsonl is 65000000 bytes");
    expect(model.curves.value).toBeNull();
  });
});
