/** The budget as a curve that can be taken hold of: geometry and moves, without any drawing. */
import { exactCapAt, type LengthSchedule, type Stage } from "../../src/rl/length-schedule.ts";

/** What can be dragged. A stage is dragged by its beginning. */
export type Handle = "lmax" | "lmin" | "cycle" | `stage-${number}`;

/** A place on the curve. */
export interface Point {
  readonly step: number;
  readonly cap: number;
}

/** How far handles may go. */
export interface Bounds {
  /** Steps of the run. */
  readonly steps: number;
  /** Tokens of the shortest right answer. */
  readonly shortest: number;
  /** Tokens that the model has room for beside a prompt. */
  readonly longest: number;
}

/** Most points of a drawn curve: more than a screen shows. */
const MOST_POINTS = 800;

/** L(t) at every step of a run; of a long run at evenly spaced ones. */
export function curvePoints(schedule: LengthSchedule, steps: number): Point[] {
  const count = Math.min(steps, MOST_POINTS);
  return Array.from({ length: count }, (_, i) => {
    const step = Math.floor((i * steps) / count);
    return { step, cap: exactCapAt(schedule, step) };
  });
}

/** The curve as an SVG path of steps, since the budget stays as it is during each step. */
export function curvePath(
  points: readonly Point[],
  steps: number,
  place: (point: Point) => { x: number; y: number },
): string {
  const parts = points.map((point, i) => {
    const { x, y } = place(point);
    return i === 0 ? `M${round(x)} ${round(y)}` : `H${round(x)}V${round(y)}`;
  });
  return `${parts.join("")}H${round(place({ step: steps, cap: 0 }).x)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Whether the budget is a list of stages, in place of Lmin, Lmax and a cycle. */
export function hasStages({ kind, stages }: LengthSchedule): boolean {
  return kind === "staged" || (kind === "staircase" && stages.length > 0);
}

/** What can be dragged of a schedule, and where it lies. */
export function handlesOf(schedule: LengthSchedule, { steps }: Pick<Bounds, "steps">): [Handle, Point][] {
  const { kind, lmax, lmin, cycle, stages } = schedule;
  if (hasStages(schedule)) {
    return stages
      .map((stage, i): [Handle, Point] => [`stage-${i}`, stage])
      .filter(([, { step }]) => step <= steps);
  }
  const top: [Handle, Point] = ["lmax", { step: 0, cap: lmax }];
  if (kind === "constant") return [top];
  const low = { step: Math.min(lowestStep(schedule), steps), cap: lmin };
  return [top, ["lmin", low], ["cycle", { step: Math.min(cycle, steps), cap: lmax }]];
}

/** A step of the first cycle at which the budget is smallest. */
function lowestStep({ kind, cycle, compression, alignment }: LengthSchedule): number {
  if (kind === "staircase") return 2 * cycle;
  if (kind === "stair" && alignment === "half") return Math.floor((compression * cycle) / 2);
  return Math.floor(compression * cycle);
}

/** In which directions a handle goes. */
export function axesOf(handle: Handle): { readonly step: boolean; readonly cap: boolean } {
  if (handle === "cycle") return { step: true, cap: false };
  return { step: handle.startsWith("stage-") && handle !== "stage-0", cap: true };
}

/** The schedule with a handle put as near to a place as the rules allow (`checkSchedule`, and room in the model). */
export function moveHandle(
  schedule: LengthSchedule,
  handle: Handle,
  to: Point,
  bounds: Bounds,
): LengthSchedule {
  const { lmax, lmin, kind } = schedule;
  const cap = Math.round(to.cap);
  const step = Math.round(to.step);
  switch (handle) {
    case "lmax":
      return { ...schedule, lmax: clamp(cap, kind === "constant" ? bounds.shortest : lmin, bounds.longest) };
    case "lmin":
      return { ...schedule, lmin: clamp(cap, bounds.shortest, lmax) };
    case "cycle":
      return { ...schedule, cycle: clamp(step, kind === "stair-cosine" ? 4 : 2, bounds.steps) };
    default:
      return moveStage(schedule, Number(handle.slice("stage-".length)), { step, cap }, bounds);
  }
}

function moveStage(
  schedule: LengthSchedule,
  index: number,
  { step, cap }: Point,
  bounds: Bounds,
): LengthSchedule {
  const { stages, lmin, lmax, kind } = schedule;
  const before = stages[index - 1];
  const after = stages[index + 1];
  const falls = kind === "staircase";
  const moved: Stage = {
    step: before === undefined ? 0 : clamp(step, before.step + 1, (after?.step ?? bounds.steps) - 1),
    cap: clamp(
      cap,
      falls && after !== undefined ? after.cap + 1 : lmin,
      falls && before !== undefined ? before.cap - 1 : lmax,
    ),
  };
  return { ...schedule, stages: stages.map((stage, i) => (i === index ? moved : stage)) };
}

/** The schedule with one more stage at its end; as it was where there is no room for one. */
export function addStage(schedule: LengthSchedule, steps: number): LengthSchedule {
  const { stages, lmin, lmax, kind } = schedule;
  const last = stages.at(-1);
  if (last === undefined) return { ...schedule, stages: [{ step: 0, cap: lmax }] };
  const step = Math.round((last.step + steps) / 2);
  const cap = kind === "staircase" ? Math.max(lmin, last.cap - 1) : last.cap;
  if (step <= last.step || (kind === "staircase" && cap >= last.cap)) return schedule;
  return { ...schedule, stages: [...stages, { step, cap }] };
}

/** The schedule without a stage; the first of those that are left begins at step 0. */
export function removeStage(schedule: LengthSchedule, index: number): LengthSchedule {
  const left = schedule.stages.filter((_, i) => i !== index);
  return { ...schedule, stages: left.map((stage, i) => (i === 0 ? { ...stage, step: 0 } : stage)) };
}

/** Another shape; `staged` begins with two stages, so that there is something to take hold of. */
export function withKind(
  schedule: LengthSchedule,
  kind: LengthSchedule["kind"],
  steps: number,
): LengthSchedule {
  const { stages, lmin, lmax } = schedule;
  if (kind !== "staged" || stages.length > 0) return { ...schedule, kind };
  const second = { step: Math.max(1, Math.round(steps / 2)), cap: lmax };
  return { ...schedule, kind, stages: [{ step: 0, cap: lmin }, second] };
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
