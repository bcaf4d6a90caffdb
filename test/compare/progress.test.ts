import { describe, expect, test } from "vitest";
import { cellsOf } from "../../src/compare/cells.ts";
import { parseMatrix } from "../../src/compare/matrix.ts";
import { Progress, parseRecord } from "../../src/compare/progress.ts";

function cellsWith(budget: object) {
  return cellsOf(
    parseMatrix({
      name: "small",
      preset: "smoke",
      budget,
      benchmark: { problemsPerLevel: 4, samples: 1, seed: 4242 },
      entries: [{ recipe: ["siri-cosine", "grpo"], seeds: [0] }],
    }),
  );
}

const step = (number: number, generated: number, total: number) => ({
  type: "step",
  step: number,
  acc: 0.5,
  "completions/mean_length": 40,
  "tokens/generated": generated,
  "tokens/generated_total": total,
  "time/gen": 1,
  "time/update": 1,
});

test.each([
  ['{"type":"step","step":3}', { type: "step", step: 3 }],
  ['{"type":"step","st', null],
  ["a driver says", null],
  ["7", null],
  ["", null],
])("a cell's line %j", (line, record) => {
  expect(parseRecord(line)).toEqual(record);
});

describe("progress", () => {
  test("counts the tokens that cells that train have spent", () => {
    const progress = new Progress(cellsWith({ tokens: 1000 }), new Set(), { tokens: 1000 });
    expect(progress).toMatchObject({ cells: 3, finished: 0, fraction: 0, tokens: 0, running: [] });
    expect(progress.secondsLeft(9)).toBeNull();
    progress.finish("base-pre-rl");
    progress.record("siri-cosine-s0", step(0, 400, 400));
    expect(progress).toMatchObject({ finished: 1, fraction: 0.2, tokens: 400 });
    expect(progress.running).toEqual([{ name: "siri-cosine-s0", step: 1, accuracy: 0.5, length: 40 }]);
    expect(progress.secondsLeft(10)).toBeCloseTo(40);
    progress.record("siri-cosine-s0", step(1, 700, 1100));
    progress.finish("siri-cosine-s0");
    expect(progress).toMatchObject({ finished: 2, fraction: 0.5, running: [] });
  });

  test("goes by the pace of this call alone", () => {
    const progress = new Progress(cellsWith({ tokens: 1000 }), new Set(["siri-cosine-s0"]), { tokens: 1000 });
    expect(progress.fraction).toBe(0.5);
    progress.record("grpo-s0", step(6, 100, 700)); // 600 of these were generated before
    expect(progress.fraction).toBeCloseTo(0.85);
    expect(progress.secondsLeft(10)).toBeCloseTo(30);
  });

  test("goes by steps or seconds where these are what a run may spend", () => {
    const bySteps = new Progress(cellsWith({ steps: 8 }), new Set(), { steps: 8 });
    bySteps.record("grpo-s0", step(1, 100, 700));
    expect(bySteps.fraction).toBeCloseTo(2 / 8 / 2);
    const bySeconds = new Progress(cellsWith({ seconds: 10 }), new Set(), { seconds: 10 });
    for (const number of [0, 1]) bySeconds.record("grpo-s0", step(number, 100, 100));
    expect(bySeconds.fraction).toBeCloseTo(4 / 10 / 2);
  });

  test("is no further for a cell that is given up than for one that has spent its budget", () => {
    const progress = new Progress(cellsWith({ steps: 8 }), new Set(), { steps: 8 });
    progress.record("grpo-s0", step(0, 100, 100));
    progress.finish("grpo-s0");
    expect(progress.fraction).toBe(0.5);
    expect(progress.secondsLeft(10)).toBeCloseTo(80); // an eighth of a cell in 10 seconds, and a cell to go
  });
});
