import { type Lag, lagOfLengths, mean } from "../../rl/statistics.ts";
import type { Curve, EvalColumn, StepColumn } from "../rows.ts";
import { type Estimate, estimate } from "./seeds.ts";

/** The end of a phase of a cyclic schedule. A cycle compresses first, in the paper for half of it, and expands in the rest. */
export interface PhaseEnd {
  /** From 1; 0 for the starting policy. */
  readonly cycle: number;
  readonly phase: "start" | "compressed" | "expanded";
  readonly step: number;
}

/** Cycles that were run to their end in every one of these runs, which share their cycle length. */
export function wholeCycles(curves: readonly Curve[]): number {
  if (curves.length === 0) return 0;
  return Math.min(...curves.map(({ steps, cycle }) => Math.floor(steps.cap.length / cycle)));
}

/** Steps of a cycle in which the cap falls; the checkpoints `low` of recipes are taken behind them. */
export function stepsOfCompression({ cycle, config }: Curve): number {
  return Math.round(config.schedule.compression * cycle);
}

/** The ends of all phases of the whole cycles of these runs, beginning with the start of the first; none where there are none. */
export function phaseEnds(curves: readonly Curve[]): PhaseEnd[] {
  const [first] = curves;
  if (first === undefined) return [];
  const { cycle } = first;
  const ends: PhaseEnd[] = [{ cycle: 0, phase: "start", step: 0 }];
  for (let number = 1; number <= wholeCycles(curves); number++) {
    const begin = cycle * (number - 1);
    ends.push({ cycle: number, phase: "compressed", step: begin + stepsOfCompression(first) });
    ends.push({ cycle: number, phase: "expanded", step: begin + cycle });
  }
  return ends;
}

/** What the evaluation at exactly this step measured; null where there was none. */
export function valueAt({ evals }: Curve, column: EvalColumn, step: number): number | null {
  const index = evals.step.indexOf(step);
  return index < 0 ? null : (evals[column][index] ?? null);
}

/** As {@link valueAt}, over seeds. */
export function meanAt(curves: readonly Curve[], column: EvalColumn, step: number): Estimate | null {
  return estimate(curves.map((curve) => valueAt(curve, column, step)));
}

/** Steps at which every one of these runs was evaluated. */
export function sharedSteps(curves: readonly Curve[]): number[] {
  const [first, ...others] = curves.map((curve) => curve.evals.step.filter((step) => step !== null));
  return (first ?? []).filter((step) => others.every((steps) => steps.includes(step)));
}

/** A number for each phase of one kind: from its value at the beginning and at the end. Null where one is not known. */
export function changes(
  curve: Curve,
  column: EvalColumn,
  phase: "compressed" | "expanded",
  combine: (begin: number, end: number) => number,
  firstCycle = 1,
): (number | null)[] {
  const ends = phaseEnds([curve]);
  return ends.flatMap((end, index) => {
    if (end.phase !== phase || end.cycle < firstCycle) return [];
    const [before, after] = [ends[index - 1]!.step, end.step].map((step) => valueAt(curve, column, step));
    return [before == null || after == null ? null : combine(before, after)];
  });
}

/** The mean of values that are all known; null where one is not, or there are none. */
export function meanOfAll(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === values.length ? mean(known) : null;
}

/** How measured lengths follow the cap, in steps. */
export interface CurveLag {
  /** Of the lengths in training, step by step; a response there ends at the cap at the latest. */
  readonly training: Lag | null;
  /** Of the lengths at L_max in evaluations, as finely as these are spaced. */
  readonly evaluation: Lag | null;
}

/** Lags up to half a cycle: a periodic cap looks the same after a whole one. Null where nothing follows. */
export function lagOf(curve: Curve): CurveLag {
  return { training: lagOfTraining(curve), evaluation: lagOfEvaluations(curve) };
}

function lagOfTraining({ steps, cycle }: Curve): Lag | null {
  const caps = known(steps.cap);
  const lengths = known(steps.length);
  return caps === null || lengths === null ? null : lagOfLengths(caps, lengths, Math.floor(cycle / 2));
}

/** The cap of an evaluation is that of the step before it, the last one that the policy learnt under. */
function lagOfEvaluations({ steps, evals, cycle }: Curve): Lag | null {
  const lengths = known(evals.length);
  const at = known(evals.step);
  if (lengths === null || at === null || at.length < 2) return null;
  const spacing = at[1]! - at[0]!;
  const isEven = (step: number, index: number) => step === at[0]! + index * spacing;
  // The evaluation at the very end may come early.
  const count = at.every(isEven) ? at.length : at.length - 1;
  const caps = known(at.slice(0, count).map((step) => steps.cap[Math.max(0, step - 1)] ?? null));
  if (caps === null || !at.slice(0, count).every(isEven)) return null;
  const lag = lagOfLengths(caps, lengths.slice(0, count), Math.floor(cycle / 2 / spacing));
  return lag === null ? null : { ...lag, lag: lag.lag * spacing };
}

function known(values: readonly (number | null)[]): number[] | null {
  const there = values.filter((value) => value !== null);
  return there.length === values.length ? there : null;
}

/** The mean of a column of steps [from, to); null where nothing was measured. */
export function meanBetween({ steps }: Curve, column: StepColumn, from: number, to: number): number | null {
  return mean(steps[column].slice(Math.max(0, from), to).filter((value) => value !== null));
}
