import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  capAt,
  checkSchedule,
  exactCapAt,
  type LengthSchedule,
  largestCap,
  phaseAt,
  SCHEDULE_KINDS,
  smallestCap,
} from "../../src/rl/length-schedule.ts";

/** SIRI's headline run. */
const SIRI: LengthSchedule = {
  kind: "cosine",
  lmax: 16384,
  lmin: 8192,
  cycle: 640,
  compression: 0.5,
  alignment: "half",
  stages: [],
};

const TOY: LengthSchedule = { ...SIRI, lmax: 80, lmin: 40, cycle: 160 };

const DEEPSCALER: LengthSchedule = {
  ...SIRI,
  kind: "staged",
  lmax: 24576,
  stages: [
    { step: 0, cap: 8192 },
    { step: 1040, cap: 16384 },
    { step: 1520, cap: 24576 },
  ],
};

function capsOf(schedule: LengthSchedule, steps: number): number[] {
  return Array.from({ length: steps }, (_, step) => capAt(schedule, step));
}

function runs<T>(values: readonly T[]): { value: T; length: number }[] {
  const found: { value: T; length: number }[] = [];
  for (const value of values) {
    if (found.at(-1)?.value === value) found.at(-1)!.length += 1;
    else found.push({ value, length: 1 });
  }
  return found;
}

describe("the shapes of SIRI", () => {
  // L at t/T = 0, 1/8, … 1 with L_max 16384 and L_min 8192: the formulas of 2509.25176 §4.3 at those points.
  const TABLE = {
    cosine: [16384, 15184, 12288, 9392, 8192, 9392, 12288, 15184, 16384],
    "stair-cosine": [16384, 16384, 12288, 8192, 8192, 8192, 12288, 16384, 16384],
    stair: [8192, 8192, 8192, 8192, 16384, 16384, 16384, 16384, 8192],
  } as const;
  const kinds = Object.keys(TABLE) as (keyof typeof TABLE)[];

  test.each(kinds.flatMap((kind) => [640, 480, 8, 8_000_000].map((cycle) => ({ kind, cycle }))))(
    "$kind at the eighths of a cycle of $cycle steps",
    ({ kind, cycle }) => {
      const caps = TABLE[kind].map((_, eighth) => capAt({ ...SIRI, kind, cycle }, (eighth * cycle) / 8));
      expect(caps).toEqual(TABLE[kind]);
    },
  );

  test.each([
    { alignment: "half", low: [0, 1, 2, 3] },
    { alignment: "centred", low: [2, 3, 4, 5] },
  ] as const)("stair ($alignment) of 7 steps is low at $low", ({ alignment, low }) => {
    const caps = capsOf({ ...TOY, kind: "stair", alignment, cycle: 7 }, 7);
    expect([...caps.keys()].filter((step) => caps[step] === 40)).toEqual(low);
  });

  test("a centred stair is low where the cosine is below its mean", () => {
    const caps = runs(capsOf({ ...TOY, kind: "stair", alignment: "centred" }, 160));
    expect(caps).toEqual([
      { value: 80, length: 40 },
      { value: 40, length: 80 },
      { value: 80, length: 40 },
    ]);
  });

  /** The paper's formulas as printed, branch by branch. */
  function printed(kind: "cosine" | "stair-cosine", { lmax, lmin, cycle }: LengthSchedule, step: number) {
    const a = (lmax + lmin) / 2;
    const b = (lmax - lmin) / 2;
    const phi = (2 * Math.PI * (step % cycle)) / cycle;
    if (kind === "cosine") return a + b * Math.cos(phi);
    if (phi < Math.PI / 4 || phi >= (7 * Math.PI) / 4) return lmax;
    if (phi < (3 * Math.PI) / 4) return a + b * Math.cos(2 * (phi - Math.PI / 4));
    if (phi < (5 * Math.PI) / 4) return lmin;
    return a + b * Math.cos(2 * (phi - (3 * Math.PI) / 4));
  }

  test.each(["cosine", "stair-cosine"] as const)("%s follows the printed formulas, any cycle", (kind) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 2000 }),
        fc.nat(10_000),
        fc.integer({ min: 1, max: 200 }),
        fc.nat(1000),
        (cycle, step, lmin, range) => {
          const schedule = { ...SIRI, kind, cycle, lmin, lmax: lmin + range };
          expect(exactCapAt(schedule, step)).toBeCloseTo(printed(kind, schedule, step), 8);
        },
      ),
    );
  });

  test.each(["cosine", "stair-cosine"] as const)(
    "a cycle of %s is the same backwards, to the bit",
    (kind) => {
      for (const cycle of [7, 160, 641]) {
        const schedule = { ...SIRI, kind, cycle };
        for (let step = 1; step < cycle; step++) {
          expect(exactCapAt(schedule, step)).toBe(exactCapAt(schedule, cycle - step));
        }
      }
    },
  );

  test.each([640, 641, 643, 160])("stair-cosine has no jump in value or slope, cycle %i", (cycle) => {
    const schedule: LengthSchedule = { ...SIRI, kind: "stair-cosine", cycle };
    const amplitude = (SIRI.lmax - SIRI.lmin) / 2;
    const frequency = (4 * Math.PI) / cycle;
    for (let step = 1; step <= 2 * cycle; step++) {
      const [before, here, after] = [step - 1, step, step + 1].map((at) => exactCapAt(schedule, at));
      expect(Math.abs(after! - here!)).toBeLessThanOrEqual(amplitude * frequency);
      // A jump of the slope would be of the order of 1/T here; curvature alone leaves 1/T².
      expect(Math.abs(after! - 2 * here! + before!)).toBeLessThanOrEqual(1.0001 * amplitude * frequency ** 2);
    }
  });

  test("the steepest slope of stair-cosine is twice that of cosine: 80 and 40 tokens a step", () => {
    const steepest = (kind: "cosine" | "stair-cosine") =>
      Math.max(
        ...Array.from({ length: 640 }, (_, step) =>
          Math.abs(exactCapAt({ ...SIRI, kind }, step + 1) - exactCapAt({ ...SIRI, kind }, step)),
        ),
      );
    expect(steepest("cosine")).toBeCloseTo(40.2, 1);
    expect(steepest("stair-cosine")).toBeCloseTo(80.4, 1);
  });

  test.each([
    { kind: "cosine", steps: 199 },
    { kind: "stair-cosine", steps: 259 },
  ] as const)("$kind is below 10K for $steps of 640 steps", ({ kind, steps }) => {
    expect(capsOf({ ...SIRI, kind }, 640).filter((cap) => cap < 10_000)).toHaveLength(steps);
  });

  test.each([
    { kind: "cosine", alignment: "half", cycles: [2, 3, 7, 160, 640, 641] },
    { kind: "stair-cosine", alignment: "half", cycles: [2, 6, 10, 160, 640] },
    { kind: "stair", alignment: "half", cycles: [2, 6, 10, 160, 640] },
    { kind: "stair", alignment: "centred", cycles: [2, 6, 10, 160, 640] },
  ] as const)("mean cap of $kind ($alignment) over a cycle", ({ kind, alignment, cycles }) => {
    for (const cycle of cycles) {
      const schedule = { ...SIRI, kind, alignment, cycle };
      let sum = 0;
      for (let step = 0; step < cycle; step++) sum += exactCapAt(schedule, step);
      expect(sum / cycle, `cycle ${cycle}`).toBeCloseTo(12288, 7);
    }
  });
});

describe("the prototype's schedule, step by step", () => {
  // Printed by `sched` of the prototype (toy.py) under Python 3, with T 160, Lmin 40, Lmax 80.
  const COS = [
    80, 80, 80, 80, 80, 80, 79, 79, 79, 79, 78, 78, 78, 77, 77, 77, 76, 76, 75, 75, 74, 74, 73, 72, 72, 71,
    70, 70, 69, 68, 68, 67, 66, 65, 65, 64, 63, 62, 62, 61, 60, 59, 58, 58, 57, 56, 55, 55, 54, 53, 52, 52,
    51, 50, 50, 49, 48, 48, 47, 46, 46, 45, 45, 44, 44, 43, 43, 43, 42, 42, 42, 41, 41, 41, 41, 40, 40, 40,
    40, 40, 40, 40, 40, 40, 40, 40, 41, 41, 41, 41, 42, 42, 42, 43, 43, 43, 44, 44, 45, 45, 46, 46, 47, 48,
    48, 49, 50, 50, 51, 52, 52, 53, 54, 55, 55, 56, 57, 58, 58, 59, 60, 61, 62, 62, 63, 64, 65, 65, 66, 67,
    68, 68, 69, 70, 70, 71, 72, 72, 73, 74, 74, 75, 75, 76, 76, 77, 77, 77, 78, 78, 78, 79, 79, 79, 79, 80,
    80, 80, 80, 80,
  ];
  const STAIRCOS = [
    80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 79, 79, 78,
    78, 77, 76, 75, 74, 73, 72, 70, 69, 68, 66, 65, 63, 62, 60, 58, 57, 55, 54, 52, 51, 50, 48, 47, 46, 45,
    44, 43, 42, 42, 41, 41, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40,
    40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 41,
    41, 42, 42, 43, 44, 45, 46, 47, 48, 50, 51, 52, 54, 55, 57, 58, 60, 62, 63, 65, 66, 68, 69, 70, 72, 73,
    74, 75, 76, 77, 78, 78, 79, 79, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80,
    80, 80, 80, 80,
  ];
  const STAIR = [...new Array<number>(80).fill(40), ...new Array<number>(80).fill(80)];

  test.each([
    { name: "cos", kind: "cosine", caps: COS },
    { name: "staircos", kind: "stair-cosine", caps: STAIRCOS },
    { name: "stair", kind: "stair", caps: STAIR },
  ] as const)("$name", ({ kind, caps }) => {
    expect(capsOf({ ...TOY, kind }, 3 * 160)).toEqual([...caps, ...caps, ...caps]);
  });

  test("two: 40 for 80 steps, then 80", () => {
    const stages = [
      { step: 0, cap: 40 },
      { step: 80, cap: 80 },
    ];
    expect(runs(capsOf({ ...TOY, kind: "staged", stages }, 480))).toEqual([
      { value: 40, length: 80 },
      { value: 80, length: 400 },
    ]);
  });

  test("fixed", () => {
    expect(runs(capsOf({ ...TOY, kind: "constant", cycle: 0 }, 480))).toEqual([{ value: 80, length: 480 }]);
  });
});

describe("compression and expansion of different lengths", () => {
  const turnAt = (kind: LengthSchedule["kind"], compression: number) => ({ ...TOY, kind, compression });

  test.each(["cosine", "stair-cosine", "stair"] as const)(
    "%s: the shape of the paper at another pace",
    (kind) => {
      const [plain, slow] = [turnAt(kind, 0.5), turnAt(kind, 0.25)];
      for (let step = 0; step < 40; step++) expect(exactCapAt(slow, step)).toBe(exactCapAt(plain, 2 * step));
      for (let step = 40; step < 160; step++) {
        const atPace = (kind === "stair" ? Math.floor : (x: number) => x)(80 + (step - 40) / 1.5);
        if (Number.isInteger(atPace))
          expect(exactCapAt(slow, step)).toBeCloseTo(exactCapAt(plain, atPace), 9);
      }
    },
  );

  test("the phases turn where compression ends, cycle after cycle", () => {
    const schedule = turnAt("cosine", 0.3);
    for (const begin of [0, 160, 320]) {
      expect(phaseAt(schedule, begin + 47).phase).toBe("compress");
      expect(phaseAt(schedule, begin + 48)).toEqual({ phase: "expand", cycle: begin / 160, progress: 0.3 });
      expect(capAt(schedule, begin + 48)).toBe(40);
      expect(capAt(schedule, begin + 159)).toBe(80);
    }
  });
});

describe("stages", () => {
  test("DeepScaleR: 8K, 16K from step 1040, 24K from step 1520", () => {
    expect(runs(capsOf(DEEPSCALER, 1800))).toEqual([
      { value: 8192, length: 1040 },
      { value: 16384, length: 480 },
      { value: 24576, length: 280 },
    ]);
  });

  test("ThinkPrune: 4000, 3000, 2000, and 2000 for ever", () => {
    const schedule: LengthSchedule = { ...SIRI, kind: "staircase", lmax: 4000, lmin: 2000, cycle: 180 };
    expect(runs(capsOf(schedule, 1000))).toEqual([
      { value: 4000, length: 180 },
      { value: 3000, length: 180 },
      { value: 2000, length: 640 },
    ]);
  });

  test("a staircase with treads of its own", () => {
    const stages = [
      { step: 0, cap: 70 },
      { step: 5, cap: 60 },
      { step: 15, cap: 55 },
    ];
    expect(runs(capsOf({ ...TOY, kind: "staircase", stages }, 20))).toEqual([
      { value: 70, length: 5 },
      { value: 60, length: 10 },
      { value: 55, length: 5 },
    ]);
  });

  test("the middle tread is rounded, halves upwards", () => {
    expect(capAt({ ...TOY, kind: "staircase", lmax: 81, cycle: 10 }, 10)).toBe(61);
  });
});

describe("phases", () => {
  test("the markers of SIRI: the paper's ends of phases for T = 640", () => {
    expect(phaseAt(SIRI, 1279)).toEqual({ phase: "expand", cycle: 1, progress: 639 / 640 });
    expect(phaseAt(SIRI, 1280)).toEqual({ phase: "compress", cycle: 2, progress: 0 });
    expect(phaseAt(SIRI, 1599).phase).toBe("compress");
    expect(phaseAt(SIRI, 1600)).toEqual({ phase: "expand", cycle: 2, progress: 0.5 });
    expect(phaseAt(SIRI, 1919).phase).toBe("expand");
  });

  const phases = (schedule: LengthSchedule, steps: number) =>
    runs(Array.from({ length: steps }, (_, step) => phaseAt(schedule, step).phase)).map(
      ({ value, length }) => `${value} ${length}`,
    );

  test.each<{ name: string; schedule: Partial<LengthSchedule>; expected: string[] }>([
    { name: "constant", schedule: { kind: "constant" }, expected: ["hold 320"] },
    {
      name: "cosine",
      schedule: { kind: "cosine" },
      expected: ["compress 80", "expand 80", "compress 80", "expand 80"],
    },
    {
      name: "stair-cosine",
      schedule: { kind: "stair-cosine" },
      expected: ["hold 20", "compress 40", "hold 40", "expand 40", "hold 40"].concat(
        ["compress 40", "hold 40", "expand 40", "hold 20"], // the rest at L_max goes across the seam
      ),
    },
    {
      name: "stair",
      schedule: { kind: "stair" },
      expected: ["compress 80", "expand 80", "compress 80", "expand 80"],
    },
    {
      name: "centred stair",
      schedule: { kind: "stair", alignment: "centred" },
      expected: ["hold 40", "compress 80", "expand 80", "compress 80", "expand 40"],
    },
    {
      name: "staircase",
      schedule: { kind: "staircase" },
      expected: ["hold 160", "compress 160"],
    },
    {
      name: "staged",
      schedule: {
        kind: "staged",
        stages: [
          { step: 0, cap: 40 },
          { step: 100, cap: 80 },
          { step: 200, cap: 80 },
        ],
      },
      expected: ["compress 100", "expand 100", "hold 120"],
    },
  ])("$name over 320 steps", ({ schedule, expected }) => {
    expect(phases({ ...TOY, ...schedule }, 320)).toEqual(expected);
  });

  test("DeepScaleR compresses in its 8K stage and expands after it", () => {
    expect(phases(DEEPSCALER, 1800)).toEqual(["compress 1040", "expand 760"]);
  });
});

/** Schedules of all kinds that pass the check. */
const schedules = fc
  .record({
    kind: fc.constantFrom(...SCHEDULE_KINDS),
    compression: fc.constantFrom(0.5, 0.01, 0.3, 2 / 3, 0.99),
    alignment: fc.constantFrom("half" as const, "centred" as const),
    cycle: fc.integer({ min: 6, max: 700 }),
    lmin: fc.integer({ min: 1, max: 300 }),
    range: fc.nat(300),
    stages: fc.array(fc.record({ gap: fc.integer({ min: 1, max: 300 }), height: fc.nat(1000) }), {
      minLength: 1,
      maxLength: 6,
    }),
  })
  .map(({ kind, compression, alignment, cycle, lmin, range, stages: drawn }): LengthSchedule => {
    const lmax = lmin + range;
    const turn = Math.min(Math.max(compression, 2.5 / cycle), 1 - 2.5 / cycle);
    let step = -drawn[0]!.gap;
    const staged = drawn.map(({ gap, height }) => {
      step += gap;
      return { step, cap: lmin + (height % (range + 1)) };
    });
    const falling = staged
      .toSorted((a, b) => b.cap - a.cap)
      .map(({ cap }, index) => ({ step: staged[index]!.step, cap }))
      .filter(({ cap }, index, all) => index === 0 || cap < all[index - 1]!.cap);
    const stages = { staged, staircase: drawn.length % 2 === 0 ? [] : falling }[kind as string] ?? [];
    return { kind, compression: turn, alignment, cycle, lmin, lmax, stages };
  });

describe("every schedule", () => {
  test("passes the check, and its caps are whole numbers in [lmin, lmax]", () => {
    fc.assert(
      fc.property(schedules, fc.nat(5000), (schedule, step) => {
        checkSchedule(schedule);
        const cap = capAt(schedule, step);
        const exact = exactCapAt(schedule, step);
        expect(Number.isInteger(cap)).toBe(true);
        expect(Math.abs(cap - exact)).toBeLessThanOrEqual(0.5);
        expect(exact).toBeGreaterThanOrEqual(schedule.lmin);
        expect(exact).toBeLessThanOrEqual(schedule.lmax);
      }),
    );
  });

  test("is monotone within a phase", () => {
    fc.assert(
      fc.property(schedules, fc.nat(5000), (schedule, step) => {
        const { phase } = phaseAt(schedule, step);
        if (phaseAt(schedule, step + 1).phase !== phase) return;
        const change = exactCapAt(schedule, step + 1) - exactCapAt(schedule, step);
        if (phase === "hold") expect(change).toBe(0);
        if (phase === "compress") expect(change).toBeLessThanOrEqual(0);
        if (phase === "expand") expect(change).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 1000 },
    );
  });

  test("gives the same cap when resumed at any step", () => {
    fc.assert(
      fc.property(schedules, fc.nat(300), (schedule, step) => {
        const whole = capsOf(schedule, 301);
        const resumed: LengthSchedule = JSON.parse(JSON.stringify(schedule));
        expect(capAt(resumed, step)).toBe(whole[step]);
      }),
    );
  });

  test("has the extremes that largestCap and smallestCap tell", () => {
    fc.assert(
      fc.property(schedules, fc.integer({ min: 1, max: 2500 }), (schedule, steps) => {
        const caps = capsOf(schedule, steps);
        expect(smallestCap(schedule, steps)).toBe(Math.min(...caps));
        // 2,500 steps see every stage and a whole cycle.
        expect(largestCap(schedule)).toBe(Math.max(...capsOf(schedule, 2500)));
      }),
    );
  });
});
