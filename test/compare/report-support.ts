import type { ComparisonData } from "../../src/compare/report/data.ts";
import type { Curve, EvalColumn, Row, StepColumn } from "../../src/compare/rows.ts";
import { Random, STREAM } from "../../src/random.ts";
import { capAt, type LengthSchedule } from "../../src/rl/length-schedule.ts";
import { PRESETS } from "../../src/train/presets.ts";

export const LMAX = 80;
export const LMIN = 40;
export const EVERY = 20;

/** What a made-up run does. */
export interface Shape {
  readonly kind?: LengthSchedule["kind"];
  readonly cycle?: number;
  readonly steps?: number;
  /** Steps by which length follows the cap. */
  readonly lag?: number;
  /** Accuracy that training ends with at L_max. */
  readonly accuracy?: number;
  /** Mean tokens at L_max, at the end. */
  readonly length?: number;
  /** How much accuracy and words swing with length; 1: as in the toy. */
  readonly swing?: number;
  /** Share of the length that L_min takes away. */
  readonly shrink?: number;
  /** Relative growth of the length with each step. */
  readonly drift?: number;
  /** Whether "so" swings with "wait", as in the toy. */
  readonly soFollows?: boolean;
  /** Relative growth of "wait" with each step. */
  readonly waitGrows?: number;
  /** Nats that entropy falls to. */
  readonly entropy?: number;
  /** Change of entropy from L_max to L_min. */
  readonly entropySwing?: number;
  /** Standard deviation of everything over seeds, relative. */
  readonly noise?: number;
}

const LEVELS = [
  ["2 operations", "MATH500"],
  ["3 operations", "AMC"],
  ["4 operations", "AIME24"],
  ["5 operations", "AIME25"],
] as const;

function scheduleOf({ kind = "cosine", cycle = 160 }: Shape): LengthSchedule {
  const stages = [
    { step: 0, cap: LMIN },
    { step: cycle / 2, cap: LMAX },
  ];
  return { kind, lmax: LMAX, lmin: LMIN, cycle, compression: 0.5, alignment: "half", stages };
}

/** A run with lengths that follow its cap, and accuracy that grows and swings with them. */
export function curve(entry: string, seed: number, shape: Shape = {}, recipe = entry): Curve {
  const { cycle = 160, steps = 480, lag = 20, accuracy = 0.9, length = 46, swing = 1, noise = 0.01 } = shape;
  const {
    shrink = 0.35,
    drift = 0,
    soFollows = true,
    waitGrows = 0,
    entropy = 0.07,
    entropySwing = -0.01,
  } = shape;
  const random = new Random(seed, STREAM.shuffle, hash(entry));
  const schedule = scheduleOf(shape);
  const luck = 1 + noise * random.normal();
  const wiggle = () => 1 + (noise / 4) * random.normal();
  const capBefore = (step: number) => capAt(schedule, Math.max(0, step - lag));
  /** 0 at L_max, 1 at L_min. */
  const pressed = (step: number) => (LMAX - capBefore(step)) / (LMAX - LMIN);
  const grown = (step: number) => 0.5 + (accuracy - 0.5) * (1 - Math.exp(-step / 120));
  const lengthAt = (step: number) =>
    (step === 0 ? 58 : length * (1 + drift * step) * (1 - shrink * pressed(step))) * wiggle();
  const accuracyAt = (step: number) =>
    Math.min(1, grown(step) * luck * (1 - 0.15 * swing * pressed(step)) * wiggle());
  const entropyAt = (step: number) => entropy + 0.04 * Math.exp(-step / 200) + entropySwing * pressed(step);
  const all = Array.from({ length: steps }, (_, step) => step);
  const at = all.filter((step) => step % EVERY === 0).concat(steps);
  let tokens = 0;
  const total = all.map((step) => {
    tokens += Math.round(128 * Math.min(capAt(schedule, step), lengthAt(step)));
    return tokens;
  });
  const stepColumns: Record<StepColumn, number[]> = {
    cap: all.map((step) => capAt(schedule, step)),
    length: all.map((step) => Math.min(capAt(schedule, step), lengthAt(step))),
    entropy: all.map((step) => entropyAt(step) * wiggle()),
    acc: all.map((step) => accuracyAt(step) * 0.9),
    reward: all.map((step) => accuracyAt(step) * 0.9),
    clipped: all.map((step) => 0.3 * pressed(step)),
    tokens: total,
  };
  const accuracies = at.map(accuracyAt);
  const lengths = at.map(lengthAt);
  const wait = (base: number) =>
    at.map((step) => base * (1 + waitGrows * step) * (1 - 0.7 * swing * pressed(step)) * wiggle());
  const evalColumns: Record<EvalColumn, number[]> = {
    step: at,
    tokens: at.map((step) => (step === 0 ? 0 : total[step - 1]!)),
    acc: accuracies,
    length: lengths,
    entropy: at.map(entropyAt),
    wait_correct: wait(1.4),
    wait_wrong: wait(1.7),
    alt_correct: at.map(() => 0.1 * wiggle()),
    alt_wrong: at.map(() => 0.2 * wiggle()),
    so_correct: soFollows ? wait(1.4) : at.map(() => 1.4 * wiggle()),
    so_wrong: soFollows ? wait(1.7) : at.map(() => 1.7 * wiggle()),
  };
  const levels = LEVELS.map((_, level) => ({
    acc: accuracies.map((value) => levelAccuracy(value, level)),
    length: lengths.map((value) => levelLength(value, level)),
  }));
  const cell = `${entry}-s${seed}`;
  return {
    cell,
    entry,
    recipe,
    seed,
    cycle,
    lmax: LMAX,
    lmin: LMIN,
    trained: Math.round(0.6 * tokens),
    steps: stepColumns,
    evals: evalColumns,
    levels,
    config: { ...PRESETS["paper-toy"], seed, schedule: { ...schedule, stages: [...schedule.stages] } },
  };
}

function levelAccuracy(accuracy: number, level: number): number {
  return Math.max(0, Math.min(1, accuracy + 0.1 * (1.5 - level)));
}

function levelLength(length: number, level: number): number {
  return length + 8 * (level - 1.5);
}

/** A row with this accuracy and length over all; levels lie evenly around them. */
export function row(
  entry: string,
  seed: number,
  checkpoint: string,
  [accuracy, length]: readonly [accuracy: number, length: number],
  recipe = entry,
): Row {
  const cell = checkpoint === "base" ? entry : `${entry}-s${seed}`;
  return {
    cell,
    entry,
    recipe,
    seed,
    base: checkpoint === "base" ? cell : "base-pre-rl",
    checkpoint,
    step: checkpoint === "base" ? 0 : checkpoint === "low" ? 400 : 480,
    tokens: checkpoint === "base" ? 0 : 2_400_000 + seed,
    levels: LEVELS.map(([name, standsFor], level) => ({
      name,
      standsFor,
      accuracy: levelAccuracy(accuracy, level),
      standardError: 0.01,
      meanLength: levelLength(length, level),
      truncated: 0.02,
    })),
    metrics: { "eval/acc": accuracy, "eval/mean_length": length },
  };
}

export const BASE = row("base-pre-rl", 0, "base", [0.5, 58], "base");

/** Rows of a method over seeds, which differ by `noise`. */
export function rows(
  recipe: string,
  checkpoint: string,
  [accuracy, length]: readonly [accuracy: number, length: number],
  seeds = 3,
  noise = 0.005,
): Row[] {
  const random = new Random(hash(recipe + checkpoint), STREAM.shuffle);
  return Array.from({ length: seeds }, (_, seed) =>
    row(recipe, seed, checkpoint, [
      accuracy + noise * random.normal(),
      length * (1 + noise * random.normal()),
    ]),
  );
}

/** Curves of an entry over seeds. */
export function curves(entry: string, shape: Shape = {}, seeds = 3, recipe = entry): Curve[] {
  return Array.from({ length: seeds }, (_, seed) => curve(entry, seed, shape, recipe));
}

/** A comparison as docs/results has one: SIRI as the paper tells it, and what it is compared with. */
export function wholeComparison(): ComparisonData {
  const all = [
    ...curves("siri-cosine"),
    ...curves("siri-stair", { kind: "stair", swing: 1.6, accuracy: 0.92 }),
    ...curves("siri-stair-cosine", { kind: "stair-cosine", swing: 1.2 }),
    ...curves("siri-cosine-T80", { cycle: 80, accuracy: 0.87 }, 2, "siri-cosine"),
    ...curves("siri-cosine-T240", { cycle: 240 }, 2, "siri-cosine"),
    ...curves("grpo", { kind: "constant", length: 51, accuracy: 0.88 }),
    ...curves("dapo-deepscaler-16k", { kind: "staged", length: 51, accuracy: 0.89 }),
  ];
  const data = [
    BASE,
    ...rows("siri-cosine", "low", [0.68, 30]),
    ...rows("siri-cosine", "high", [0.92, 45]),
    ...rows("siri-stair", "low", [0.64, 29]),
    ...rows("siri-stair", "high", [0.91, 44]),
    ...rows("siri-stair-cosine", "low", [0.66, 30]),
    ...rows("siri-stair-cosine", "high", [0.915, 43]),
    ...rows("grpo", "final", [0.9, 51]),
    ...rows("dapo-deepscaler-16k", "final", [0.915, 51]),
    ...rows("deepscaler", "final", [0.86, 50]),
    ...rows("overthink", "final", [0.6, 38], 2),
    ...rows("dast", "final", [0.58, 40], 2),
    ...rows("o1-pruner", "final", [0.62, 42], 2),
    ...rows("adaptthink", "final", [0.66, 36], 1),
    ...rows("thinkprune", "final", [0.8, 35], 3),
  ];
  return comparison(data, all);
}

export function comparison(rows: readonly Row[], curves: readonly Curve[]): ComparisonData {
  const cells = curves.map(({ cell, steps }) => {
    const count = steps.cap.length;
    return [cell, { seconds: 0.4 * count + 10, generating: 0.2 * count, updating: 0.1 * count }] as const;
  });
  return {
    matrix: {
      name: "made-up",
      preset: "paper-toy",
      budget: { tokens: 2_400_000 },
      benchmark: { problemsPerLevel: 400, samples: 2, seed: 4242 },
    },
    rows,
    curves,
    times: {
      command: "bellows compare docs/results/matrix.json",
      device: "a test",
      commit: "abc1234",
      jobs: 2,
      seconds: 7300,
      cells: Object.fromEntries(cells),
    },
    failed: [],
    unfinished: [],
  };
}

function hash(text: string): number {
  return [...text].reduce((sum, character) => (31 * sum + character.codePointAt(0)!) % 1_000_003, 7);
}
