import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DECAYS, type LearningRate, learningRateAt } from "../../src/rl/learning-rate.ts";

/** Of the prototype's SFT: toy.py, `sft`. */
const SFT: LearningRate = { peak: 6e-3, warmup: 50, decay: "cosine", floor: 0.1 };

describe("learning rate", () => {
  test("is the prototype's in SFT, to the bit, at every step", () => {
    for (let t = 0; t < 1800; t++) {
      const expected =
        SFT.peak * Math.min(1, (t + 1) / 50) * (0.1 + 0.9 * 0.5 * (1 + Math.cos((Math.PI * t) / 1800)));
      expect(learningRateAt(SFT, t, 1800)).toBe(expected);
    }
  });

  test.each([
    // Printed by that line of toy.py under Python 3.
    { step: 0, rate: 0.00012 },
    { step: 1, rate: 0.00023999983550663509 },
    { step: 24, rate: 0.002998815820633459 },
    { step: 49, rate: 0.0059901322997154465 },
    { step: 50, rate: 0.005989725684847714 },
    { step: 600, rate: 0.00465 },
    { step: 900, rate: 0.0033 },
    { step: 1799, rate: 0.0006000041123341232 },
  ])("is $rate at step $step, as under Python", ({ step, rate }) => {
    expect(learningRateAt(SFT, step, 1800) / rate).toBeCloseTo(1, 14);
  });

  test("constant: exactly the peak from the end of the warm-up on, whatever the floor", () => {
    const rate: LearningRate = { peak: 5e-4, warmup: 4, decay: "constant", floor: 0.3 };
    const rates = [0, 1, 2, 3, 4, 1000].map((step) => learningRateAt(rate, step, 100));
    expect(rates).toEqual([1.25e-4, 2.5e-4, 3.75e-4, 5e-4, 5e-4, 5e-4]);
  });

  test("linear without warm-up", () => {
    const rate: LearningRate = { peak: 1, warmup: 0, decay: "linear", floor: 0.5 };
    const rates = [0, 1, 2, 3, 4, 5].map((step) => learningRateAt(rate, step, 4));
    expect(rates).toEqual([1, 0.875, 0.75, 0.625, 0.5, 0.5]);
  });

  test("lies between floor and peak, both under the warm-up, and never rises after it", () => {
    const rates = fc.record({
      peak: fc.constantFrom(1e-6, 5e-4, 1),
      warmup: fc.nat(50),
      decay: fc.constantFrom(...DECAYS),
      floor: fc.nat(100).map((percent) => percent / 100),
    });
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 500 }), fc.nat(600), (rate, steps, step) => {
        const here = learningRateAt(rate, step, steps);
        const most = rate.peak * Math.min(1, (step + 1) / rate.warmup);
        expect(here).toBeGreaterThanOrEqual(most * rate.floor);
        expect(here).toBeLessThanOrEqual(most * (1 + 1e-15));
        if (step + 1 >= rate.warmup) {
          expect(learningRateAt(rate, step + 1, steps)).toBeLessThanOrEqual(here);
        }
      }),
    );
  });

  test.each([
    { step: -1, steps: 10, field: "step" },
    { step: 0.5, steps: 10, field: "step" },
    { step: 0, steps: 0, field: "steps" },
  ])("step $step of $steps is refused", ({ step, steps, field }) => {
    expect(() => learningRateAt(SFT, step, steps)).toThrow(
      expect.objectContaining({ code: "input-invalid", field }),
    );
  });
});
