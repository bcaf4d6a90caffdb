/** What a chart shows, as plain data: the canvas, the table, the reading at the cursor and the exported picture are made of it. */
import type { Domain } from "../../src/io/report/scale.ts";
import type { Style } from "../../src/io/report/style.ts";
import type { Phase } from "../../src/rl/length-schedule.ts";

/** Charts over steps. */
export type PlotId = "length" | "accuracy" | "entropy" | "wait" | "loss";

export type FigureId = PlotId | "trail";

/** Kinds of curves: what their words (web/text) and their source files are found by. */
export type CurveId =
  | "length"
  | "budget"
  | "ahead"
  | "truncated"
  | "evaluatedLength"
  | "training"
  | "pass"
  | "level"
  | "trail"
  | "entropy"
  | "waitRight"
  | "waitWrong"
  | "wait"
  | "loss";

/** Where each curve's numbers are computed, from the root of the repository. */
export const SOURCES: Readonly<Record<CurveId, string>> = {
  length: "src/train/metrics.ts",
  budget: "src/rl/length-schedule.ts",
  ahead: "src/rl/length-schedule.ts",
  truncated: "src/train/metrics.ts",
  evaluatedLength: "src/train/evaluate.ts",
  training: "src/train/metrics.ts",
  pass: "src/train/evaluate.ts",
  level: "src/train/evaluate.ts",
  trail: "src/train/evaluate.ts",
  entropy: "src/train/metrics.ts",
  waitRight: "src/train/evaluate.ts",
  waitWrong: "src/train/evaluate.ts",
  wait: "src/train/evaluate.ts",
  loss: "src/train/sft.ts",
};

/** A quantity over steps; NaN where it was not measured. */
export interface Column {
  /** Ascending. */
  readonly steps: Float64Array;
  readonly values: Float64Array;
}

export interface Curve extends Column {
  readonly id: CurveId;
  /** As the legend names it. */
  readonly name: string;
  /** `steps`: a value holds until the next; `area`: filled down to the axis. */
  readonly shape: "line" | "steps" | "area";
  /** `share`: the second axis, from 0 to 1. */
  readonly axis: "main" | "share";
  readonly style: Style;
  /** Standard errors, drawn as bars to either side. */
  readonly errors?: Float64Array;
  /** Drawn in place of the values, which stay faint behind it. */
  readonly smoothed?: Float64Array;
  /** Not measured but planned, or only there to be compared with. */
  readonly faint?: boolean;
  /** Stands beside another curve and needs no name of its own in the legend: the chart's caption tells what it is. */
  readonly isCompanion?: boolean;
  /** How its values are written. */
  readonly format: (value: number) => string;
}

/** Steps in a row in which the budget does the same. */
export interface Span {
  readonly phase: Phase;
  /** From 0. */
  readonly cycle: number;
  readonly begin: number;
  /** Exclusive. */
  readonly end: number;
}

/** Settings that were changed: the first step under them, and what changed. */
export interface Mark {
  readonly step: number;
  readonly text: string;
}

/** A chart over steps. */
export interface Figure {
  readonly id: PlotId;
  readonly curves: readonly Curve[];
  readonly steps: Domain;
  /** Of the main axis. */
  readonly domain: Domain;
  readonly tickText: (value: number) => string;
  /** Whether there is a second axis, of shares. */
  readonly hasShare: boolean;
  readonly spans: readonly Span[];
  readonly marks: readonly Mark[];
}

/** Index of the last point at or before a step; −1 where there is none. */
export function indexAt({ steps }: Column, step: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle]! <= step) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The curve with the most points: the cursor rests on its steps. Null where nothing was measured. */
export function railOf({ curves }: Figure): Column | null {
  return curves
    .filter(({ id, steps }) => id !== "ahead" && steps.length > 0)
    .reduce<Column | null>(
      (most, curve) => (curve.steps.length > (most?.steps.length ?? 0) ? curve : most),
      null,
    );
}
