import { mean, pearson } from "../../rl/statistics.ts";
import type { Curve, EvalColumn } from "../rows.ts";
import {
  lagOf,
  meanBetween,
  meanOfAll,
  phaseEnds,
  stepsOfCompression,
  valueAt,
  wholeCycles,
} from "./phases.ts";
import { curvesOf, type Evidence, estimate } from "./seeds.ts";
import { fromCurves } from "./sources.ts";
import { above, below, type Check, type Claim } from "./verdict.ts";

// What the paper says of words, of the lag of length, and of entropy.

const SIRI = "siri-cosine";

export type WordSteps = readonly [before: number, compressed: number, after: number];

/**
 * Steps at which words are looked at: the ends of an expansion, of the compression after it, and of the next expansion.
 * In the paper 2T, 2.5T and 3T; in a shorter run those of its last whole cycle. Null without a whole cycle.
 */
export function wordSteps(curves: readonly Curve[]): WordSteps | null {
  const cycles = Math.min(wholeCycles(curves), 3);
  if (cycles === 0) return null;
  const [first] = curves;
  const begin = first!.cycle * (cycles - 1);
  return [begin, begin + stepsOfCompression(first!), begin + first!.cycle];
}

export function waitMoves(data: Evidence): Claim {
  const curves = curvesOf(data, SIRI);
  const steps = wordSteps(curves);
  const checks = (["wait_correct", "wait_wrong"] as const).flatMap((column) => {
    const answers = column === "wait_correct" ? "right" : "wrong";
    const moved = (phase: 0 | 1) =>
      estimate(curves.map((curve) => swings(curve, column, steps)?.[phase] ?? null));
    return [
      below(`“wait” per ${answers} response, change in compression`, moved(0), 0, "number"),
      above(`“wait” per ${answers} response, change in expansion`, moved(1), 0, "number"),
    ];
  });
  return {
    id: "wait-moves",
    statement:
      "“wait” becomes rarer in compression and more frequent in expansion, in right and in wrong responses.",
    place: "§5.2, figure 6",
    checks,
    sources: [fromCurves(curves, "evals.wait_correct, evals.wait_wrong", steps ?? [])],
  };
}

/** "the correct responses from the model at step 1280 and 1920 are almost identical": we allow a tenth to either side. */
export function waitReturns(data: Evidence): Claim {
  const curves = curvesOf(data, SIRI);
  const steps = wordSteps(curves);
  const value = estimate(
    curves.map((curve) => {
      const [before, , after] = (steps ?? []).map((step) => valueAt(curve, "wait_correct", step));
      return before == null || after == null || before === 0 ? null : after / before;
    }),
  );
  const name = "“wait” per right response at the end of the last expansion over that of the one before";
  return {
    id: "wait-returns",
    statement: "Right responses say “wait” as often at the end of one expansion as at that of the next.",
    place: "§5.2, figure 6",
    checks: [above(name, value, 0.9, "ratio"), below(name, value, 1.1, "ratio")],
    sources: [fromCurves(curves, "evals.wait_correct", steps === null ? [] : [steps[0], steps[2]])],
  };
}

/** "while others remain stable": we ask that their relative swing is less than half of that of "wait". */
export function otherWordsStay(data: Evidence): Claim {
  const curves = curvesOf(data, SIRI);
  const steps = wordSteps(curves);
  const share = (column: EvalColumn, wait: EvalColumn) =>
    estimate(
      curves.map((curve) => {
        const [word, reference] = [column, wait].map((each) => relativeSwing(curve, each, steps));
        return word == null || reference == null || reference === 0 ? null : word / reference;
      }),
    );
  const checks = (["correct", "wrong"] as const).flatMap((answers): Check[] => {
    const kind = answers === "correct" ? "right" : "wrong";
    return [
      below(
        `swing of “alt” over that of “wait”, ${kind} responses`,
        share(`alt_${answers}`, `wait_${answers}`),
        0.5,
        "ratio",
      ),
      below(
        `swing of “so” over that of “wait”, ${kind} responses`,
        share(`so_${answers}`, `wait_${answers}`),
        0.5,
        "ratio",
      ),
    ];
  });
  return {
    id: "others-stay",
    statement: "Words for alternatives and for deduction stay as frequent as they were.",
    place: "§5.2, figure 6",
    checks,
    sources: [fromCurves(curves, "evals.wait_*, evals.alt_*, evals.so_*", steps ?? [])],
    note: "A swing is the mean of both changes, without sign, over the mean frequency. In the toy each re-check that begins with “wait” has one “so” in it, so these two cannot part.",
  };
}

/** Changes of a word's frequency over the compression and the expansion of {@link wordSteps}. */
function swings(curve: Curve, column: EvalColumn, steps: WordSteps | null): readonly [number, number] | null {
  const [before, low, after] = (steps ?? []).map((step) => valueAt(curve, column, step));
  if (before == null || low == null || after == null) return null;
  return [low - before, after - low];
}

function relativeSwing(curve: Curve, column: EvalColumn, steps: WordSteps | null): number | null {
  const moved = swings(curve, column, steps);
  const level = meanOfAll((steps ?? []).map((step) => valueAt(curve, column, step)));
  if (moved === null || level === null) return null;
  if (level === 0) return 0; // a word that nobody says stays as frequent as it was
  return mean(moved.map(Math.abs))! / level;
}

/** A delay is one from a third of the least that the paper saw; no lag is below zero, so zero itself would be no bound. */
export function lengthLags(data: Evidence): Claim {
  const curves = curvesOf(data, SIRI);
  return {
    id: "length-lags",
    statement: "The length of responses follows the cap with a delay.",
    place: "§5.2, figure 4",
    checks: [above("lag in steps over T", lagShare(curves), 0.05, "ratio")],
    sources: [fromCurves(curves, "steps.cap, steps.length")],
    note: LAG_NOTE,
  };
}

/** "about 100–200 steps" at T = 640. */
export function lagIsAsLong(data: Evidence): Claim {
  const curves = curvesOf(data, SIRI);
  const share = lagShare(curves);
  return {
    id: "lag-size",
    statement: "The delay is 0.16 to 0.31 of a cycle.",
    place: "§5.2, figure 4",
    checks: [
      above("lag in steps over T", share, 0.16, "ratio"),
      below("lag in steps over T", share, 0.31, "ratio"),
    ],
    sources: [fromCurves(curves, "steps.cap, steps.length")],
    note: LAG_NOTE,
  };
}

const LAG_NOTE =
  "By cross-correlation with the lengths in training, which the cap cuts; the table of lags has those of evaluations too.";

function lagShare(curves: readonly Curve[]) {
  return estimate(
    curves.map((curve) => {
      const { training } = lagOf(curve);
      return training === null ? null : training.lag / curve.cycle;
    }),
  );
}

export function entropyMoves(data: Evidence): Claim {
  const curves = curvesOf(data, SIRI);
  const over = (phase: 0 | 1) => estimate(curves.map((curve) => entropyChanges(curve)?.[phase] ?? null));
  return {
    id: "entropy-moves",
    statement: "Entropy falls in compression and rises in expansion.",
    place: "§5.2, appendix A.2, figure 9",
    checks: [
      below("change of entropy per token over a compression", over(0), 0, "nats"),
      above("change of entropy per token over an expansion", over(1), 0, "nats"),
    ],
    sources: [fromCurves(curves, "steps.entropy, means over the T/8 steps before each end of a phase")],
    note: "In the toy the tokens of a re-check are nearly certain, so leaving re-checks out raises the mean entropy of what is left.",
  };
}

/**
 * "performance gains often accompany rising entropy": from the second cycle on, as in the first the policy learns whatever
 * entropy does.
 */
export function entropyAndAccuracy(data: Evidence): Claim {
  const curves = curvesOf(data, SIRI);
  const value = estimate(
    curves.map((curve) => {
      const pairs = entropyOfPhases(curve)
        .filter(({ end }) => end.cycle > 1)
        .map(({ begin, end, change }) => {
          const [before, after] = [begin, end].map(({ step }) => valueAt(curve, "acc", step));
          return before == null || after == null || change === null ? null : [change, after - before];
        });
      const known = pairs.filter((pair) => pair !== null);
      if (known.length < pairs.length || known.length < 3) return null;
      return pearson(
        known.map(([entropy]) => entropy!),
        known.map(([, accuracy]) => accuracy!),
      );
    }),
  );
  return {
    id: "entropy-accuracy",
    statement: "Accuracy gains go with rising entropy.",
    place: "§5.2, appendix A.2",
    checks: [
      above(
        "correlation of the changes of entropy and of accuracy over the phases, from cycle 2 on",
        value,
        0,
        "ratio",
      ),
    ],
    sources: [
      fromCurves(
        curves,
        "steps.entropy, means over the T/8 steps before each end of a phase, and evals.acc at these ends",
      ),
    ],
    note: "Correlated over the phases of each run, which are few; the spread is that over runs.",
  };
}

/** "it does not collapse … remains stable within a certain range": we ask for half of what it was in the first cycle. */
export function entropyIsBounded(data: Evidence): Claim {
  const curves = curvesOf(data, SIRI);
  const value = estimate(
    curves.map((curve) => {
      const { cycle } = curve;
      const cycles = wholeCycles([curve]);
      if (cycles < 2) return null;
      const first = meanBetween(curve, "entropy", 0, cycle);
      const last = meanBetween(curve, "entropy", cycle * (cycles - 1), cycle * cycles);
      return first === null || last === null || first === 0 ? null : last / first;
    }),
  );
  return {
    id: "entropy-bounded",
    statement: "Entropy does not collapse.",
    place: "appendix A.2, figure 9",
    checks: [above("mean entropy of the last whole cycle over that of the first", value, 0.5, "ratio")],
    sources: [fromCurves(curves, "steps.entropy")],
  };
}

/** Mean changes of entropy over the compressions and over the expansions of a run. */
function entropyChanges(curve: Curve): readonly [number, number] | null {
  const changes = entropyOfPhases(curve);
  const over = (phase: "compressed" | "expanded") =>
    meanOfAll(changes.filter((each) => each.end.phase === phase).map(({ change }) => change));
  const [compressions, expansions] = [over("compressed"), over("expanded")];
  return compressions === null || expansions === null ? null : [compressions, expansions];
}

/** The change of entropy over each phase of a run: between means over the T/8 steps before its begin and before its end. */
function entropyOfPhases(curve: Curve) {
  const window = Math.max(1, Math.floor(curve.cycle / 8));
  const around = (step: number) =>
    meanBetween(curve, "entropy", step === 0 ? 0 : step - window, step === 0 ? window : step);
  const ends = phaseEnds([curve]);
  return ends.slice(1).map((end, index) => {
    const begin = ends[index]!;
    const [before, after] = [around(begin.step), around(end.step)];
    return { begin, end, change: before === null || after === null ? null : after - before };
  });
}
