import type { Chart, Panel } from "./chart.ts";
import type { Series } from "./curves.ts";
import type { EvalPoint, RunLog, StepPoint } from "./data.ts";
import { count, fixed } from "./format.ts";
import { type Domain, roundDomain } from "./scale.ts";
import { type Point, smoothingWindow } from "./series.ts";
import { SERIES_STYLES, type Style } from "./style.ts";
import type { Summary } from "./summary.ts";

const CAP: Style = { colour: "ink", dash: "", marker: null };
const TRAINING: Style = { colour: "blue", dash: "", marker: null, bold: true };
const EVALUATED: Style = { colour: "red", dash: "5 3", marker: "ring" };
const CUT_OFF: Style = { colour: "purple", dash: "", marker: null };
const OVERALL: Style = { colour: "ink", dash: "", marker: null, bold: true };
const RIGHT: Style = { colour: "green", dash: "", marker: "circle" };
const WRONG: Style = { colour: "red", dash: "6 3", marker: "square" };
const RIGHT_IN_TRAINING: Style = { colour: "green", dash: "", marker: null, bold: true };
const ALIKE: Style = { colour: "purple", dash: "5 3", marker: null };

/** The axis of steps, with room for the last step and the last evaluation, and what the budget did along it. */
export function frame(log: RunLog, { spans }: Summary): Pick<Chart, "steps" | "spans" | "changes"> {
  const { steps, evals } = log;
  const changes = log.changes.map(({ step }) => step);
  const first = Math.min(steps[0]?.step ?? Infinity, evals[0]?.step ?? Infinity);
  if (first === Infinity) return { steps: [0, 1], spans, changes: [] };
  const last = Math.max((steps.at(-1)?.step ?? first) + 1, evals.at(-1)?.step ?? first);
  return { steps: [first, last], spans, changes: changes.filter((step) => step >= first && step <= last) };
}

/** Points of the mean that curves over single steps are smoothed by; 1: none. */
export function windowOf({ steps }: RunLog, { cycles }: Summary): number {
  const longest = cycles.reduce((most, { begin, end }) => Math.max(most, end - begin), 0);
  return smoothingWindow(steps.length, longest || steps.length);
}

/** Names of the levels, of the first evaluation that has any. */
export function levelNames(evals: readonly EvalPoint[]): string[] {
  return evals.find(({ levels }) => levels.length > 0)?.levels.map(({ name }) => name) ?? [];
}

export function lengthPanel(log: RunLog, summary: Summary, height: number): Panel {
  const { steps, evals } = log;
  const budget = pointsOf(steps, (step) => step.cap);
  const training = pointsOf(steps, (step) => step.length);
  const evaluated = pointsOf(evals, (point) => point.length);
  return {
    title: "tokens per response",
    height,
    domain: fromZero([...budget, ...training, ...evaluated]),
    tickText: (value) => (Number.isInteger(value) ? count(value) : String(value)),
    series: [
      { name: "budget", shape: "steps", points: budget, style: CAP },
      {
        name: "mean length in training",
        shape: "line",
        points: training,
        style: TRAINING,
        window: windowOf(log, summary),
      },
      { name: "in evaluations", shape: "line", points: evaluated, style: EVALUATED },
    ],
  };
}

export function truncatedPanel(log: RunLog, summary: Summary): Panel {
  const points = pointsOf(log.steps, (step) => step.truncated);
  return {
    title: "cut off in training, %",
    height: 66,
    domain: fromZero(points, 2),
    tickText: hundredths,
    series: [
      { name: "share of responses", shape: "area", points, style: CUT_OFF, window: windowOf(log, summary) },
    ],
  };
}

export function accuracyPanel({ evals }: RunLog, height: number): Panel {
  const all = evals.map(({ step, accuracy, error }): Point => ({ x: step, y: accuracy, error }));
  const levels = levelNames(evals).map((name, level): Series => {
    const points = evals.map(({ step, levels }): Point => {
      const { accuracy = null, error = null } = levels[level] ?? {};
      return { x: step, y: accuracy, error };
    });
    return { name, shape: "line", points, style: SERIES_STYLES[level % SERIES_STYLES.length]! };
  });
  return {
    title: "right answers, %",
    height,
    domain: [0, 1],
    tickText: hundredths,
    series: [...levels, { name: "all", shape: "line", points: all, style: OVERALL }],
  };
}

export function waitPanel({ evals }: RunLog): Panel {
  const right = pointsOf(evals, (point) => point.waitRight);
  const wrong = pointsOf(evals, (point) => point.waitWrong);
  return {
    title: "per response",
    height: 230,
    domain: fromZero([...right, ...wrong]),
    tickText: String,
    series: [
      { name: "right answers", shape: "line", points: right, style: RIGHT },
      { name: "wrong answers", shape: "line", points: wrong, style: WRONG },
    ],
  };
}

export function entropyPanel(log: RunLog, summary: Summary): Panel {
  const points = pointsOf(log.steps, (step) => step.entropy);
  const window = windowOf(log, summary);
  return {
    title: "nats per token",
    height: 230,
    domain: fromZero(points),
    tickText: String,
    series: [{ name: "in training", shape: "line", points, style: TRAINING, window }],
  };
}

export function signalPanel(log: RunLog, summary: Summary): Panel {
  const right = pointsOf(log.steps, (step) => step.accuracy);
  const alike = pointsOf(log.steps, (step) => step.dead);
  const window = windowOf(log, summary);
  return {
    title: "%",
    height: 230,
    domain: [0, 1],
    tickText: hundredths,
    series: [
      { name: "right in training", shape: "line", points: right, style: RIGHT_IN_TRAINING, window },
      { name: "groups all alike", shape: "line", points: alike, style: ALIKE, window },
    ],
  };
}

function pointsOf<P extends StepPoint | EvalPoint>(
  points: readonly P[],
  pick: (point: P) => number | null,
): Point[] {
  return points.map((point) => ({ x: point.step, y: pick(point) }));
}

function fromZero(points: readonly Point[], count?: number): Domain {
  const values = points.map(({ y }) => y).filter((y) => y !== null);
  return roundDomain([0, ...values], count);
}

function hundredths(value: number): string {
  return fixed(100 * value, 0);
}
