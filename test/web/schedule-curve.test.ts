import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { capAt, checkSchedule, type LengthSchedule, SCHEDULE_KINDS } from "../../src/rl/length-schedule.ts";
import {
  addStage,
  curvePath,
  curvePoints,
  type Handle,
  handlesOf,
  moveHandle,
  removeStage,
  withKind,
} from "../../web/panels/schedule-curve.ts";

const BOUNDS = { steps: 320, shortest: 16, longest: 200 };

const COSINE: LengthSchedule = {
  kind: "cosine",
  lmax: 80,
  lmin: 40,
  cycle: 160,
  compression: 0.5,
  alignment: "half",
  stages: [],
};

const STAIRCASE: LengthSchedule = {
  ...COSINE,
  kind: "staircase",
  stages: [
    { step: 0, cap: 80 },
    { step: 100, cap: 60 },
    { step: 200, cap: 40 },
  ],
};

describe("the curve", () => {
  test("has a point for each step of a short run, and a bound on those of a long one", () => {
    const points = curvePoints(COSINE, 320);
    expect(points).toHaveLength(320);
    expect(points[80]).toEqual({ step: 80, cap: 40 });
    expect(curvePoints(COSINE, 1_000_000).length).toBeLessThanOrEqual(800);
  });

  test("is a path of steps to the end of the run", () => {
    const place = ({ step, cap }: { step: number; cap: number }) => ({ x: step, y: 100 - cap });
    const stair: LengthSchedule = { ...COSINE, kind: "stair", cycle: 2 };
    expect(curvePath(curvePoints(stair, 3), 3, place)).toBe("M0 60H1V20H2V60H3");
  });
});

describe("handles", () => {
  test.each(SCHEDULE_KINDS)("of %s lie on the curve", (kind) => {
    const schedule = withKind({ ...COSINE, kind: "cosine" }, kind, BOUNDS.steps);
    for (const [handle, { step, cap }] of handlesOf(schedule, BOUNDS)) {
      if (handle === "cycle" || (kind === "stair" && handle === "lmax")) continue;
      expect(capAt(schedule, Math.min(step, BOUNDS.steps)), handle).toBe(cap);
    }
  });

  test("stay within what the schedule allows", () => {
    expect(moveHandle(COSINE, "lmax", { step: 0, cap: 12 }, BOUNDS).lmax).toBe(40);
    expect(moveHandle(COSINE, "lmax", { step: 0, cap: 999 }, BOUNDS).lmax).toBe(200);
    expect(moveHandle(COSINE, "lmin", { step: 0, cap: 3 }, BOUNDS).lmin).toBe(16);
    expect(moveHandle(COSINE, "lmin", { step: 0, cap: 99.6 }, BOUNDS).lmin).toBe(80);
    expect(moveHandle(COSINE, "cycle", { step: 0, cap: 0 }, BOUNDS).cycle).toBe(2);
    expect(moveHandle(COSINE, "cycle", { step: 77.4, cap: 0 }, BOUNDS).cycle).toBe(77);
  });

  test("of stages do not pass each other, and those of a staircase only fall", () => {
    const moved = moveHandle(STAIRCASE, "stage-1", { step: 400, cap: 99 }, BOUNDS);
    expect(moved.stages[1]).toEqual({ step: 199, cap: 79 });
    expect(moveHandle(STAIRCASE, "stage-0", { step: 50, cap: 70 }, BOUNDS).stages[0]).toEqual({
      step: 0,
      cap: 70,
    });
  });

  test("any move of any handle leaves a schedule that passes its check", () => {
    const handles: readonly (readonly [LengthSchedule, Handle])[] = [
      ...SCHEDULE_KINDS.slice(0, 4).flatMap((kind) =>
        handlesOf({ ...COSINE, kind }, BOUNDS).map(
          ([handle]) => [{ ...COSINE, kind }, handle] as [LengthSchedule, Handle],
        ),
      ),
      ...(["stage-0", "stage-1", "stage-2"] as const).map((handle) => [STAIRCASE, handle] as const),
    ];
    const place = fc.record({ step: fc.double({ min: -1e4, max: 1e4, noNaN: true }), cap: fc.integer() });
    fc.assert(
      fc.property(fc.constantFrom(...handles), place, ([schedule, handle], to) => {
        checkSchedule(moveHandle(schedule, handle, to, BOUNDS));
      }),
    );
  });
});

describe("stages", () => {
  test("are added behind the last and removed anywhere", () => {
    const more = addStage(STAIRCASE, 320);
    expect(more).toBe(STAIRCASE); // it cannot fall any further
    const staged = addStage({ ...STAIRCASE, kind: "staged" }, 320);
    expect(staged.stages.at(-1)).toEqual({ step: 260, cap: 40 });
    checkSchedule(staged);
    expect(removeStage(staged, 0).stages[0]).toEqual({ step: 0, cap: 60 });
  });

  test("are there at once where the shape needs them", () => {
    const staged = withKind(COSINE, "staged", 320);
    checkSchedule(staged);
    expect(staged.stages).toEqual([
      { step: 0, cap: 40 },
      { step: 160, cap: 80 },
    ]);
  });
});
