/** The page's training worker: what it tells becomes signals. Commands to it are in actions.ts. */
import { batch } from "@preact/signals";
import { BellowsError, type ErrorData } from "../../src/errors.ts";
import { startTrainer, type TrainerClient } from "../../src/worker/client.ts";
import type { OpenedRun, RunRecord, RunState, TrainerEvent } from "../../src/worker/protocol.ts";
import { t } from "../text/index.ts";
import { Announcer } from "./announcer.ts";
import * as model from "./model.ts";
import { Pacemeter } from "./pace.ts";
import { store } from "./preferences.ts";
import { RunView } from "./run-view.ts";

/** Where the id of the run that was open last is kept, for the next visit. */
export const LAST_RUN = "bellows.last-run";

/** Most runs that are drawn at once: more cannot be told apart. */
export const MAX_SHOWN = 4;

/** How Chromium, Firefox and Safari say that code, which panels fetch when they are first used, could not be had. */
const MODULE_LOST = /dynamically imported module|importing a module script/i;

let client: TrainerClient | null = null;
const announcer = new Announcer();
const pacemeter = new Pacemeter();

/** Starts the worker and waits for its device. A worker that was there before is ended, and its run with it. */
export async function connectWorker(): Promise<void> {
  client?.close();
  batch(() => {
    model.device.value = null;
    model.mishap.value = null;
    if (!model.replaying.value) stopWaiting("none");
  });
  client = startTrainer(takeEvents);
  try {
    model.device.value = await client.connect();
  } catch (error) {
    model.device.value = asErrorData(error);
  }
}

/**
 * The worker.
 * @throws BellowsError `webgpu-unavailable` before it is there.
 */
export function worker(): TrainerClient {
  if (client === null) throw new BellowsError("webgpu-unavailable", t().status.states.connecting);
  return client;
}

/** Makes a run the current one, and draws it. */
export function enter({ summary, step, records, preflight, damage }: OpenedRun): void {
  const view = draw(summary.id, summary.title, { summary, step, records, preflight });
  batch(() => {
    model.currentId.value = view.id;
    model.step.value = step;
    model.savedStep.value = summary.step;
    model.preflight.value = preflight;
    model.phase.value = null;
    model.failure.value = null;
    model.damage.value = damage ?? null;
    model.restorable.value = null;
    model.draft.value = summary.config;
  });
  store(LAST_RUN, summary.id);
}

/**
 * Adds a run to those that are drawn, in place of an earlier view of it. Where there are too many, the oldest gives way that is
 * not the current one.
 */
export function draw(id: string, title: string, { summary, records }: OpenedRun): RunView {
  const others = model.runs.value.filter((run) => run.id !== id);
  const isFull = others.length === MAX_SHOWN;
  const oldest = isFull ? others.find((run) => run.id !== model.currentId.value) : undefined;
  const kept = others.filter((run) => run !== oldest);
  const slot = Array.from({ length: MAX_SHOWN }, (_, i) => i).find(
    (i) => !kept.some((run) => run.slot === i),
  )!;
  const view = new RunView(id, summary.kind, title, summary.config, slot);
  view.add(records);
  model.runs.value = [...kept, view];
  return view;
}

/** Takes a run off the charts. */
export function undraw(id: string): void {
  model.runs.value = model.runs.value.filter((run) => run.id !== id);
  if (model.currentId.value !== id) return;
  batch(() => {
    model.currentId.value = null;
    model.state.value = "none";
    model.step.value = 0;
    model.savedStep.value = 0;
    model.phase.value = null;
    model.preflight.value = null;
  });
}

/** What the worker, or a replay in its place, has to tell. */
export function takeEvents(events: readonly TrainerEvent[]): void {
  batch(() => {
    const records = new Map<string, RunRecord[]>();
    for (const event of events) {
      if (event.type !== "record") takeEvent(event);
      else if (records.has(event.run)) records.get(event.run)!.push(event.record);
      else records.set(event.run, [event.record]);
    }
    for (const [run, list] of records) takeRecords(run, list);
  });
}

function takeEvent(event: Exclude<TrainerEvent, { type: "record" }>): void {
  switch (event.type) {
    case "state":
      // While another run is replayed, the worker may still tell of its own.
      if (!model.replaying.peek() || event.run === model.currentId.peek()) takeState(event.state, event.step);
      break;
    case "compiling":
      model.compiling.value = event.done < event.total ? event : null;
      break;
    case "variants":
      model.variants.value = event.variants;
      break;
    case "phase":
      if (event.run === model.currentId.peek()) model.phase.value = event.record;
      break;
    case "saved":
      if (event.run === model.currentId.peek()) model.savedStep.value = event.step;
      break;
    case "trial":
      model.trial.value = event.done < event.total ? event : null;
      break;
    case "device":
    case "worker":
      model.mishap.value = event.status;
      announcer.say(t().notices[event.status]);
      break;
    case "failed":
      model.mishap.value = null;
      fail(event.error);
  }
}

function takeState(state: RunState, step: number): void {
  const before = model.state.value;
  model.state.value = state;
  model.step.value = step;
  if (state !== "preparing") {
    model.compiling.value = null;
    model.trial.value = null;
  }
  if (state === before) return;
  pacemeter.reset();
  const { milestones } = t();
  if (state === "running") announcer.say(milestones.started(totalSteps() - step));
  if (state === "paused" && before === "running") announcer.say(milestones.paused(step));
  if (state === "finished") announcer.say(milestones.finished(step));
}

function takeRecords(id: string, records: readonly RunRecord[]): void {
  const run = model.runs.peek().find((view) => view.id === id);
  run?.add(records);
  if (id !== model.currentId.peek()) return;
  for (const record of records) {
    announcer.take(record);
    if (record.type !== "step" && record.type !== "sft") continue;
    model.step.value = record.step + 1;
    model.pace.value = pacemeter.step(performance.now());
  }
}

/** Steps of the current run, or of the one that Play would begin. */
export function totalSteps(): number {
  const run = model.current.value;
  const { rl, sft } = run?.config.value ?? model.draft.value;
  return run?.kind === "sft" ? sft.steps : rl.steps;
}

/** Does something and shows its error, should there be one. False where it failed. */
export async function attempt(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    fail(error);
    return false;
  }
}

export function fail(error: unknown): void {
  const data = asErrorData(error);
  const isGone = data.code === "worker-died";
  // Calls that a dying worker has left are no news beside its death, which is mended.
  if (!isGone || model.mishap.value !== "died") model.failure.value = data;
  if (isGone || model.state.value === "preparing") stopWaiting("none");
}

function stopWaiting(state: RunState): void {
  model.state.value = state;
  model.compiling.value = null;
  model.trial.value = null;
}

/** Any error as plain data. What is no BellowsError is a fault of the page's own. */
export function asErrorData(error: unknown): ErrorData {
  if (error instanceof BellowsError) return error.toData();
  if (isErrorData(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new BellowsError(MODULE_LOST.test(message) ? "network-failed" : "defect", message).toData();
}

function isErrorData(error: unknown): error is ErrorData {
  return typeof error === "object" && error !== null && "code" in error && !(error instanceof Error);
}
