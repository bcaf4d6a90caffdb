import type { EvalColumn } from "../rows.ts";
import { changes, meanOfAll, phaseEnds, valueAt, wholeCycles } from "./phases.ts";
import {
  baseOf,
  curvesOf,
  type Estimate,
  type Evidence,
  estimate,
  gain,
  ratio,
  rowsOf,
  type Score,
  scoreOf,
} from "./seeds.ts";
import { fromCurves, fromRows } from "./sources.ts";
import { above, below, type Claim } from "./verdict.ts";

// What the paper says of a run of SIRI by itself: its compressions, its expansions and what they come to. All of it is
// looked for in the paper's headline schedule, the cosine.

const SIRI = "siri-cosine";

/** "The compression phase … effectively reduces redundant tokens": we ask for a fifth; the paper has more. */
export function compressionShortens(data: Evidence): Claim {
  const value = overPhases(data, "length", "compressed", ratio);
  return {
    id: "compression-shortens",
    statement: "Compression cuts the length of responses sharply.",
    place: "§5.2, figure 4",
    checks: [
      below(
        "mean length at the end of a compression over that at its start, all cycles",
        value,
        0.8,
        "ratio",
      ),
    ],
    sources: [fromPhases(data, "evals.length")],
  };
}

/**
 * "not letting accuracy fall off the cliff": from the second compression on, since the first starts from a policy that
 * has yet to learn, and gains for that reason; a tenth of the accuracy is what we call mild.
 */
export function compressionIsMild(data: Evidence): Claim {
  const first = wholeCycles(curvesOf(data, SIRI)) > 1 ? 2 : 1;
  const value = overPhases(data, "acc", "compressed", ratio, first);
  return {
    id: "compression-mild",
    statement: "Compression costs little accuracy.",
    place: "§1, §5.2",
    checks: [
      above(
        `accuracy at the end of a compression over that at its start, from cycle ${first} on`,
        value,
        0.9,
        "ratio",
      ),
    ],
    sources: [fromPhases(data, "evals.acc")],
  };
}

export function expansionRaises(data: Evidence): Claim {
  const value = overPhases(data, "acc", "expanded", gain);
  return {
    id: "expansion-raises",
    statement: "Expansion raises accuracy.",
    place: "§5.2, figure 4",
    checks: [
      above("accuracy at the end of an expansion less that at its start, all cycles", value, 0, "points"),
    ],
    sources: [fromPhases(data, "evals.acc")],
  };
}

export function cyclesGain(data: Evidence): Claim {
  return {
    id: "cycles-gain",
    statement: "Each cycle ends more accurate than the one before.",
    place: "abstract, §5.2",
    checks: pairsOfCycles(data, "acc", "expanded", gain).map(({ cycle, value }) =>
      above(`accuracy at the end of cycle ${cycle} less that of cycle ${cycle - 1}`, value, 0, "points"),
    ),
    sources: [fromPhases(data, "evals.acc")],
  };
}

/** "almost the same response length" (§5.2), where the abstract says that it decreases: five per cent more pass. */
export function cyclesKeepLength(data: Evidence): Claim {
  return {
    id: "cycles-length",
    statement: "Each cycle ends with responses no longer than those of the one before.",
    place: "abstract, §5.2",
    checks: pairsOfCycles(data, "length", "expanded", ratio).map(({ cycle, value }) =>
      below(`mean length at the end of cycle ${cycle} over that of cycle ${cycle - 1}`, value, 1.05, "ratio"),
    ),
    sources: [fromPhases(data, "evals.length")],
  };
}

export function compressedGain(data: Evidence): Claim {
  return {
    id: "compressed-gain",
    statement: "Compressed checkpoints become more accurate from cycle to cycle (33.3, 38.1, 40.4).",
    place: "§5.2",
    checks: pairsOfCycles(data, "acc", "compressed", gain).map(({ cycle, value }) =>
      above(
        `accuracy after the compression of cycle ${cycle} less that of cycle ${cycle - 1}`,
        value,
        0,
        "points",
      ),
    ),
    sources: [fromPhases(data, "evals.acc")],
  };
}

export function compressedShorten(data: Evidence): Claim {
  return {
    id: "compressed-shorten",
    statement: "Compressed checkpoints become shorter from cycle to cycle (8065, 7266, 7093).",
    place: "§5.2",
    checks: pairsOfCycles(data, "length", "compressed", ratio).map(({ cycle, value }) =>
      below(
        `mean length after the compression of cycle ${cycle} over that of cycle ${cycle - 1}`,
        value,
        1,
        "ratio",
      ),
    ),
    sources: [fromPhases(data, "evals.length")],
  };
}

/** The paper's tokens are 57 % of the base's on average; 60 % is "about half" with room for that. */
export function lowBeatsBase(data: Evidence): Claim {
  const rows = rowsOf(data, SIRI, "low");
  const over = (pick: (score: Score) => number | null, combine: (before: number, after: number) => number) =>
    estimate(
      rows.map((row) => {
        const base = baseOf(data.rows, row);
        const before = base === null ? null : pick(scoreOf(data.rows, base));
        const after = pick(scoreOf(data.rows, row));
        return before === null || after === null ? null : combine(before, after);
      }),
    );
  return {
    id: "low-beats-base",
    statement: "SIRI-low is more accurate than the starting policy with about half the tokens.",
    place: "§1, table 1",
    checks: [
      above(
        "accuracy less that of the starting policy",
        over((score) => score.accuracy, gain),
        0,
        "points",
      ),
      below(
        "mean length over that of the starting policy",
        over((score) => score.length, ratio),
        0.6,
        "ratio",
      ),
    ],
    sources: [fromRows(rows, "levels.accuracy, levels.meanLength"), "rows.jsonl: the same of its base row"],
    note: "The starting policy was measured once, on the same problems: its own error is not in the spread.",
  };
}

/** The mean over the cycles of a run of what its phases did, over seeds. */
function overPhases(
  data: Evidence,
  column: EvalColumn,
  phase: "compressed" | "expanded",
  combine: (begin: number, end: number) => number,
  firstCycle = 1,
): Estimate | null {
  return estimate(
    curvesOf(data, SIRI).map((curve) => meanOfAll(changes(curve, column, phase, combine, firstCycle))),
  );
}

/** What the ends of like phases of neighbouring cycles come to, over seeds; one pair not known if there is one cycle. */
function pairsOfCycles(
  data: Evidence,
  column: EvalColumn,
  phase: "compressed" | "expanded",
  combine: (before: number, after: number) => number,
): { readonly cycle: number; readonly value: Estimate | null }[] {
  const curves = curvesOf(data, SIRI);
  const ends = phaseEnds(curves).filter((end) => end.phase === phase);
  const pairs = ends.slice(1).map((end, index) => ({
    cycle: end.cycle,
    value: estimate(
      curves.map((curve) => {
        const [before, after] = [ends[index]!.step, end.step].map((step) => valueAt(curve, column, step));
        return before == null || after == null ? null : combine(before, after);
      }),
    ),
  }));
  return pairs.length > 0 ? pairs : [{ cycle: 2, value: null }];
}

function fromPhases(data: Evidence, column: string): string {
  const curves = curvesOf(data, SIRI);
  const steps = phaseEnds(curves).map(({ step }) => step);
  return fromCurves(curves, column, steps);
}
