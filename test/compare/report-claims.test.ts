import { describe, expect, test } from "vitest";
import { claimsOf } from "../../src/compare/report/claims.ts";
import type { Evidence } from "../../src/compare/report/seeds.ts";
import { type Verdict, verdictOf } from "../../src/compare/report/verdict.ts";
import { BASE, curves, rows, type Shape, wholeComparison } from "./report-support.ts";

const OTHERS = ["dapo-deepscaler-16k", "deepscaler", "overthink", "dast", "o1-pruner", "adaptthink"];

type Scores = readonly [accuracy: number, length: number];

/** Curves of SIRI's cosine alone. */
function siri(shape: Shape): Evidence {
  return { rows: [], curves: curves("siri-cosine", shape) };
}

/** The benchmark of SIRI's two checkpoints and of all that it is compared with. */
function benchmark(low: Scores, high: Scores, others: Scores): Evidence {
  const other = ["grpo", ...OTHERS].flatMap((recipe) => rows(recipe, "final", others));
  return {
    rows: [BASE, ...rows("siri-cosine", "low", low), ...rows("siri-cosine", "high", high), ...other],
    curves: [],
  };
}

function compressing(deepscaler: Scores): Evidence {
  const others = ["overthink", "dast", "o1-pruner", "adaptthink"];
  return {
    rows: [
      BASE,
      ...rows("deepscaler", "final", deepscaler),
      ...others.flatMap((r) => rows(r, "final", [0.6, 40])),
    ],
    curves: [],
  };
}

/** The cosine, 0.87 right at 47 tokens, beside a recipe of our own. */
function beside(recipe: string, high: Scores): Evidence {
  return {
    rows: [BASE, ...rows("siri-cosine", "high", [0.87, 47]), ...rows(recipe, "high", high)],
    curves: [],
  };
}

/** The cosine with cycles of three lengths. */
function cycles(short: Shape, middle: Shape, long: Shape): Evidence {
  return {
    rows: [],
    curves: [
      ...curves("siri-cosine-T80", { ...short, cycle: 80, lag: 0 }, 3, "siri-cosine"),
      ...curves("siri-cosine", { ...middle, cycle: 160, lag: 0 }),
      ...curves("siri-cosine-T240", { ...long, cycle: 240, lag: 0 }, 3, "siri-cosine"),
    ],
  };
}

function shapes(cosine: Shape, stair: Shape, stairCosine: Shape): Evidence {
  return {
    rows: [],
    curves: [
      ...curves("siri-cosine", cosine),
      ...curves("siri-stair", { ...stair, kind: "stair" }),
      ...curves("siri-stair-cosine", { ...stairCosine, kind: "stair-cosine" }),
    ],
  };
}

/** SIRI-low beside DAST, AdaptThink and DeepScaleR. */
function low(scores: Scores, others: Scores): Evidence {
  const other = ["dast", "adaptthink", "deepscaler"].flatMap((recipe) => rows(recipe, "final", others));
  return { rows: [BASE, ...rows("siri-cosine", "low", scores), ...other], curves: [] };
}

function penalty(high: Scores, other: Scores): Evidence {
  return {
    rows: [BASE, ...rows("siri-cosine", "high", high), ...rows("kimi-length-penalty", "final", other)],
    curves: [],
  };
}

/** The stair, whose accuracy moves by so much over the second half of each stay at L_min and at L_max. */
function stair(atLmin: number, atLmax: number): Evidence {
  const runs = curves("siri-stair", { kind: "stair" }).map((run, seed) => {
    const acc = run.evals.step.map((step) => {
      const noise = 0.001 * ((seed + step! / 40) % 3);
      const gain = { 40: 0, 80: atLmin, 120: 0, 0: atLmax }[step! % 160] ?? 0;
      return 0.7 + gain + noise;
    });
    return { ...run, evals: { ...run.evals, acc } };
  });
  return { rows: [], curves: runs };
}

const GOOD = benchmark([0.9, 25], [0.93, 44], [0.8, 51]);
const BAD = benchmark([0.52, 50], [0.7, 55], [0.8, 51]);
const MILD: Shape = { swing: 0.2 };
const HARSH: Shape = { swing: 2.5 };

/** For each claim: evidence in which it is so, and evidence in which the contrary is. */
const WORLDS: Readonly<Record<string, readonly [so: Evidence, contrary: Evidence]>> = {
  "compression-shortens": [siri({}), siri({ shrink: 0.05 })],
  "compression-mild": [siri(MILD), siri(HARSH)],
  "expansion-raises": [siri({}), siri({ accuracy: 0.5, swing: -1 })],
  "cycles-gain": [siri({}), siri({ accuracy: 0.3 })],
  "cycles-length": [siri({}), siri({ drift: 0.001 })],
  "compressed-gain": [siri({}), siri({ accuracy: 0.3 })],
  "compressed-shorten": [siri({ drift: -0.001 }), siri({ drift: 0.001 })],
  "low-beats-base": [GOOD, BAD],
  "on-front": [GOOD, BAD],
  "low-deepscaler": [low([0.7, 40], [0.69, 38]), low([0.6, 40], [0.7, 38])],
  "low-short-where-hard": [low([0.7, 40], [0.69, 38]), low([0.7, 50], [0.69, 38])],
  "capping-penalty": [penalty([0.9, 44], [0.8, 44]), penalty([0.8, 44], [0.9, 44])],
  "high-two-stage": [GOOD, BAD],
  "high-fixed": [GOOD, BAD],
  "high-hardest": [GOOD, BAD],
  "high-shorter": [GOOD, BAD],
  "high-all": [GOOD, BAD],
  "compressing-lose": [compressing([0.86, 50]), compressing([0.5, 50])],
  "best-ratio": [GOOD, BAD],
  "long-expansion": [beside("siri-long-expansion", [0.9, 44]), beside("siri-long-expansion", [0.84, 47])],
  "length-penalty": [beside("siri-length-penalty", [0.9, 44]), beside("siri-length-penalty", [0.84, 47])],
  "length-lags": [siri({ lag: 20 }), siri({ lag: 0 })],
  "lag-size": [siri({ lag: 36 }), siri({ lag: 16 })],
  "wait-moves": [siri({}), siri({ swing: -1 })],
  "wait-returns": [siri({}), siri({ lag: 0, swing: -1, waitGrows: 0.002 })],
  "others-stay": [siri({ soFollows: false }), siri({})],
  "entropy-moves": [siri({ entropySwing: -0.03 }), siri({ entropySwing: 0.03 })],
  "entropy-bounded": [siri({}), siri({ entropy: 0, entropySwing: 0 })],
  "entropy-accuracy": [siri({ entropySwing: -0.03 }), siri({ entropySwing: 0.03 })],
  "longer-accurate": [
    cycles({ accuracy: 0.75 }, { accuracy: 0.8 }, { accuracy: 0.95 }),
    cycles({ accuracy: 0.95 }, { accuracy: 0.8 }, { accuracy: 0.75 }),
  ],
  "longer-milder": [cycles(HARSH, HARSH, MILD), cycles(MILD, MILD, HARSH)],
  "longer-swing": [
    cycles({ shrink: 0.2 }, { shrink: 0.3 }, { shrink: 0.5 }),
    cycles({ shrink: 0.5 }, { shrink: 0.3 }, { shrink: 0.2 }),
  ],
  "cosine-preserves": [shapes(MILD, HARSH, {}), shapes(HARSH, MILD, {})],
  "stair-gains": [shapes(MILD, HARSH, {}), shapes(HARSH, MILD, {})],
  "stair-stalls": [stair(0, 0.04), stair(0.05, 0)],
  "stair-cosine-combines": [shapes(MILD, HARSH, { swing: 1 }), shapes(HARSH, MILD, { swing: 1 })],
};

function claim(evidence: Evidence, id: string) {
  return claimsOf(evidence).find((each) => each.id === id)!;
}

function verdict(evidence: Evidence, id: string): Verdict {
  return verdictOf(claim(evidence, id).checks);
}

/** The same with the first seed alone. */
function oneSeed({ rows, curves }: Evidence): Evidence {
  return {
    rows: rows.filter(({ seed }) => seed === 0),
    curves: curves.filter(({ seed }) => seed === 0),
  };
}

test("every claim has a world of its own, and a name of its own", () => {
  const ids = claimsOf(wholeComparison()).map(({ id }) => id);
  expect(ids.toSorted()).toEqual(Object.keys(WORLDS).toSorted());
});

describe.each(Object.entries(WORLDS))("%s", (id, [so, contrary]) => {
  test("is reproduced where it is so", () => {
    expect(verdict(so, id)).toBe("reproduced");
  });

  test("is not reproduced where the contrary is so", () => {
    expect(verdict(contrary, id)).toBe("not reproduced");
  });

  test("is unclear with one seed", () => {
    expect(verdict(oneSeed(so), id)).toBe("unclear");
    expect(verdict(oneSeed(contrary), id)).toBe("unclear");
  });

  test("is not tested where there is nothing", () => {
    expect(verdict({ rows: [], curves: [] }, id)).toBe("not tested");
  });

  test("names the cells that its numbers come from", () => {
    const { sources } = claim(so, id);
    const file = so.curves.length > 0 ? "curves.jsonl" : "rows.jsonl";
    const cells = [...so.curves, ...so.rows].filter(({ cell }) => sources.join(" ").includes(cell));
    expect(sources.every((source) => source.startsWith(file))).toBe(true);
    expect(cells.length).toBeGreaterThan(0);
  });
});

test("a difference within two standard errors is unclear", () => {
  const noisy = (accuracy: number) => rows("siri-cosine", "high", [accuracy, 45], 5, 0.05);
  const other = rows("dapo-deepscaler-16k", "final", [0.8, 51], 5, 0.05);
  expect(verdict({ rows: [BASE, ...noisy(0.81), ...other], curves: [] }, "high-two-stage")).toBe("unclear");
});

test("a checkpoint is on the front by its accuracy where another is as short, else by its length", () => {
  const names = (evidence: Evidence) => claim(evidence, "on-front").checks.map(({ name }) => name);
  const asShort = benchmark([0.7, 40], [0.9, 60], [0.6, 50]);
  expect(names(asShort)[0]).toMatch(/^mean length of SIRI-low less that of the shortest other, /);
  expect(names(asShort)[1]).toMatch(/^accuracy of SIRI-high less that of the best other as short, /);
  const [, ...without] = asShort.rows.filter(({ recipe }) => recipe !== "dast");
  expect(verdict({ ...asShort, rows: without }, "on-front")).toBe("not tested");
});

test("a word that nobody says does not swing", () => {
  const silent = siri({ soFollows: false }).curves.map((run) => {
    const none = run.evals.step.map(() => 0);
    return { ...run, evals: { ...run.evals, alt_correct: none, alt_wrong: none } };
  });
  expect(verdict({ rows: [], curves: silent }, "others-stay")).toBe("reproduced");
});

test("a run that ended before its last cycle did is judged by its whole cycles", () => {
  const evidence = siri({ steps: 470 });
  expect(claim(evidence, "cycles-gain").checks.map(({ name }) => name)).toEqual([
    "accuracy at the end of cycle 2 less that of cycle 1",
  ]);
  expect(claim(evidence, "wait-moves").sources[0]).toContain("at steps 160, 240, 320");
});

test("evaluations that miss the ends of phases leave a claim untested", () => {
  const { curves } = siri({});
  const shifted = curves.map((curve) => {
    const step = curve.evals.step.map((step) => step! + 1);
    return { ...curve, evals: { ...curve.evals, step } };
  });
  expect(verdict({ rows: [], curves: shifted }, "expansion-raises")).toBe("not tested");
});
