import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { estimate } from "../../src/compare/report/seeds.ts";
import { studentQuantile } from "../../src/compare/report/student.ts";
import { above, below, checkText, verdictOf } from "../../src/compare/report/verdict.ts";
import { Random, STREAM } from "../../src/random.ts";

describe("Student's quantile", () => {
  // From the tables of the distribution.
  test.each([
    { confidence: 0.95, freedom: 1, quantile: 12.7062 },
    { confidence: 0.95, freedom: 2, quantile: 4.30265 },
    { confidence: 0.95, freedom: 4, quantile: 2.77645 },
    { confidence: 0.95, freedom: 8, quantile: 2.306 },
    { confidence: 0.95, freedom: 100, quantile: 1.98397 },
    { confidence: 0.99, freedom: 2, quantile: 9.92484 },
    { confidence: 0.5, freedom: 3, quantile: 0.764892 },
  ])("$freedom degrees of freedom, $confidence: $quantile", ({ confidence, freedom, quantile }) => {
    expect(studentQuantile(confidence, freedom) / quantile).toBeCloseTo(1, 4);
  });

  test("of one degree of freedom it is a tangent, and it falls with degrees of freedom, whole or not", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 0.998, noNaN: true }),
        fc.double({ min: 1, max: 30, noNaN: true }),
        (confidence, freedom) => {
          expect(studentQuantile(confidence, 1)).toBeCloseTo(Math.tan((confidence * Math.PI) / 2), 5);
          const here = studentQuantile(confidence, freedom);
          expect(studentQuantile(confidence, freedom + 0.5)).toBeLessThan(here);
        },
      ),
    );
  });
});

describe("verdictOf", () => {
  const value = (mean: number, error: number | null, seeds = 3) => ({
    mean,
    error,
    freedom: error === null ? 0 : seeds - 1,
    seeds,
  });
  const verdict = (mean: number, error: number | null, side = above, seeds = 3) =>
    verdictOf([side("x", value(mean, error, seeds), 1, "number")]);

  test("goes by the confidence interval around the bound: 4.3 standard errors of three seeds", () => {
    expect(verdict(3.16, 0.5)).toBe("reproduced");
    expect(verdict(3.14, 0.5)).toBe("unclear");
    expect(verdict(-1.14, 0.5)).toBe("unclear");
    expect(verdict(-1.16, 0.5)).toBe("not reproduced");
    expect(verdict(-1.16, 0.5, below)).toBe("reproduced");
    expect(verdict(1, 0)).toBe("unclear");
    expect(verdict(9, null)).toBe("unclear");
  });

  test("the fewer the seeds, the more standard errors it takes: 2.8 of five, 12.7 of two", () => {
    expect([2.3, 2.5].map((mean) => verdict(mean, 0.5, above, 5))).toEqual(["unclear", "reproduced"]);
    expect([7.3, 7.5].map((mean) => verdict(mean, 0.5, above, 2))).toEqual(["unclear", "reproduced"]);
  });

  test("true of nothing, a claim is reproduced or refuted by chance in one case of twenty at most", () => {
    // Three seeds that differ by chance alone, and a bound at their true mean.
    const random = new Random(11, STREAM.shuffle);
    const draw = () => estimate(Array.from({ length: 3 }, () => random.normal()));
    const counts = { single: 0, several: 0 };
    for (let round = 0; round < 1000; round++) {
      const checks = Array.from({ length: 6 }, () => above("x", draw(), 0, "number"));
      if (verdictOf(checks.slice(0, 1)) !== "unclear") counts.single += 1;
      if (verdictOf(checks) !== "unclear") counts.several += 1;
    }
    expect(counts.single / 1000).toBeGreaterThan(0.03);
    expect(counts.single / 1000).toBeLessThan(0.07);
    // Half of 5 % of error, as only one side of each is against the claim.
    expect(counts.several / 1000).toBeLessThan(0.045);
  });

  test("one quantity against the claim is enough; one missing leaves it untested", () => {
    const [good, bad, none] = [value(9, 1), value(-9, 1), null].map((v) => above("x", v, 0, "number"));
    expect(verdictOf([good!, bad!, none!])).toBe("not reproduced");
    expect(verdictOf([good!, none!])).toBe("not tested");
    expect(verdictOf([])).toBe("not tested");
  });

  test("the contrary claim has the contrary verdict", () => {
    const opposite = { reproduced: "not reproduced", "not reproduced": "reproduced", unclear: "unclear" };
    fc.assert(
      fc.property(
        fc.double({ min: -9, max: 9, noNaN: true }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (m, e) => {
          const is = verdict(m, e) as keyof typeof opposite;
          expect(verdict(m, e, below)).toBe(opposite[is]);
        },
      ),
    );
  });

  test("checks tell value, error, interval, seeds and bound", () => {
    expect(checkText(above("gain", value(0.0123, 0.004), 0, "points"))).toBe(
      "gain: +1.2 ± 0.4 points (95 %: −0.5 to +3.0; 3 seeds); claimed: above 0",
    );
    expect(checkText(below("ratio", value(0.5, null, 1), 0.8, "ratio"))).toBe(
      "ratio: 0.500 (1 seed); claimed: below 0.800",
    );
    expect(checkText(below("tokens", null, 0, "tokens"))).toBe("tokens: not measured; claimed: below 0");
  });
});
