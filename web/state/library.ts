/** The stored runs: listed, drawn, renamed, deleted, taken out of the browser and brought in. */
import type { RunSummary } from "../../src/worker/protocol.ts";
import { t } from "../text/index.ts";
import { saveBlob } from "./download.ts";
import * as model from "./model.ts";
import { attempt, draw, undraw, worker } from "./session.ts";

/** Asks the worker anew what is stored; the latest comes first. */
export async function refreshLibrary(): Promise<void> {
  const { runs, damaged } = await worker().listRuns();
  model.damaged.value = damaged;
  model.library.value = [...runs].sort((a, b) => b.modified - a.modified || b.id.localeCompare(a.id));
}

/** Draws a stored run beside the others, or takes it off the charts. */
export async function setDrawn(id: string, drawn: boolean): Promise<void> {
  await attempt(async () => {
    const view = model.runs.value.find((run) => run.id === id);
    if (view !== undefined) view.shown.value = drawn;
    else if (drawn) {
      const opened = await worker().readRun(id);
      draw(id, opened.summary.title, opened);
    }
  });
}

export async function rename(id: string, title: string): Promise<void> {
  await attempt(async () => {
    await worker().renameRun(id, title);
    const view = model.runs.value.find((run) => run.id === id);
    if (view !== undefined) view.title.value = title;
    await refreshLibrary();
  });
}

/** Deletes a run with all its checkpoints. What is under way of it is not saved before: there may be no room. */
export async function remove(id: string): Promise<void> {
  await attempt(async () => {
    await worker().removeRun(id);
    undraw(id);
    await refreshLibrary();
  });
}

/** Saves a run as a zip of the folder that the command line would have made. */
export async function exportRun(id: string): Promise<void> {
  await attempt(async () => {
    // A pause saves. Where there is no room for that, what is stored can still be had.
    const isRunning = id === model.currentId.value && model.state.value === "running";
    if (isRunning) await attempt(() => worker().pause());
    const zip = await worker().exportRun(id);
    saveBlob(new Blob([zip], { type: "application/zip" }), `${id}.zip`);
    const title = model.library.value.find((run) => run.id === id)?.title ?? id;
    model.announcement.value = t().runs.exported(title);
  });
}

/** Stores a copy of a run under a name of its own, and gives its id; null where that failed. */
export async function copyRun(id: string): Promise<string | null> {
  let copy: string | null = null;
  await attempt(async () => {
    const summary = await worker().importRun(id, await worker().exportRun(id));
    await worker().renameRun(summary.id, t().runs.copyOf(summary.title));
    copy = summary.id;
    await refreshLibrary();
  });
  return copy;
}

/** Saves the rollouts of a run that were logged whole, a line each. */
export async function exportSamples(id: string): Promise<void> {
  await attempt(async () => {
    const samples = await worker().readSamples(id);
    const lines = samples.map((sample) => `${JSON.stringify(sample)}\n`);
    saveBlob(new Blob(lines, { type: "application/jsonl" }), `${id}.samples.jsonl`);
  });
}

/** Saves a run's settings as the command line's `--config` takes them. */
export function exportConfig({ id, config }: RunSummary): void {
  saveBlob(new Blob([JSON.stringify(config, null, 2)], { type: "application/json" }), `${id}.config.json`);
}

/** Takes in zipped runs and checkpoints, and offers the runs of a comparison. */
export async function importFiles(files: Iterable<File>): Promise<void> {
  for (const file of files) {
    await attempt(async () => {
      if (/\.jsonl$/i.test(file.name)) {
        const { openCurves } = await import("./curves.ts");
        return openCurves(file);
      }
      const zip = new Uint8Array(await file.arrayBuffer());
      const { id, title } = await worker().importRun(file.name.replace(/\.zip$/i, ""), zip);
      await refreshLibrary();
      await setDrawn(id, true);
      model.announcement.value = t().runs.imported(title);
    });
  }
}
