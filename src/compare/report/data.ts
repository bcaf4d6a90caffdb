import type { Curve, Row } from "../rows.ts";

/** All that the report of a comparison is made of. */
export interface ComparisonData {
  readonly matrix: ReportedMatrix;
  readonly rows: readonly Row[];
  readonly curves: readonly Curve[];
  readonly times: Times;
  readonly failed: readonly FailedCell[];
  /** Cells of the matrix that are neither done nor given up. */
  readonly unfinished: readonly UnfinishedCell[];
}

/** What the report says of a matrix (src/compare/matrix.ts has all of it). */
export interface ReportedMatrix {
  readonly name: string;
  readonly preset: string;
  /** What each run may spend: one of these. */
  readonly budget: { readonly tokens?: number; readonly steps?: number; readonly seconds?: number };
  /** The fresh problems that rows are measured on. */
  readonly benchmark: { readonly problemsPerLevel: number; readonly samples: number; readonly seed: number };
}

/** times.json: what differs from machine to machine. */
export interface Times {
  /** The command that makes this comparison. */
  readonly command: string;
  readonly device: string;
  /** Of the repository; "" where it is not known. */
  readonly commit: string;
  /** Cells that ran side by side. */
  readonly jobs: number;
  /** Wall-clock of the whole matrix, stops left out. */
  readonly seconds: number;
  /** By cell. */
  readonly cells: Readonly<Record<string, CellTime>>;
}

/** Seconds of a cell. */
export interface CellTime {
  /** Training, evaluations and benchmark; what was lost by a crash or a stop is left out. */
  readonly seconds: number;
  /** Sum of `time/gen` over the steps. */
  readonly generating: number;
  /** Sum of `time/update`. */
  readonly updating: number;
}

/** A cell that crashed each time it was tried. */
export interface FailedCell {
  readonly cell: string;
  readonly error: string;
}

/** A cell that is still to run, or runs. */
export interface UnfinishedCell {
  readonly cell: string;
  readonly entry: string;
}
