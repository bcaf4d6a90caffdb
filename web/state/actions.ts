/** What a person can do with the page. Each action shows its own errors (model.failure), so callers need not wait for it. */
import { computed } from "@preact/signals";
import type { Config } from "../../src/train/config.ts";
import type { SampleRecord } from "../../src/train/records.ts";
import type { OpenedRun, RunKind, ThinkRequest, Thought, Until } from "../../src/worker/protocol.ts";
import { t } from "../text/index.ts";
import { differences } from "./config-diff.ts";
import { copyRun, refreshLibrary } from "./library.ts";
import * as model from "./model.ts";
import type { Playback, Player } from "./playback.ts";
import { prefer, preferences, store, stored } from "./preferences.ts";
import { asOpened, type RecordingName, recordingId, type TitledRecording } from "./recording.ts";
import { Rival } from "./rival.ts";
import {
  attempt,
  connectWorker,
  draw,
  enter,
  LAST_RUN,
  takeEvents,
  totalSteps,
  undraw,
  worker,
} from "./session.ts";

/** The second run of a comparison. */
let rival: Rival | null = null;
/** A recorded run that stands in for training. */
let playback: Playback | null = null;
let recording: TitledRecording | null = null;

/** Whether there is a device. */
export const hasDevice = computed(() => model.device.value !== null && !("code" in model.device.value));

/** Whether there is something to play, and nothing in the way. */
export const canPlay = computed(
  () => model.replaying.value || (hasDevice.value && !["preparing", "finished"].includes(model.state.value)),
);

/** Asks for the device, and offers the run that the last visit left. */
export async function connect(): Promise<void> {
  await connectWorker();
  if (!hasDevice.value) return;
  endReplay();
  await attempt(async () => {
    await worker().setRest(preferences.value.rest);
    await refreshLibrary();
  });
  const last = stored(LAST_RUN);
  const run = model.library.value.find(({ id, step }) => id === last && step > 0);
  if (run !== undefined && model.current.value === null) model.restorable.value = run;
}

/** Does not offer the last run again. */
export function forgetLastRun(): void {
  model.restorable.value = null;
  store(LAST_RUN, null);
}

/** Makes a new run and leaves the one before, which stays stored where it was trained. It is paused at step 0. */
export function create(config: Config, kind: RunKind = "rl"): Promise<boolean> {
  return begin(config, kind, null);
}

/** @param replaced id of a run that the new one is drawn in place of. */
async function begin(config: Config, kind: RunKind, replaced: string | null): Promise<boolean> {
  model.failure.value = null;
  return attempt(async () => {
    await leave();
    model.state.value = "preparing";
    enter(await worker().create(config, kind));
    model.state.value = "paused";
    if (replaced !== null) undraw(replaced);
    await refreshLibrary();
  });
}

/** Opens a stored run at its latest checkpoint, or another run in its place. */
export async function open(id: string): Promise<boolean> {
  model.failure.value = null;
  return attempt(async () => {
    await leave();
    model.state.value = "preparing";
    const opened: OpenedRun = await worker().open(id);
    enter(opened);
    model.state.value = opened.step >= totalSteps() ? "finished" : "paused";
  });
}

/**
 * Play, one step or one phase. Makes a run of the settings first, where there is none, or opens the one that is drawn. A replay
 * that is over begins again.
 */
export async function play(until: Until = "end"): Promise<void> {
  if (!canPlay.value) return;
  model.failure.value = null;
  if (playback !== null && model.state.value === "finished") await replay();
  if (playback === null && model.state.value === "none") {
    const id = model.currentId.value;
    if (!(await (id === null ? create(model.draft.value) : open(id)))) return;
  }
  await attempt(() => Promise.all(players().map((player) => player.play(until))));
}

/** Resolves when the step in hand is done and saved. */
export async function pause(): Promise<void> {
  await attempt(() => Promise.all(players().map((player) => player.pause())));
}

export async function togglePlay(): Promise<void> {
  await (model.state.value === "running" ? pause() : play());
}

/** The same run again, from its first step: the same settings, the same seed. */
export async function reset(): Promise<void> {
  if (playback !== null) return replay();
  const run = model.current.value;
  // Repeated to the bit, it would lie under its own copy.
  const isSame = run !== null && differences(run.config.value, model.draft.value).length === 0;
  await begin(model.draft.value, run?.kind ?? "rl", isSame ? run.id : null);
}

/** The same settings with the next seed, beside the run before: the next, so that a whole class gets the same. */
export async function resetWithNewSeed(): Promise<void> {
  if (playback !== null) return replay();
  const kind = model.current.value?.kind ?? "rl";
  model.draft.value = { ...model.draft.value, seed: model.draft.value.seed + 1 };
  prefer({ overlay: true });
  await create(model.draft.value, kind);
}

/** Goes on under other settings from the next step on, which leaves a marker on the charts. */
export async function configure(config: Config): Promise<boolean> {
  model.failure.value = null;
  return attempt(async () => {
    await worker().configure(config);
    const { current } = model;
    if (current.value !== null) current.value.config.value = config;
    model.draft.value = config;
  });
}

/** Milliseconds to rest after each phase. */
export async function setRest(milliseconds: number): Promise<void> {
  prefer({ rest: milliseconds });
  await attempt(() => Promise.all(players().map((player) => player.setRest(milliseconds))));
}

/** Asks the policy. Its errors are for the asker to show. */
export function think(request: ThinkRequest): Promise<readonly Thought[]> {
  return worker().think(request);
}

/** The rollouts of a stored run that were logged whole. */
export function readSamples(id: string, step?: number): Promise<readonly SampleRecord[]> {
  return worker().readSamples(id, step);
}

/** Saves the run as it is: a pause does that. Training goes on where it was under way. */
export async function save(): Promise<void> {
  if (playback !== null || model.current.value === null) return;
  const wasRunning = model.state.value === "running";
  await pause();
  if (wasRunning) await play();
}

/**
 * Trains two runs at once with the same seed, one with a fixed budget and one that breathes, and draws both. The second has a
 * worker, and so a device, of its own.
 */
export async function compareFixedWithSiri(): Promise<void> {
  const base = model.draft.value;
  const kind = base.schedule.kind === "constant" ? "stair-cosine" : base.schedule.kind;
  const siri: Config = { ...base, schedule: { ...base.schedule, kind } };
  const fixed: Config = { ...base, schedule: { ...base.schedule, kind: "constant" } };
  if (!(await create(siri))) return;
  await attempt(async () => {
    prefer({ overlay: true });
    if (model.current.value !== null) model.current.value.title.value = t().compare.siri;
    rival = await Rival.start(fixed, preferences.value.rest);
    draw(rival.opened.summary.id, t().compare.fixed, rival.opened);
    await play();
    await refreshLibrary();
  });
}

/** Plays one of the recorded runs that come with the page. */
export async function openRecording(name: RecordingName): Promise<void> {
  await attempt(async () => {
    const { fetchRecording } = await import("./playback.ts");
    const fetched = await fetchRecording(`recordings/${name}.json`);
    await playRecording({ ...fetched, id: recordingId(name), title: t().recordings[name] });
  });
}

/** Lays a recorded run under the page, to be played instead of trained; another one stays drawn beside it. */
export async function playRecording(wanted: TitledRecording): Promise<void> {
  await attempt(async () => {
    if (playback === null) await leave();
    recording = wanted;
    await replay();
    await play();
  });
}

/** Takes a recorded run off the page, which ends its replay. */
export function removeRecording(id: string): void {
  if (id === model.currentId.value) endReplay();
  else undraw(id);
}

/** Puts the recording at its beginning. */
async function replay(): Promise<void> {
  if (recording === null) return;
  const { Playback } = await import("./playback.ts");
  playback?.stop();
  const { id } = recording;
  enter(asOpened({ ...recording, records: [] }));
  forgetLastRun();
  playback = new Playback(recording, id, takeEvents, preferences.value.rest);
  model.replaying.value = true;
  model.state.value = "paused";
}

/** Makes room for training. */
function endReplay(): void {
  if (playback === null) return;
  playback.stop();
  playback = null;
  model.replaying.value = false;
  if (model.currentId.value !== null) undraw(model.currentId.value);
}

/** What drives the runs that are under way. */
function players(): Player[] {
  if (playback !== null) return [playback];
  return rival === null ? [worker()] : [worker(), rival];
}

/** Ends what is under way before another run comes. A run that never made a step leaves nothing behind. */
async function leave(): Promise<void> {
  rival?.close();
  rival = null;
  model.rivalFailure.value = null;
  if (playback !== null) return endReplay();
  const run = model.current.value;
  if (run === null || model.state.value === "none") return;
  const { step } = await worker().pause();
  if (step > 0) return;
  undraw(run.id);
  await worker().removeRun(run.id);
}

/**
 * Goes on under settings that fit into less memory: half the prompts, and small batches. A run that has not begun is made anew
 * with them.
 */
export async function shrink(): Promise<void> {
  const { rl, train } = model.draft.value;
  const config: Config = {
    ...model.draft.value,
    rl: { ...rl, promptsPerStep: Math.max(rl.miniBatches, Math.floor(rl.promptsPerStep / 2)) },
    train: {
      ...train,
      microBatchTokens: Math.max(train.microBatchTokens >> 1, 1024),
      decodeSequences: Math.max(train.decodeSequences >> 1, 16),
    },
  };
  model.draft.value = config;
  await (model.state.value !== "none" && model.step.value > 0 ? configure(config) : create(config));
}

/** Back to the last saved step of the current run, with a worker and a device that are new. */
export async function recover(): Promise<boolean> {
  const id = playback === null ? model.currentId.value : null;
  await connect();
  return id !== null && hasDevice.value && open(id);
}

/** As {@link recover}, and goes on with half the learning rate: with the same one, the same would happen again. */
export async function recoverSlower(): Promise<void> {
  if (!(await recover())) return;
  const { rl } = model.draft.value;
  await configure({ ...model.draft.value, rl: { ...rl, learningRate: rl.learningRate / 2 } });
}

/** Ends the trial rollout of the run that is being made; it then goes without its findings. */
export async function skipTrial(): Promise<void> {
  await attempt(() => worker().skipTrial());
}

/** Opens a copy of a stored run that another tab has open, as it was saved last. */
export async function openCopy(id: string): Promise<void> {
  const copy = await copyRun(id);
  if (copy !== null) await open(copy);
}
