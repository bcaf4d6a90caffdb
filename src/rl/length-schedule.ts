import { invalid } from "../errors.ts";

/**
 * Shapes of the budget L(t): the most tokens that a response of step t (from 0) may have. T is `cycle`.
 *
 * - `constant`: L_max throughout; plain GRPO.
 * - `stair`: L_min, then L_max, half a cycle each (SIRI 2509.25176 §4.3; `alignment` says which halves).
 * - `cosine`: L_max at the start of each cycle, L_min in its middle, a cosine between (SIRI §4.3).
 * - `stair-cosine`: the cosine squeezed into two ramps, with a rest at L_max and at L_min between them; rests
 *   and ramps take T/4 each, the rest at L_max being split by the seam of the cycle (SIRI §4.3). Its slope
 *   has no jumps, and its steepest slope is twice that of `cosine`.
 * - `staged`: any list of `stages`, as DeepScaleR trains (8K to step 1040, 16K to step 1520, 24K; its
 *   README). SIRI's baseline DAPO-DeepScaleR-16K is such a list: 8K, and 16K from step 320 (SIRI §5.2).
 * - `staircase`: only ever falling: L_max, (L_max + L_min)/2 and L_min, from steps 0, T and 2T; or falling
 *   `stages`. ThinkPrune (2504.01296) goes 4000, 3000, 2000.
 *
 * Over a cycle the three of SIRI have the same mean, (L_max + L_min)/2; two of them only where T is even and `compression`
 * is ½.
 */
export const SCHEDULE_KINDS = ["constant", "stair", "cosine", "stair-cosine", "staged", "staircase"] as const;

export type ScheduleKind = (typeof SCHEDULE_KINDS)[number];

export interface LengthSchedule {
  readonly kind: ScheduleKind;
  /** Tokens, end token included. L(t) never exceeds it: buffers, evaluation and loss normalisers go by it. */
  readonly lmax: number;
  /** Tokens. `constant` does not read it; L(t) never goes below it otherwise. */
  readonly lmin: number;
  /** T: steps of a cycle; of a tread of `staircase`. */
  readonly cycle: number;
  /**
   * Fraction of a cycle in which the three of SIRI compress; they expand in the rest. In the paper ½: the shapes are those
   * above. With another fraction time runs faster through the one half of the shape and slower through the other.
   */
  readonly compression: number;
  /**
   * Where in a cycle `stair` is low: `half`: [0, T/2), as the paper's text reads; `centred`: [T/4, 3T/4),
   * where the other two of SIRI are below their mean.
   */
  readonly alignment: "half" | "centred";
  /** For `staged` and `staircase`: the cap from each step on. */
  readonly stages: readonly Stage[];
}

export interface Stage {
  readonly step: number;
  readonly cap: number;
}

/**
 * What the budget does to the policy at a step:
 *
 * - `cosine`: compress while the cap falls (first part of a cycle), expand while it rises (the rest).
 * - `stair-cosine`: the same on its ramps; hold on its rests.
 * - kinds that jump: compress on a tread below the one before it, expand on one above it, hold where there
 *   was no jump. Before step 0 the budget counts as L_max, so `stair` compresses in the first half of its
 *   first cycle too.
 * - `constant`: hold.
 *
 * In a phase the cap never moves the other way.
 */
export type Phase = "compress" | "hold" | "expand";

/**
 * When an objective explores: in every phase, or while the budget expands alone, as SIRI's authors propose (2509.25176
 * §A.2: "using entropy bonus or clipping even higher during the expansion stage").
 */
export const EXPLORATIONS = ["every-phase", "expansion"] as const;

export interface SchedulePhase {
  readonly phase: Phase;
  /** Cycles finished before this step; 0 for kinds that do not repeat. */
  readonly cycle: number;
  /** Fraction of the cycle that lies behind, in [0, 1); 0 for kinds that do not repeat. */
  readonly progress: number;
}

/**
 * The cap at a step (from 0: the first update uses L(0)), to the nearest whole token, halves upwards. A
 * function of the schedule and the step alone, so a resumed run needs no state of it.
 * @throws BellowsError `input-invalid` where the step is not a whole number from 0.
 */
export function capAt(schedule: LengthSchedule, step: number): number {
  return Math.round(exactCapAt(schedule, step));
}

/** The cap before rounding; in [L_min, L_max] without clamping, as no rounding error leads out of it. */
export function exactCapAt(schedule: LengthSchedule, step: number): number {
  checkStep(step);
  const { lmax, lmin, cycle } = schedule;
  const position = shapePosition(schedule, step);
  // With a compression of ½ all is decided on whole numbers: ends of ramps and treads are exact, a cycle is symmetric to the bit.
  const toSeam = Math.min(position, cycle - position);
  switch (schedule.kind) {
    case "constant":
      return lmax;
    case "stair":
      return isLowTread(schedule, position) ? lmin : lmax;
    case "cosine":
      return halfCosine(schedule, (2 * toSeam) / cycle);
    case "stair-cosine": {
      // The ramp runs from T/8 to 3T/8. In the paper's angles: 2(φ − π/4) = π · (8t − T) / 2T.
      const ramp = (8 * toSeam - cycle) / (2 * cycle);
      return halfCosine(schedule, Math.min(Math.max(ramp, 0), 1));
    }
    case "staged":
    case "staircase":
      return currentStages(schedule, step).cap;
  }
}

/** Where in its shape a cycle is, from 0 to T: compression takes the first half of it, however many steps that is. */
function shapePosition({ cycle, compression }: LengthSchedule, step: number): number {
  const position = step % cycle;
  const turn = compression * cycle;
  if (position < turn) return position / (2 * compression);
  return cycle / 2 + (position - turn) / (2 * (1 - compression));
}

/** From L_max at x = 0 to L_min at x = 1. */
function halfCosine({ lmax, lmin }: LengthSchedule, x: number): number {
  return (lmax + lmin) / 2 + ((lmax - lmin) / 2) * Math.cos(Math.PI * x);
}

function isLowTread({ alignment, cycle }: LengthSchedule, position: number): boolean {
  if (alignment === "half") return 2 * position < cycle;
  return 4 * position >= cycle && 4 * position < 3 * cycle;
}

/** The stages of `staged` and `staircase`. */
export function stagesOf({ kind, stages, lmax, lmin, cycle }: LengthSchedule): readonly Stage[] {
  if (kind === "staged" || stages.length > 0) return stages;
  return [
    { step: 0, cap: lmax },
    { step: cycle, cap: (lmax + lmin) / 2 },
    { step: 2 * cycle, cap: lmin },
  ];
}

/** The cap of the stage that a step is in, and of the one before it. */
function currentStages(schedule: LengthSchedule, step: number): { cap: number; before: number } {
  const stages = stagesOf(schedule);
  const index = stages.findLastIndex((stage) => stage.step <= step);
  return { cap: stages[index]!.cap, before: stages[index - 1]?.cap ?? schedule.lmax };
}

/** Whether a stage of `staged` or `staircase` begins at a step; the first one, at step 0, begins with the run. */
export function startsStage(schedule: LengthSchedule, step: number): boolean {
  if (schedule.kind !== "staged" && schedule.kind !== "staircase") return false;
  return step > 0 && stagesOf(schedule).some((stage) => stage.step === step);
}

/** The phase at a step; see `Phase` for what each kind calls so. */
export function phaseAt(schedule: LengthSchedule, step: number): SchedulePhase {
  checkStep(step);
  const { kind, cycle } = schedule;
  if (kind === "constant") return { phase: "hold", cycle: 0, progress: 0 };
  if (kind === "staged" || kind === "staircase") {
    const { cap, before } = currentStages(schedule, step);
    const phase = cap < before ? "compress" : cap > before ? "expand" : "hold";
    return { phase, cycle: 0, progress: 0 };
  }
  const at = { cycle: Math.floor(step / cycle), progress: (step % cycle) / cycle };
  const position = shapePosition(schedule, step);
  switch (kind) {
    case "stair": {
      if (isLowTread(schedule, position)) return { phase: "compress", ...at };
      const isBeforeFirstFall = schedule.alignment === "centred" && at.cycle === 0 && 4 * position < cycle;
      return { phase: isBeforeFirstFall ? "hold" : "expand", ...at };
    }
    case "cosine":
      return { phase: 2 * position < cycle ? "compress" : "expand", ...at };
    case "stair-cosine": {
      const eighths = 8 * position;
      if (eighths < cycle || eighths >= 7 * cycle) return { phase: "hold", ...at };
      if (eighths < 3 * cycle) return { phase: "compress", ...at };
      return { phase: eighths < 5 * cycle ? "hold" : "expand", ...at };
    }
  }
}

/** The largest cap that the schedule ever gives. */
export function largestCap(schedule: LengthSchedule): number {
  if (schedule.kind !== "staged" && schedule.kind !== "staircase") return schedule.lmax;
  return Math.max(...stagesOf(schedule).map((stage) => stage.cap));
}

/** The smallest cap of the first `steps` steps: where to look for truncated responses before a run begins. */
export function smallestCap(schedule: LengthSchedule, steps: number): number {
  let smallest = capAt(schedule, 0);
  for (let step = 1; step < steps; step++) smallest = Math.min(smallest, capAt(schedule, step));
  return smallest;
}

/**
 * Checks a schedule; the other functions here take one that passed.
 * @throws BellowsError `config-invalid` naming the field, its value and what would be right.
 */
export function checkSchedule(schedule: LengthSchedule): void {
  const { kind, lmax, lmin, cycle, stages, compression } = schedule;
  if (!SCHEDULE_KINDS.includes(kind)) throw wrong("kind", kind, `one of ${SCHEDULE_KINDS.join(", ")}`);
  if (!isWhole(lmax, 1)) throw wrong("lmax", lmax, "a whole number of tokens from 1");
  if (kind === "constant") return;

  if (!isWhole(lmin, 1)) throw wrong("lmin", lmin, "a whole number of tokens from 1");
  if (lmin > lmax) throw wrong("lmin", lmin, `at most schedule.lmax (${lmax})`);
  if (kind === "staged" && stages.length === 0) throw wrong("stages", "empty", "a list of (step, cap)");
  if (kind === "staged" || (kind === "staircase" && stages.length > 0)) {
    checkStages(schedule);
    return;
  }
  const shortest = kind === "stair-cosine" ? 4 : 2; // a step for each phase
  if (!isWhole(cycle, shortest)) throw wrong("cycle", cycle, `a whole number of steps from ${shortest}`);
  if (kind === "staircase") return;
  const least = shortest / 2;
  const turn = compression * cycle;
  if (!(turn >= least && cycle - turn >= least)) {
    const right = `a fraction that leaves compression and expansion ${least} of the ${cycle} steps at least`;
    throw wrong("compression", compression, right);
  }
  if (kind === "stair" && schedule.alignment !== "half" && schedule.alignment !== "centred") {
    throw wrong("alignment", schedule.alignment, "half or centred");
  }
}

function checkStages({ kind, stages, lmax, lmin }: LengthSchedule): void {
  for (const [index, { step, cap }] of stages.entries()) {
    const name = `stages[${index}]`;
    const before = stages[index - 1];
    if (before === undefined && step !== 0) throw wrong(`${name}.step`, step, "0, as a run begins there");
    if (!isWhole(step, 0)) throw wrong(`${name}.step`, step, "a whole number of steps");
    if (before !== undefined && step <= before.step) {
      throw wrong(`${name}.step`, step, `later than the stage before it (${before.step})`);
    }
    if (!isWhole(cap, lmin) || cap > lmax) {
      throw wrong(
        `${name}.cap`,
        cap,
        `a whole number from schedule.lmin (${lmin}) to schedule.lmax (${lmax})`,
      );
    }
    if (kind === "staircase" && before !== undefined && cap >= before.cap) {
      throw wrong(`${name}.cap`, cap, `below the stage before it (${before.cap}), as a staircase only falls`);
    }
  }
}

function isWhole(value: number, least: number): boolean {
  return Number.isSafeInteger(value) && value >= least;
}

function checkStep(step: number): void {
  if (!isWhole(step, 0)) throw invalid("input-invalid", "step", step, "a whole number from 0");
}

function wrong(field: string, value: unknown, right: string) {
  return invalid("config-invalid", `schedule.${field}`, value, right);
}
