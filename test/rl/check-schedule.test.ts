import { describe, expect, test } from "vitest";
import {
  capAt,
  checkSchedule,
  exactCapAt,
  type LengthSchedule,
  phaseAt,
} from "../../src/rl/length-schedule.ts";

const TOY: LengthSchedule = {
  kind: "cosine",
  lmax: 80,
  lmin: 40,
  cycle: 160,
  compression: 0.5,
  alignment: "half",
  stages: [],
};

describe("checkSchedule", () => {
  const stages = (...list: [step: number, cap: number][]) => list.map(([step, cap]) => ({ step, cap }));

  test.each<{ name: string; change: object; field: string; message: string }>([
    { name: "an unknown kind", change: { kind: "sine" }, field: "kind", message: "kind is sine" },
    { name: "lmin above lmax", change: { lmin: 81 }, field: "lmin", message: "at most schedule.lmax (80)" },
    { name: "a fractional lmax", change: { lmax: 80.5 }, field: "lmax", message: "lmax is 80.5" },
    { name: "lmax NaN", change: { lmax: Number.NaN }, field: "lmax", message: "lmax is NaN" },
    { name: "lmin 0", change: { lmin: 0 }, field: "lmin", message: "from 1" },
    { name: "lmin NaN", change: { lmin: Number.NaN }, field: "lmin", message: "lmin is NaN" },
    { name: "a cycle of 1", change: { cycle: 1 }, field: "cycle", message: "steps from 2" },
    {
      name: "a stair-cosine of 3 steps",
      change: { kind: "stair-cosine", cycle: 3 },
      field: "cycle",
      message: "from 4",
    },
    {
      name: "all compression",
      change: { compression: 1 },
      field: "compression",
      message: "leaves compression and expansion 1 of the 160 steps at least",
    },
    { name: "a fractional cycle", change: { cycle: 2.5 }, field: "cycle", message: "cycle is 2.5" },
    {
      name: "a cycle of a staircase",
      change: { kind: "staircase", cycle: 0 },
      field: "cycle",
      message: "is 0",
    },
    {
      name: "an unknown alignment",
      change: { kind: "stair", alignment: "left" },
      field: "alignment",
      message: "half or centred",
    },
    { name: "no stages", change: { kind: "staged" }, field: "stages", message: "stages is empty" },
    {
      name: "a late first stage",
      change: { kind: "staged", stages: stages([1, 40]) },
      field: "stages[0].step",
      message: "must be 0",
    },
    {
      name: "stages out of order",
      change: { kind: "staged", stages: stages([0, 40], [9, 50], [9, 60]) },
      field: "stages[2].step",
      message: "later than the stage before it (9)",
    },
    {
      name: "a stage at half a step",
      change: { kind: "staged", stages: stages([0, 40], [1.5, 50]) },
      field: "stages[1].step",
      message: "is 1.5",
    },
    {
      name: "a stage above lmax",
      change: { kind: "staged", stages: stages([0, 40], [9, 81]) },
      field: "stages[1].cap",
      message: "from schedule.lmin (40) to schedule.lmax (80)",
    },
    {
      name: "a stage below lmin",
      change: { kind: "staged", stages: stages([0, 39]) },
      field: "stages[0].cap",
      message: "is 39",
    },
    {
      name: "a fractional cap",
      change: { kind: "staged", stages: stages([0, 40.5]) },
      field: "stages[0].cap",
      message: "is 40.5",
    },
    {
      name: "a rising staircase",
      change: { kind: "staircase", stages: stages([0, 60], [9, 50], [19, 55]) },
      field: "stages[2].cap",
      message: "below the stage before it (50)",
    },
    {
      name: "a level staircase",
      change: { kind: "staircase", stages: stages([0, 60], [9, 60]) },
      field: "stages[1].cap",
      message: "only falls",
    },
  ])("refuses $name", ({ change, field, message }) => {
    expect(() => checkSchedule({ ...TOY, ...change } as LengthSchedule)).toThrow(
      expect.objectContaining({
        code: "config-invalid",
        field: `schedule.${field}`,
        message: expect.stringContaining(message),
      }),
    );
  });

  test.each<Partial<LengthSchedule>>([
    { kind: "constant", lmin: 99, cycle: 0 },
    { kind: "staged", cycle: 0, stages: stages([0, 60]) },
    { kind: "staircase", cycle: 0, stages: stages([0, 60], [9, 50]) },
    { kind: "cosine", lmin: 80, cycle: 2 },
  ])("does not ask for what the kind does not read: %o", (change) => {
    expect(() => checkSchedule({ ...TOY, ...change })).not.toThrow();
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])("a step of %d is refused", (step) => {
    for (const lookUp of [capAt, exactCapAt, phaseAt]) {
      expect(() => lookUp(TOY, step)).toThrow(
        expect.objectContaining({ code: "input-invalid", field: "step" }),
      );
    }
  });
});
