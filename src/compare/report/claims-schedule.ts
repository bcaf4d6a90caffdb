import type { Curve } from "../rows.ts";
import { changes, meanOfAll, phaseEnds, valueAt, wholeCycles } from "./phases.ts";
import {
  curvesOf,
  difference,
  type Estimate,
  type Evidence,
  entriesOf,
  estimate,
  gain,
  ratio,
} from "./seeds.ts";
import { fromCurves } from "./sources.ts";
import { above, below, type Check, type Claim, type Unit } from "./verdict.ts";

// What the paper says of the length of cycles and the shape of the schedule (§5.3).

/** Runs with the cosine that differ in the length of their cycles alone, of each length those of the most seeds. */
export function cycleLengths({ curves }: Evidence): Map<number, Curve[]> {
  const plain = curves.filter(({ entry }) => /^siri-cosine(-T\d+)?$/.test(entry));
  const lengths = [...new Set(plain.map((curve) => curve.cycle))].sort((a, b) => a - b);
  return new Map(
    lengths.map((length) => {
      const same = plain.filter((curve) => curve.cycle === length);
      const entries = entriesOf(same).map((entry) => same.filter((curve) => curve.entry === entry));
      return [length, entries.reduce((most, runs) => (runs.length > most.length ? runs : most))];
    }),
  );
}

export function longerIsMoreAccurate(data: Evidence): Claim {
  return longestAgainst(
    data,
    "longer-accurate",
    "The longest cycle ends with the highest accuracy.",
    "accuracy at the end of its last whole cycle",
    "evals.acc",
    endAccuracy,
    "points",
  );
}

export function longerIsMilder(data: Evidence): Claim {
  return longestAgainst(
    data,
    "longer-milder",
    "Short cycles lose accuracy sharply in compression, the longest only mildly.",
    "accuracy kept in a compression (end over start, from cycle 2 on)",
    "evals.acc",
    kept,
    "number",
  );
}

export function longerSwingsMore(data: Evidence): Claim {
  return longestAgainst(
    data,
    "longer-swing",
    "The longest cycle has the largest oscillation of length.",
    "share of the length that a compression takes away",
    "evals.length",
    (curve) => meanOfAll(changes(curve, "length", "compressed", (begin, end) => 1 - end / begin)),
    "number",
  );
}

export function cosinePreserves(data: Evidence): Claim {
  return shapes(
    data,
    "cosine-preserves",
    "The cosine preserves accuracy in compression better than the stair.",
    [comparison(data, "siri-cosine", "siri-stair", "accuracy kept in a compression", kept, "number")],
    ["siri-cosine", "siri-stair"],
  );
}

export function stairGains(data: Evidence): Claim {
  return shapes(
    data,
    "stair-gains",
    "The stair gains more accuracy in expansion than the cosine.",
    [comparison(data, "siri-stair", "siri-cosine", "accuracy gained in an expansion", gained, "points")],
    ["siri-stair", "siri-cosine"],
  );
}

/** "the extended 8K compression phase also fails to improve performance, while the extended 16K expansion phase brings additional gains". */
export function stairStalls(data: Evidence): Claim {
  const curves = curvesOf(data, "siri-stair");
  /** Accuracy at the end of a half of a cycle less that in the middle of the half, mean over the cycles from the second on. */
  const over = (half: 0 | 1) =>
    estimate(
      curves.map((curve) => {
        const begins = phaseEnds([curve]).filter(({ phase, cycle }) => phase === "expanded" && cycle > 0);
        return meanOfAll(
          begins.slice(0, -1).map(({ step }) => {
            const [middle, end] = [0.25, 0.5].map((fraction) =>
              valueAt(curve, "acc", step + (fraction + half / 2) * curve.cycle),
            );
            return middle == null || end == null ? null : end - middle;
          }),
        );
      }),
    );
  return {
    id: "stair-stalls",
    statement: "To stay at L_min for longer does not improve the stair’s accuracy, to stay at L_max does.",
    place: "§5.3, figure 7b",
    checks: [
      below(
        "accuracy at the end of a stay at L_min less that in its middle, from cycle 2 on",
        over(0),
        0.01,
        "points",
      ),
      above(
        "accuracy at the end of a stay at L_max less that in its middle, from cycle 2 on",
        over(1),
        0,
        "points",
      ),
    ],
    sources: [fromCurves(curves, "evals.acc at T/4, T/2, 3T/4 and T of cycles")],
  };
}

/** What the shape is made for (§4.3); the paper says no more of how it did. */
export function stairCosineCombines(data: Evidence): Claim {
  return shapes(
    data,
    "stair-cosine-combines",
    "Stair-cosine is as smooth as the cosine in compression, and with its rest at L_max gains more in expansion.",
    [
      comparison(data, "siri-stair-cosine", "siri-stair", "accuracy kept in a compression", kept, "number"),
      comparison(
        data,
        "siri-stair-cosine",
        "siri-cosine",
        "accuracy gained in an expansion",
        gained,
        "points",
      ),
    ],
    ["siri-stair-cosine", "siri-stair", "siri-cosine"],
  );
}

function endAccuracy(curve: Curve): number | null {
  return valueAt(curve, "acc", curve.cycle * wholeCycles([curve]));
}

/** Accuracy at the end of a compression over that at its start; of the first cycle only if there is no other. */
function kept(curve: Curve): number | null {
  const first = wholeCycles([curve]) > 1 ? 2 : 1;
  return meanOfAll(changes(curve, "acc", "compressed", ratio, first));
}

function gained(curve: Curve): number | null {
  return meanOfAll(changes(curve, "acc", "expanded", gain));
}

function longestAgainst(
  data: Evidence,
  id: string,
  statement: string,
  quantity: string,
  column: string,
  measure: (curve: Curve) => number | null,
  unit: Unit,
): Claim {
  const lengths = [...cycleLengths(data)];
  const longest = lengths.at(-1);
  const checks = lengths.slice(0, -1).map(([cycle, curves]): Check => {
    const value = difference(over(longest![1], measure), over(curves, measure));
    return above(`${quantity}, T = ${longest![0]} less T = ${cycle}`, value, 0, unit);
  });
  return {
    id,
    statement,
    place: "§5.3, figure 7a",
    checks: checks.length > 0 ? checks : [above(`${quantity}, longest T less others`, null, 0, unit)],
    sources: lengths.map(([, curves]) => fromCurves(curves, `${column} at the ends of phases`)),
    note: "All have the same budget, so longer cycles are fewer.",
  };
}

function shapes(
  data: Evidence,
  id: string,
  statement: string,
  checks: readonly Check[],
  recipes: readonly string[],
): Claim {
  const sources = recipes.map((recipe) =>
    fromCurves(curvesOf(data, recipe), "evals.acc at the ends of phases"),
  );
  return { id, statement, place: "§4.3, §5.3, figure 7b", checks, sources };
}

/** A quantity of one recipe less that of another, which is to be above 0. */
function comparison(
  data: Evidence,
  recipe: string,
  other: string,
  quantity: string,
  measure: (curve: Curve) => number | null,
  unit: Unit,
): Check {
  const value = difference(over(curvesOf(data, recipe), measure), over(curvesOf(data, other), measure));
  return above(`${quantity}, ${recipe} less ${other}`, value, 0, unit);
}

function over(curves: readonly Curve[], measure: (curve: Curve) => number | null): Estimate | null {
  return estimate(curves.map(measure));
}
