import { drawChart, type Panel } from "../../io/report/chart.ts";
import type { Series } from "../../io/report/curves.ts";
import type { Figure } from "../../io/report/figures.ts";
import { fixed, plural } from "../../io/report/format.ts";
import { type Domain, roundDomain } from "../../io/report/scale.ts";
import { type Point, smoothingWindow } from "../../io/report/series.ts";
import type { Style } from "../../io/report/style.ts";
import type { Span } from "../../io/report/summary.ts";
import type { Table } from "../../io/report/table.ts";
import { mean } from "../../rl/statistics.ts";
import type { Curve, EvalColumn } from "../rows.ts";
import { meanAt, phaseEnds, sharedSteps } from "./phases.ts";
import { curvesOf, type Estimate, type Evidence, estimate } from "./seeds.ts";
import { withSpread } from "./tables.ts";

/** Runs that differ by seed alone, with the name and the look of their curves. */
export interface Runs {
  readonly name: string;
  readonly curves: readonly Curve[];
  readonly style: Style;
}

/** What curves run over: steps of training, or tokens generated, in millions. */
export type Axis = "step" | "tokens";

const MILLION = 1e6;

/** What the bars of curves are. */
export const BARS =
  "Points are means over seeds, with bars of one standard error to either side, and without where there is but one seed.";

/** A name in a legend, with how many seeds stand behind it. */
function withSeeds({ name, curves }: Runs): string {
  return `${name} (${plural(curves.length, "seed")})`;
}

/** Entries that are compared in one figure. */
export const LINES: readonly Style[] = [
  { colour: "red", dash: "", marker: "circle" },
  { colour: "blue", dash: "7 3", marker: "square" },
  { colour: "green", dash: "2 3", marker: "triangle" },
  { colour: "purple", dash: "9 3 2 3", marker: "diamond" },
];

/** The runs of those of the recipes that are there. */
export function runsOf(data: Evidence, recipes: readonly string[]): Runs[] {
  return recipes
    .map((name, index) => ({ name, curves: curvesOf(data, name), style: LINES[index % LINES.length]! }))
    .filter(({ curves }) => curves.length > 0);
}

export function accuracyPanel(runs: readonly Runs[], axis: Axis = "step"): Panel {
  return fitted(panelOf("right answers, %", 190, percentTick, seriesOf(runs, overall("acc"), axis)));
}

/** Right answers on the last of the levels, which is the hardest. */
export function hardestPanel(runs: readonly Runs[], axis: Axis = "step"): Panel {
  return fitted(panelOf("right on the hardest level, %", 150, percentTick, seriesOf(runs, hardest, axis)));
}

export function lengthPanel(runs: readonly Runs[], height: number, axis: Axis = "step"): Panel {
  return panelOf("tokens per response", height, String, seriesOf(runs, overall("length"), axis));
}

/** Entropy in training, step by step: means over seeds. */
export function entropyPanel(runs: readonly Runs[]): Panel {
  const series = runs.map((run): Series => {
    const { curves, style } = run;
    const points = entropies(curves).map((y, x): Point => ({ x, y }));
    const window = smoothingWindow(points.length, curves[0]!.cycle);
    return { name: withSeeds(run), shape: "line", points, style: { ...style, marker: null }, window };
  });
  return panelOf("entropy, nats per token", 210, String, series);
}

/** The cap of each, step by step. */
export function capPanel(runs: readonly Runs[], height: number): Panel {
  const series = runs.map(({ name, curves, style }): Series => {
    const points = curves[0]!.steps.cap.map((y, x): Point => ({ x, y }));
    return { name, shape: "steps", points, style: { ...style, marker: null } };
  });
  return panelOf("cap, tokens", height, String, series);
}

/** A panel whose vertical axis begins at zero. */
export function panelOf(
  title: string,
  height: number,
  tickText: (value: number) => string,
  series: readonly Series[],
): Panel {
  const values = series.flatMap(({ points }) =>
    points.flatMap(({ y, error }) => (y === null ? [] : [y + (error ?? 0)])),
  );
  const domain: Domain = roundDomain([0, ...values], Math.max(2, Math.round(height / 44)));
  return { title, height, domain, tickText, series };
}

/** The panel with an axis that begins where its values do: accuracies lie close together, far from zero. */
function fitted(panel: Panel): Panel {
  const values = panel.series.flatMap(({ points }) =>
    points.flatMap(({ y, error }) => (y === null ? [] : [y - (error ?? 0), y + (error ?? 0)])),
  );
  return { ...panel, domain: roundDomain(values) };
}

/** Draws panels over all steps of these runs. */
export function overSteps(
  panels: readonly Panel[],
  runs: readonly Runs[],
  spans: readonly Span[] = [],
): Figure["draw"] {
  const last = Math.max(1, ...runs.flatMap(({ curves }) => curves.map(({ steps }) => steps.cap.length)));
  return (width) => drawChart({ steps: [0, last], spans, changes: [], panels, readings: [] }, width);
}

/** Draws panels over the tokens that these runs generated. */
export function overTokens(panels: readonly Panel[], runs: readonly Runs[]): Figure["draw"] {
  const ends = runs.flatMap(({ curves }) => curves.map(({ steps }) => steps.tokens.at(-1) ?? 0));
  const steps = roundDomain([0, Math.max(...ends) / MILLION]);
  const axis = "tokens generated, millions";
  return (width) => drawChart({ steps, axis, spans: [], changes: [], panels, readings: [] }, width);
}

/** Both phases of each whole cycle, tinted. */
export function phaseSpans(curves: readonly Curve[]): Span[] {
  const ends = phaseEnds(curves);
  return ends.slice(1).map((end, index): Span => {
    const phase = end.phase === "compressed" ? "compress" : "expand";
    return { phase, cycle: end.cycle - 1, begin: ends[index]!.step, end: end.step };
  });
}

/** A mean over seeds as a point with its standard error. */
export function pointOf(x: number, value: Estimate | null): Point {
  return { x, y: value?.mean ?? null, error: value?.error ?? null };
}

/** The evaluations that all seeds of a run have, in numbers. */
export function evaluationTable(runs: readonly Runs[]): Table {
  const steps = [...new Set(runs.flatMap(({ curves }) => sharedSteps(curves)))].sort((a, b) => a - b);
  return {
    caption: "Evaluations along the runs; mean ± standard error over seeds",
    columns: ["step", ...runs.flatMap(({ name }) => [`${name}: right, %`, "tokens", "generated, millions"])],
    rows: steps.map((step) => [
      `${step}`,
      ...runs.flatMap(({ curves }) => [
        withSpread(meanAt(curves, "acc", step), (value) => fixed(100 * value, 1)),
        withSpread(meanAt(curves, "length", step), (value) => fixed(value, 1)),
        fixed(millions(curves, step), 2),
      ]),
    ]),
    file: "curves.jsonl",
  };
}

export function entropyTable(runs: readonly Runs[]): Table {
  const columns = runs.map(({ curves }) => entropies(curves));
  const count = Math.max(...columns.map((values) => values.length));
  return {
    caption: "Entropy in training, nats per token, mean over seeds",
    columns: ["step", ...runs.map(({ name }) => name)],
    rows: Array.from({ length: count }, (_, step) => [
      `${step}`,
      ...columns.map((values) => fixed(values[step] ?? null, 4)),
    ]),
    file: "curves.jsonl",
  };
}

/** A tick of an axis in per cent: 0.5 is 50. */
function percentTick(value: number): string {
  return String(Number((100 * value).toFixed(6)));
}

type Measure = (curves: readonly Curve[], step: number) => Estimate | null;

function overall(column: EvalColumn): Measure {
  return (curves, step) => meanAt(curves, column, step);
}

const hardest: Measure = (curves, step) =>
  estimate(
    curves.map(({ evals, levels }) => {
      const index = evals.step.indexOf(step);
      return index < 0 ? null : (levels.at(-1)?.acc[index] ?? null);
    }),
  );

/** Means at the evaluations that all seeds of a run have. */
function seriesOf(runs: readonly Runs[], measure: Measure, axis: Axis): Series[] {
  return runs.map((run) => ({
    name: withSeeds(run),
    shape: "line",
    style: run.style,
    points: sharedSteps(run.curves).map((step) =>
      pointOf(axis === "step" ? step : (millions(run.curves, step) ?? 0), measure(run.curves, step)),
    ),
  }));
}

function millions(curves: readonly Curve[], step: number): number | null {
  const tokens = meanAt(curves, "tokens", step);
  return tokens === null ? null : tokens.mean / MILLION;
}

/** Of the steps that any seed has, the mean over those that have it. */
function entropies(curves: readonly Curve[]): (number | null)[] {
  const count = Math.max(...curves.map(({ steps }) => steps.entropy.length));
  return Array.from({ length: count }, (_, step) =>
    mean(curves.map(({ steps }) => steps.entropy[step] ?? null).filter((value) => value !== null)),
  );
}
