import { phaseAt } from "../../src/rl/length-schedule.ts";
import { showValue } from "../state/config-diff.ts";
import type { RunView } from "../state/run-view.ts";
import type { Mark, Span } from "./figure.ts";

/** Most steps ahead of a run whose budget is drawn, so that a plan of a million steps costs no more than one of thousands. */
const MOST_AHEAD = 5000;

/** Cycles ahead of a run that its charts show. */
const CYCLES_AHEAD = 3;

/** Steps that a run has done. */
export function stepsDone({ steps, lessons }: RunView): number {
  return (steps.at(-1)?.step ?? lessons.at(-1)?.step ?? -1) + 1;
}

/** Where a run's charts end: at its last step, but no further ahead than a few cycles. At least 1. */
export function horizon(run: RunView): number {
  const { schedule, rl, sft } = run.config.value;
  const done = stepsDone(run);
  if (run.kind === "sft") return Math.max(done, sft.steps);
  const ahead = schedule.cycle * (Math.ceil(done / schedule.cycle) + CYCLES_AHEAD);
  return Math.max(done, Math.min(rl.steps, ahead, done + MOST_AHEAD));
}

/** What the budget did in each step, and will do until `end` by the schedule as it is set now. */
export function spansOf(run: RunView, end: number): Span[] {
  if (run.kind === "sft") return [];
  const spans: { -readonly [K in keyof Span]: Span[K] }[] = [];
  const add = (step: number, phase: Span["phase"], cycle: number) => {
    const last = spans.at(-1);
    if (last?.phase === phase && last.cycle === cycle) last.end = step + 1;
    else spans.push({ phase, cycle, begin: step, end: step + 1 });
  };
  for (const { step, phase, cycle } of run.steps) add(step, phase, cycle);
  const { schedule } = run.config.value;
  for (let step = stepsDone(run); step < end; step++) {
    const { phase, cycle } = phaseAt(schedule, step);
    add(step, phase, cycle);
  }
  return spans;
}

/** The settings that were changed while the run was under way. */
export function marksOf({ markers }: RunView): Mark[] {
  return markers.map(({ step, changes }) => ({
    step,
    text: changes.map(({ path, from, to }) => `${path} ${showValue(from)} → ${showValue(to)}`).join(", "),
  }));
}

/** What is written above a phase, in its middle. */
export interface PhaseLabel {
  readonly x: number;
  readonly text: string;
}

/**
 * The names of the phases, above a plot; triangles that point where the budget goes, where there is no room for each name. A phase
 * too short even for that has none, and neither has the last one if it is cut short.
 * @param widthOf pixels that a text takes.
 * @param pixel a CSS pixel in those pixels.
 */
export function phaseLabels(
  spans: readonly Span[],
  x: (step: number) => number,
  names: Readonly<Record<Span["phase"], string>>,
  widthOf: (text: string) => number,
  pixel: number,
): PhaseLabel[] {
  const roomOf = ({ begin, end }: Span) => x(end) - x(begin);
  const fits = (span: Span) => widthOf(names[span.phase]) + 4 * pixel < roomOf(span);
  const hasNames = spans.slice(0, -1).every((span) => span.phase === "hold" || fits(span));
  return spans.flatMap((span) => {
    const text = hasNames || span.phase === "hold" ? names[span.phase] : ARROWS[span.phase];
    if (widthOf(text) + 2 * pixel > roomOf(span)) return [];
    return [{ x: (x(span.begin) + x(span.end)) / 2, text }];
  });
}

const ARROWS = { compress: "▼", expand: "▲" };
