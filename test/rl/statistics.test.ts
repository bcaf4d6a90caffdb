import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  accuracyCompressionRatio,
  accuracyEfficiencyScore,
  deviation,
  lagOfLengths,
  lengthRatio,
  mean,
  meanOverQuestions,
  passAtK,
  summariseLengths,
} from "../../src/rl/statistics.ts";

test("mean and deviation", () => {
  expect(mean([2, 4, 9])).toBe(5);
  expect(mean([])).toBeNull();
  expect(deviation([2, 4, 9])).toBeCloseTo(Math.sqrt(13), 14);
  expect(deviation([2])).toBeNull();
});

describe("mean over questions", () => {
  test("the standard error is over questions, not over samples", () => {
    // Means 1, 0.5, 0: deviation 0.5 over 3 questions.
    const scores = [
      [1, 1, 1, 1],
      [1, 0, 0, 1],
      [0, 0, 0, 0],
    ];
    expect(meanOverQuestions(scores)).toEqual({
      mean: 0.5,
      standardError: expect.closeTo(0.5 / Math.sqrt(3), 14),
    });
    const doubled = scores.map((samples) => [...samples, ...samples]);
    expect(meanOverQuestions(doubled)).toEqual(meanOverQuestions(scores));
  });

  test("one question has no standard error, none has no mean", () => {
    expect(meanOverQuestions([[1, 0]])).toEqual({ mean: 0.5, standardError: null });
    expect(meanOverQuestions([])).toEqual({ mean: null, standardError: null });
  });

  test("a question without samples is refused", () => {
    expect(() => meanOverQuestions([[1], []])).toThrow(
      expect.objectContaining({ code: "input-invalid", field: "number of samples of question 1" }),
    );
  });
});

describe("pass@k", () => {
  function binomial(n: number, k: number): bigint {
    let result = 1n;
    for (let i = 0; i < k; i++) result = (result * BigInt(n - i)) / BigInt(i + 1);
    return result;
  }

  /** 1 − C(n − c, k) / C(n, k) in whole numbers, to 15 digits. */
  function exact(n: number, c: number, k: number): number {
    const all = binomial(n, k);
    return Number(((all - binomial(n - c, k)) * 10n ** 15n) / all) / 1e15;
  }

  test("is 1 − C(n − c, k) / C(n, k), for up to 1,000 samples", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.nat(1000), fc.nat(999), (n, c, k) => {
        fc.pre(c <= n && k < n);
        expect(passAtK(n, c, k + 1)).toBeCloseTo(exact(n, c, k + 1), 12);
      }),
    );
  });

  test.each([
    { n: 64, c: 16, k: 1, expected: 0.25 },
    { n: 4, c: 2, k: 2, expected: 5 / 6 },
    { n: 64, c: 0, k: 8, expected: 0 },
    { n: 64, c: 57, k: 8, expected: 1 },
    { n: 64, c: 64, k: 64, expected: 1 },
    { n: 4000, c: 4000, k: 3000, expected: 1 },
  ])("$c of $n right: pass@$k is $expected", ({ n, c, k, expected }) => {
    expect(passAtK(n, c, k)).toBeCloseTo(expected, 14);
  });

  test.each([
    { n: 0, c: 0, k: 1, field: "samples" },
    { n: 8, c: 9, k: 1, field: "correct" },
    { n: 8, c: -1, k: 1, field: "correct" },
    { n: 8, c: 1, k: 9, field: "k" },
    { n: 8, c: 1, k: 0, field: "k" },
    { n: 8, c: 1.5, k: 1, field: "correct" },
  ])("$c of $n with k = $k is refused", ({ n, c, k, field }) => {
    expect(() => passAtK(n, c, k)).toThrow(expect.objectContaining({ code: "input-invalid", field }));
  });
});

describe("accuracy–CR ratio", () => {
  // SIRI 2509.25176, Table 1: accuracy and length on AIME24, AIME25, AMC and MATH500, then the printed ratio. A last
  // number stands where the table's own numbers give another ratio than the one that it prints.
  const TABLE_1B = `
    Original    28.2 12333  21.5 12264  61.8 8449  82.4 4745  0.00
    DeepScaleR  41.1  8585  29.0  8348  73.9 5515  87.6 3054  0.39
    DAPO        42.8 10453  30.9 10352  74.6 7339  88.1 4223  0.36
    OverThink   28.3 11269     -     -     -    -  81.2 4131  0.00
    DAST        26.9  7745     -     -     -    -  83.0 2428  0.01
    O1-Pruner   28.9 10361     -     -     -    -  82.2 3212  0.01
    AdaptThink  31.0  6679  22.3  6800  63.3 3498  82.0 1782  0.08
    SIRI-low    40.4  7093  29.6  6509  74.6 4700  87.7 2881  0.47  0.485
    SIRI-high   43.6 10049  32.2  9739  75.9 7396  88.4 4633  0.38  0.408`;
  const TABLE_7B = `
    Original    53.5 10306  38.3 11114  79.4 6740  90.2 3674  0.00
    DAPO        57.6  9983  40.8 10705  84.5 6508  92.5 3658  0.06
    OverThink   53.1  8744     -     -     -    -  89.4 2435  0.00
    DAST        45.6  7578     -     -     -    -  89.6 2162  0.00
    O1-Pruner   49.2  9719     -     -     -    -  86.6 2534  0.00
    AdaptThink  55.6  8546  37.0  9556  80.1 4778  90.6 1868  0.02
    SIRI-low    56.1  6122  41.5  6386  85.8 4015  93.5 2452  0.10
    SIRI-high   57.1  8585  45.4  9106  86.7 5773  93.7 3378  0.11`;

  function rowsOf(size: string, table: string) {
    const rows = table.trim().split("\n");
    const cells = rows.map((row) => row.trim().split(/ +/));
    const outcome = (row: string[], benchmark: number) => ({
      accuracy: Number(row[1 + 2 * benchmark]),
      length: Number(row[2 + 2 * benchmark]),
    });
    return cells.map((row) => ({
      model: `${row[0]} ${size}`,
      comparisons: [0, 1, 2, 3]
        .filter((benchmark) => row[1 + 2 * benchmark] !== "-")
        .map((benchmark) => ({ current: outcome(row, benchmark), base: outcome(cells[0]!, benchmark) })),
      printed: row[9]!,
      recomputed: row[10] ?? null,
    }));
  }

  const rows = [...rowsOf("1.5B", TABLE_1B), ...rowsOf("7B", TABLE_7B)];

  test.each(rows.filter(({ recomputed }) => recomputed === null))(
    "Table 1, $model: $printed",
    ({ comparisons, printed }) => {
      expect(accuracyCompressionRatio(comparisons)!.toFixed(2)).toBe(printed);
    },
  );

  test.each(rows.filter(({ recomputed }) => recomputed !== null))(
    "Table 1, $model: $recomputed, where the paper prints $printed",
    ({ comparisons, printed, recomputed }) => {
      const ratio = accuracyCompressionRatio(comparisons)!;
      expect(ratio.toFixed(3)).toBe(recomputed);
      expect(ratio.toFixed(2)).not.toBe(printed);
    },
  );

  test("a loss of accuracy counts as 0", () => {
    const half = { accuracy: 0.5, length: 50 };
    const base = { accuracy: 0.4, length: 100 };
    const lost = { current: { accuracy: 0.1, length: 10 }, base };
    expect(accuracyCompressionRatio([{ current: half, base }])).toBeCloseTo(0.5, 14);
    expect(accuracyCompressionRatio([{ current: half, base }, lost])).toBeCloseTo(0.25, 14);
  });

  test.each([
    { name: "a base that solves nothing", comparisons: [{ current: [0.5, 50], base: [0, 100] }] },
    {
      name: "such a base among others",
      comparisons: [
        { current: [0.5, 50], base: [0.4, 100] },
        { current: [0.5, 50], base: [0, 100] },
      ],
    },
    { name: "empty responses", comparisons: [{ current: [0.5, 0], base: [0.4, 100] }] },
    { name: "no benchmark", comparisons: [] },
  ])("is null for $name", ({ comparisons }) => {
    const outcome = ([accuracy, length]: number[]) => ({ accuracy: accuracy!, length: length! });
    const given = comparisons.map(({ current, base }) => ({
      current: outcome(current),
      base: outcome(base),
    }));
    expect(accuracyCompressionRatio(given)).toBeNull();
  });

  test("the length ratio is what is left", () => {
    const low = { current: { accuracy: 40.4, length: 7093 }, base: { accuracy: 28.2, length: 12333 } };
    expect(1 - lengthRatio(low)).toBeCloseTo(0.425, 3);
  });
});

describe("accuracy–efficiency score", () => {
  const base = { accuracy: 0.5, length: 100 };

  test.each([
    { accuracy: 0.5, length: 60, score: 0.4, name: "shorter" },
    { accuracy: 0.6, length: 60, score: 0.4 + 3 * 0.2, name: "shorter and better" },
    { accuracy: 0.4, length: 60, score: 0.4 - 5 * 0.2, name: "shorter and worse" },
    { accuracy: 0.4, length: 150, score: -0.5 - 5 * 0.2, name: "longer and worse" },
  ])("$name: $score", ({ accuracy, length, score }) => {
    expect(accuracyEfficiencyScore({ current: { accuracy, length }, base })).toBeCloseTo(score, 14);
  });

  test("is null where the base solves nothing or says nothing", () => {
    expect(accuracyEfficiencyScore({ current: base, base: { accuracy: 0, length: 100 } })).toBeNull();
    expect(accuracyEfficiencyScore({ current: base, base: { accuracy: 0.5, length: 0 } })).toBeNull();
  });
});

describe("lag of the lengths behind the cap", () => {
  const cap = (step: number) => 60 + 20 * Math.cos((2 * Math.PI * step) / 160);
  const steps = (count: number) => Array.from({ length: count }, (_, step) => step);

  test.each([0, 1, 20, 79])("finds a shift of %i steps", (shift) => {
    const lengths = steps(480).map((step) => 10 + 0.5 * cap(step - shift));
    const lag = lagOfLengths(steps(480).map(cap), lengths, 80)!;
    expect(lag.lag).toBe(shift);
    expect(lag.correlation).toBeCloseTo(1, 10);
  });

  test("of a policy that closes a 20th of the gap each step", () => {
    // Once settled, a low pass delays a wave by its phase at that frequency: 16 steps here.
    const caps = steps(960).map(cap);
    let length = 60;
    const lengths = caps.map((target) => {
      length += 0.05 * (target - length);
      return length;
    });
    const omega = (2 * Math.PI) / 160;
    const expected = Math.atan2(0.95 * Math.sin(omega), 1 - 0.95 * Math.cos(omega)) / omega;
    const lag = lagOfLengths(caps.slice(160), lengths.slice(160), 80)!;
    expect(Math.abs(lag.lag - expected)).toBeLessThanOrEqual(1);
  });

  test("of the prototype's cosine run: one evaluation, 20 steps of a cycle of 160", () => {
    // The prototype's recommended run, seed 0, every 20 steps: cap and mean length of the evaluation.
    const caps = [
      75, 61, 46, 40, 45, 59, 74, 80, 75, 61, 46, 40, 45, 59, 74, 80, 75, 61, 46, 40, 45, 59, 74, 80,
    ];
    const lengths = [
      47.6, 46.1, 38.5, 28.2, 27.9, 35.2, 39.0, 46.7, 51.5, 47.6, 40.8, 32.8, 29.1, 34.2, 39.3, 45.8, 48.4,
      43.8, 36.1, 29.0, 30.0, 32.2, 40.7, 45.1,
    ];
    expect(lagOfLengths(caps, lengths, 4)).toEqual({ lag: 1, correlation: expect.closeTo(0.964, 3) });
  });

  test.each([
    { name: "a constant cap", caps: [0.1, 0.1, 0.1, 0.1, 0.1], lengths: [1, 2, 3, 4, 5] },
    { name: "constant lengths", caps: [1, 2, 3, 4, 5], lengths: [0.1, 0.1, 0.1, 0.1, 0.1] },
    { name: "too few entries", caps: [1, 2, 3], lengths: [1, 2, 3] },
    { name: "nothing", caps: [], lengths: [] },
  ])("is null for $name", ({ caps, lengths }) => {
    expect(lagOfLengths(caps, lengths, 2)).toBeNull();
  });

  test("does not look beyond half of the series", () => {
    const caps = [9, 1, 1, 1, 1, 1, 1, 1];
    const lengths = [1, 1, 1, 1, 1, 9, 1, 1];
    expect(lagOfLengths(caps, lengths, 7)!.lag).toBeLessThanOrEqual(4);
  });

  test.each([
    { lengths: [1, 2, 3], maxLag: 1, field: "number of lengths" },
    { lengths: [1, 2, 3, 4], maxLag: -1, field: "maxLag" },
    { lengths: [1, 2, 3, 4], maxLag: 0.5, field: "maxLag" },
  ])("refuses a bad $field", ({ lengths, maxLag, field }) => {
    expect(() => lagOfLengths([1, 2, 3, 4], lengths, maxLag)).toThrow(
      expect.objectContaining({ code: "input-invalid", field }),
    );
  });
});

describe("summary of lengths", () => {
  const sample = (length: number, ended: boolean, correct: boolean) => {
    return { response: new Array<number>(length).fill(2), ended, correct };
  };

  test("of all, of those that ended, of right and wrong ones", () => {
    const report = summariseLengths([
      sample(30, true, true),
      sample(50, true, false),
      sample(80, true, true), // its end token took the last place
      sample(80, false, false),
    ]);
    expect(report).toEqual({
      all: { count: 4, mean: 60, min: 30, max: 80 },
      terminated: { count: 3, mean: 160 / 3, min: 30, max: 80 },
      correct: { count: 2, mean: 55, min: 30, max: 80 },
      wrong: { count: 2, mean: 65, min: 50, max: 80 },
      truncated: 0.25,
    });
  });

  test("where there is nothing to summarise", () => {
    expect(summariseLengths([])).toEqual({
      all: null,
      terminated: null,
      correct: null,
      wrong: null,
      truncated: null,
    });
    expect(summariseLengths([sample(80, false, false)])).toMatchObject({
      terminated: null,
      correct: null,
      truncated: 1,
    });
  });

  test("of more responses than a call takes arguments", () => {
    const samples = Array.from({ length: 150_000 }, (_, i) => sample(1 + (i % 3), true, true));
    expect(summariseLengths(samples).all).toEqual({ count: 150_000, mean: 2, min: 1, max: 3 });
  });
});
