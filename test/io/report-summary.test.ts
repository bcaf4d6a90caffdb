import { describe, expect, test } from "vitest";
import type { Fields } from "../../src/io/report/data.ts";
import { parseLog } from "../../src/io/report/data.ts";
import { headline, introduction, story, unfinished } from "../../src/io/report/story.ts";
import { summarise } from "../../src/io/report/summary.ts";
import { breathingLines, COSINE, evalLine, REAL_CONFIG, REAL_LINES, stepLine } from "./report-support.ts";
import { expectFailure } from "./support.ts";

function read(lines: readonly Fields[], config: Fields = {}) {
  const log = parseLog(lines);
  const summary = summarise(log, config);
  return { log, summary, headline: headline(log, summary), story: story(log, summary).join(" ") };
}

describe("parseLog", () => {
  test("sorts by step, and of two lines for a step keeps the later", () => {
    const { steps, evals } = parseLog([
      evalLine(10, 0.5, 20),
      evalLine(0, 0.1, 30),
      stepLine(1),
      stepLine(0),
      evalLine(10, 0.6, 20),
    ]);
    expect(steps.map(({ step }) => step)).toEqual([0, 1]);
    expect(evals.map(({ step, accuracy }) => [step, accuracy])).toEqual([
      [0, 0.1],
      [10, 0.6],
    ]);
  });

  test("takes for not measured what is no finite number", () => {
    const metrics = { acc: Number.NaN, entropy: "0.1", "completions/mean_length": null };
    const { accuracy, entropy, length, dead } = parseLog([stepLine(0, metrics)]).steps[0]!;
    expect([accuracy, entropy, length, dead]).toEqual([null, null, null, null]);
  });

  test("refuses a line without its step, and a step without its cap", async () => {
    await expectFailure(
      () => parseLog([stepLine(0), { type: "eval", step: "1" }]),
      "input-invalid",
      "line 2",
      "step",
    );
    await expectFailure(
      () => parseLog([{ type: "step", step: 3, cap: null }]),
      "input-invalid",
      "line 1",
      "cap",
    );
  });
});

describe("summarise", () => {
  test("finds cycles, their shortest responses and the longest that follow, however late", () => {
    const { summary } = read(breathingLines(240, 10), { schedule: { cycle: 80 } });
    expect(
      summary.cycles.map(({ number, begin, end, whole, highestCap, lowestCap, shortest, longest }) => [
        ...[number, begin, end, whole, highestCap, lowestCap],
        ...[shortest?.step, longest?.step],
      ]),
    ).toEqual([
      [1, 0, 80, true, 80, 40, 50, 90],
      [2, 80, 160, true, 80, 40, 130, 170],
      [3, 160, 240, true, 80, 40, 210, 240],
    ]);
  });

  test("finds the lag, and none before a budget has come back up", () => {
    expect(read(breathingLines(240, 10)).summary.lag).toMatchObject({ lag: 10 });
    expect(read(breathingLines(30, 10), { schedule: { cycle: 80 } }).summary.lag).toBeNull();
    const gap = breathingLines(160, 10).map((line) =>
      line.step === 7 ? { ...line, "completions/mean_length": null } : line,
    );
    expect(read(gap).summary.lag).toBeNull();
  });

  test("knows a cycle that was not run to its end", () => {
    const { summary } = read(breathingLines(130, 10), { schedule: { cycle: 80 }, rl: { steps: 240 } });
    expect(summary.cycles.map(({ whole }) => whole)).toEqual([true, false]);
    expect(unfinished(summary)).toBe("This run is not finished: 130 of 240 steps are logged.");
  });

  test("has no shortest and no longest where lengths only grow, or were not measured", () => {
    const growing = breathingLines(80, 0).map((line) =>
      line.type === "eval" ? { ...line, "eval/mean_length": 10 + (line.step as number) } : line,
    );
    expect(read(growing).summary.cycles).toMatchObject([{ shortest: null, longest: null }]);
    const unknown = growing.map((line) => ({ ...line, "eval/mean_length": null }));
    expect(read(unknown).summary.cycles).toMatchObject([{ shortest: null, longest: null }]);
  });

  test("plans no more steps than were made where the tokens of the config are spent", () => {
    const lines = [0, 1].map((step) => stepLine(step, { "tokens/generated": 500 }));
    const planned = (tokenBudget: number) =>
      summarise(parseLog(lines), { rl: { steps: 480, tokenBudget } }).stepsPlanned;
    expect([0, 1001, 1000].map(planned)).toEqual([480, 480, 2]);
  });

  test("sums up a real run as its log does", () => {
    const { summary } = read(REAL_LINES, REAL_CONFIG);
    const steps = REAL_LINES.filter(({ type }) => type === "step");
    const total = (name: string) => steps.reduce((sum, line) => sum + (line[name] as number), 0);
    expect(summary.sampledTokens).toBe(total("tokens/generated"));
    expect(summary.meanTruncated).toBeCloseTo(total("completions/clipped_ratio") / 160, 12);
    expect(summary.meanDead).toBeCloseTo(total("frac_reward_zero_std") / 160, 12);
    expect(summary.spans.map(({ phase, begin, end }) => [phase, begin, end])).toEqual([
      ["hold", 0, 20],
      ["compress", 20, 60],
      ["hold", 60, 100],
      ["expand", 100, 140],
      ["hold", 140, 160],
    ]);
    expect(summary.cycles).toMatchObject([{ whole: true, shortest: { step: 100 }, longest: { step: 160 } }]);
  });
});

describe("story", () => {
  test("tells of settings that were changed in mid-run", () => {
    const changes = [
      { path: "schedule.lmin", from: 40, to: 48 },
      { path: "rl.overlong", from: "penalise", to: "mask" },
    ];
    const { story } = read([...REAL_LINES, { type: "marker", step: 12, changes }], REAL_CONFIG);
    expect(story).toContain(
      'From step 12 on, schedule.lmin was 48 instead of 40, rl.overlong was "mask" instead of "penalise".',
    );
  });

  test("of a real run", () => {
    const { headline, story } = read(REAL_LINES, REAL_CONFIG);
    expect(headline).toBe("From 49% right with 59 tokens to 79% right with 43 tokens");
    expect(story).toContain(
      "rose from 48.8% at step 0 to 79.1% at step 160 (standard error of the difference: 2.8 points)",
    );
    expect(story).toContain("28% shorter: 59.1 tokens before, 42.7 after");
    expect(story).toContain("fell and rose again once, between 80 and 40 tokens");
    expect(story).toContain("with a delay of 17 steps (correlation 0.91)");
    expect(story).toContain("29.8% of the responses were cut off before, 0.0% after");
    expect(story).toContain("16.8% of the responses in training were cut off");
    expect(story).toContain("In 31% of the groups");
  });

  test.each([
    [
      0.5,
      0.53,
      0.02,
      "did not change clearly: from 50.0% at step 0 to 53.0% at step 80, less than twice the standard error of 2.8 points",
    ],
    [
      0.5,
      0.4,
      0.02,
      "fell from 50.0% at step 0 to 40.0% at step 80 (standard error of the difference: 2.8 points)",
    ],
    [0.5, 0.6, 0.02, "rose from"],
    [0.5, 0.6, null, "how uncertain that is was not measured"],
    [0.5, null, 0.02, "was not measured"],
  ])("tells what accuracy did: %s to %s, ± %s", (before, after, error, expected) => {
    const more = { "eval/acc_se": error };
    const { story } = read([evalLine(0, before, 50, more), evalLine(80, after, 50, more)]);
    expect(story).toContain(expected);
  });

  test.each([
    [50, 25, "50% shorter"],
    [50, 60, "20% longer"],
    [50, 51, "about as long as they were: 50.0 tokens before, 51.0 after"],
  ])("tells what length did: %s to %s", (before, after, expected) => {
    expect(read([evalLine(0, 0.5, before), evalLine(80, 0.5, after)]).story).toContain(expected);
  });

  test("of a run without evaluations claims nothing of the model", () => {
    const { headline, story } = read([stepLine(0, { acc: 0.1 }), stepLine(1, { acc: 0.9 })]);
    expect(headline).toBe("2 steps and no evaluation");
    expect(story).toContain("what the model can do with the largest budget is not known");
    expect(story).not.toMatch(/rose|fell|shorter/);
  });

  test("of a single evaluation compares nothing", () => {
    const { headline, story } = read([evalLine(0, 0.5, 60), stepLine(0)]);
    expect(headline).toBe("One evaluation: 50% right with 60 tokens");
    expect(story).toContain("there is nothing to compare");
    expect(story).not.toMatch(/rose|fell|shorter/);
  });

  test("of nothing says that there is nothing", () => {
    expect(read([])).toMatchObject({ headline: "Nothing was logged yet", story: "" });
  });

  test("of metrics that are all null has no numbers", () => {
    const { headline, story } = read([evalLine(0, null, null), stepLine(0), evalLine(1, null, null)]);
    expect(headline).toBe("1 step, and nothing to compare: accuracy or length was not measured");
    expect(story).not.toMatch(/rose|fell|shorter|correlation|NaN|null/);
  });

  test("of a budget that is held does not speak of breathing", () => {
    const { summary, story } = read(breathingLines(160, 0, { ...COSINE, kind: "constant" }));
    expect(story).toContain("The budget was held at 80 tokens.");
    expect(introduction(summary)).not.toContain("breathes");
    expect(introduction(read(REAL_LINES).summary)).toContain("breathes");
  });

  test("of a budget that only falls does not speak of rising", () => {
    const staircase = { ...COSINE, kind: "staircase", cycle: 20, lmax: 90, lmin: 40 } as const;
    expect(read(breathingLines(60, 0, staircase)).story).toContain("without a complete cycle");
  });

  test("of lengths that do not follow the budget says so", () => {
    const flat = breathingLines(160, 0).map((line) => {
      const noise = ((line.step as number) * 7919) % 31;
      return line.type === "step" ? { ...line, "completions/mean_length": 30 + noise } : line;
    });
    expect(read(flat).story).toContain("did not visibly follow");
  });

  test("tells of updates that were skipped", () => {
    expect(read([stepLine(0, { grad_skipped: 1 }), stepLine(1, { grad_skipped: 2 })]).story).toContain(
      "3 updates were skipped",
    );
  });
});
