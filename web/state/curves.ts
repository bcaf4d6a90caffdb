/** The runs of a comparison (`curves.jsonl`), replayed and drawn as recorded runs. Fetched when such a file is opened. */
import { batch } from "@preact/signals";
import published from "../../docs/results/curves.jsonl?url";
import { invalid } from "../../src/errors.ts";
import { inside } from "../text/insides.ts";
import { playRecording } from "./actions.ts";
import { MOST_BYTES, type RecordedCurve, readCurves } from "./curves-file.ts";
import * as model from "./model.ts";
import { fetchText } from "./playback.ts";
import { prefer } from "./preferences.ts";
import { asOpened, recordingId, type TitledRecording } from "./recording.ts";
import { recordingOf } from "./recording-of.ts";
import { draw, MAX_SHOWN } from "./session.ts";

/**
 * Reads the file and has one choose among its runs.
 * @throws BellowsError `input-invalid` where it is not what a comparison leaves.
 */
export async function openCurves(file: File): Promise<void> {
  if (file.size > MOST_BYTES) {
    throw invalid("input-invalid", `size of ${file.name}`, `${file.size} bytes`, `at most ${MOST_BYTES}`);
  }
  model.curves.value = readCurves(await file.text(), file.name);
}

/**
 * Has one choose among the runs of docs/results.
 * @throws BellowsError `network-failed`.
 */
export async function openPublishedCurves(): Promise<void> {
  model.curves.value = readCurves(await fetchText(published), "docs/results/curves.jsonl");
}

/** Runs that can be drawn at once, the current one aside, which stays. */
export function roomForCurves(): number {
  return MAX_SHOWN - (model.current.value === null ? 0 : 1);
}

/** Plays one in place of training. */
export async function replayCurve(curve: RecordedCurve): Promise<void> {
  model.curves.value = null;
  await playRecording(titled(curve));
}

/** Draws some, whole, beside the current run. */
export function drawCurves(curves: readonly RecordedCurve[]): void {
  batch(() => {
    model.curves.value = null;
    for (const recording of curves.map(titled)) {
      // The one that is being replayed is drawn as far as it has come.
      if (recording.id === model.currentId.value) continue;
      draw(recording.id, recording.title, asOpened(recording));
    }
    prefer({ overlay: true });
  });
}

function titled(curve: RecordedCurve): TitledRecording {
  const { cell, entry, seed } = curve;
  return { ...recordingOf(curve), id: recordingId(cell), title: inside().comparison.run(entry, seed) };
}
