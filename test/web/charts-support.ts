import { PRESETS } from "../../src/train/presets.ts";
import type { EvalRecord, StepRecord } from "../../src/train/records.ts";
import type { View } from "../../web/charts/figures.ts";
import { RunView } from "../../web/state/run-view.ts";
import { chartsEn } from "../../web/text/charts.en.ts";

// RunView tells of changes once a frame; without frames, nothing is told, and nothing here waits for it.
globalThis.requestAnimationFrame ??= () => 0;

export function stepRecord(step: number, metrics: StepRecord["metrics"] = {}): StepRecord {
  const half = step % 160 < 80;
  return {
    type: "step",
    step,
    cap: 80 - (step % 40),
    exactCap: 80 - (step % 40),
    phase: half ? "compress" : "expand",
    cycle: Math.floor(step / 160),
    metrics: {
      acc: 0.5,
      "completions/mean_length": 50,
      "completions/clipped_ratio": 0.1,
      entropy: 0.2,
      ...metrics,
    },
    samples: [],
  };
}

export function evalRecord(step: number, accuracy: number, length: number): EvalRecord {
  return {
    type: "eval",
    step,
    metrics: {
      "eval/acc": accuracy,
      "eval/acc_se": 0.02,
      "eval/mean_length": length,
      "eval/words/wait": 1,
      "eval/words/wait_correct": 0.5,
      "eval/words/wait_wrong": null,
    },
    levels: [
      {
        name: "2, easy",
        standsFor: "MATH500",
        accuracy,
        standardError: 0.03,
        meanLength: length,
        truncated: 0,
      },
    ],
    examples: [],
  };
}

/** A run of the default preset whose steps and evaluations are made so. */
export function runOf(steps: number, title = "run", slot = 0): RunView {
  const run = new RunView(title, "rl", title, PRESETS.default, slot);
  run.add(Array.from({ length: steps }, (_, step) => stepRecord(step)));
  return run;
}

export function viewOf(runs: readonly RunView[], changes: Partial<View> = {}): View {
  return { runs, current: runs[0] ?? null, overlay: false, smoothing: 0, words: chartsEn, ...changes };
}
