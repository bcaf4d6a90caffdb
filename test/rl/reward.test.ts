import { describe, expect, test } from "vitest";
import {
  cappedCorrectness,
  combineRewards,
  overlongPunishment,
  type RewardContext,
  type RewardPart,
  type Sample,
  softOverlong,
} from "../../src/rl/reward.ts";

const CONTEXT: RewardContext = { step: 3, totalSteps: 480, cap: 100, phase: "compress" };

function sample(length: number, ended: boolean, correct: boolean): Sample {
  const response = new Array<number>(length).fill(2);
  return { prompt: [5, 6], response, ended, correct, prediction: correct ? "42" : null };
}

describe("length-capped correctness", () => {
  test.each([
    { name: "ended and right", given: sample(60, true, true), reward: 1 },
    { name: "ended and wrong", given: sample(60, true, false), reward: 0 },
    { name: "the end token in the last place below the cap", given: sample(100, true, true), reward: 1 },
    { name: "cut at the cap", given: sample(100, false, false), reward: 0 },
    { name: "cut, though a right answer could be read", given: sample(100, false, true), reward: 0 },
    { name: "right, but sampled under a larger cap", given: sample(101, true, true), reward: 0 },
  ])("$name: $reward", ({ given, reward }) => {
    expect(cappedCorrectness([given], CONTEXT)).toEqual([reward]);
  });
});

describe("soft overlong punishment", () => {
  test.each([
    { length: 1, punishment: 0 },
    { length: 80, punishment: 0 },
    { length: 81, punishment: -0.05 },
    { length: 90, punishment: -0.5 },
    { length: 100, punishment: -1 },
    { length: 101, punishment: -1 },
  ])("L_max 100, L_cache 20: $length tokens, $punishment", ({ length, punishment }) => {
    expect(overlongPunishment(length, 100, 20)).toBe(punishment);
  });

  test("DAPO's own numbers: from 16,384 to 20,480 tokens", () => {
    const punishments = [16_384, 18_432, 20_480].map((length) => overlongPunishment(length, 20_480, 4096));
    expect(punishments).toEqual([0, -0.5, -1]);
  });

  test("goes along with the cap", () => {
    const group = [sample(50, true, true), sample(70, true, true)];
    expect(softOverlong(20)(group, { ...CONTEXT, cap: 80 })).toEqual([0, -0.5]);
    expect(softOverlong(20)(group, { ...CONTEXT, cap: 60 })).toEqual([-0.5, -1]);
  });

  test.each([0, -4, 1.5, Number.NaN])("a buffer of %d is refused", (buffer) => {
    expect(() => softOverlong(buffer)).toThrow(
      expect.objectContaining({ code: "config-invalid", field: "reward.overlongBuffer" }),
    );
  });
});

describe("combined rewards", () => {
  const correctness: RewardPart = { name: "correct", weight: 2, reward: cappedCorrectness };
  const overlong: RewardPart = { name: "overlong", weight: 0.5, reward: softOverlong(20) };
  const group = [sample(60, true, true), sample(90, true, true), sample(100, false, false)];

  test("weighs the parts and keeps each unweighted", () => {
    expect(combineRewards([correctness, overlong])(group, CONTEXT)).toEqual([
      { total: 2, parts: { correct: 1, overlong: 0 } },
      { total: 1.75, parts: { correct: 1, overlong: -0.5 } },
      { total: -0.5, parts: { correct: 0, overlong: -1 } },
    ]);
  });

  test("a part that does not apply adds nothing; the total is null only where none applies", () => {
    const brevity: RewardPart = {
      name: "brevity",
      weight: 1,
      reward: (samples) => samples.map(({ correct, response }) => (correct ? 1 / response.length : null)),
    };
    const onlyEnded: RewardPart = {
      name: "ended",
      weight: 3,
      reward: (samples) => samples.map(({ response, ended }) => (ended && response.length < 80 ? 1 : null)),
    };
    expect(combineRewards([brevity, onlyEnded])(group, CONTEXT)).toEqual([
      { total: 1 / 60 + 3, parts: { brevity: 1 / 60, ended: 1 } },
      { total: 1 / 90, parts: { brevity: 1 / 90, ended: null } },
      { total: null, parts: { brevity: null, ended: null } },
    ]);
  });

  test("parts see the whole group and the context", () => {
    const relative: RewardPart = {
      name: "relative",
      weight: 1,
      reward: (samples, { step, totalSteps }) => {
        const longest = Math.max(...samples.map(({ response }) => response.length));
        return samples.map(({ response }) => (1 - response.length / longest) * (step / totalSteps));
      },
    };
    const totals = combineRewards([relative])(group, { ...CONTEXT, step: 240 }).map(({ total }) => total);
    expect(totals).toEqual([0.2, expect.closeTo(0.05, 12), 0]);
  });

  test.each([
    { name: "no parts", parts: [], field: "reward.parts" },
    {
      name: "a name used twice",
      parts: [correctness, { ...overlong, name: "correct" }],
      field: "reward.parts",
    },
    {
      name: "a weight that is not a number",
      parts: [{ ...correctness, weight: Number.NaN }],
      field: "reward.parts.correct.weight",
    },
  ])("refuses $name", ({ parts, field }) => {
    expect(() => combineRewards(parts)).toThrow(expect.objectContaining({ code: "config-invalid", field }));
  });

  test.each([
    { name: "too few values", values: [1], field: "number of values of reward own" },
    { name: "too many values", values: [1, 1, 1, 1], field: "number of values of reward own" },
    { name: "NaN", values: [1, Number.NaN, 1], field: "reward own of sample 1" },
    { name: "infinity", values: [1, 1, Number.NEGATIVE_INFINITY], field: "reward own of sample 2" },
  ])("refuses $name from a part", ({ values, field }) => {
    const own: RewardPart = { name: "own", weight: 1, reward: () => values };
    expect(() => combineRewards([own])(group, CONTEXT)).toThrow(
      expect.objectContaining({ code: "input-invalid", field }),
    );
  });
});
