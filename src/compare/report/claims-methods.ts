import type { Row } from "../rows.ts";
import {
  difference,
  type Estimate,
  type Evidence,
  estimate,
  quotient,
  rowsOf,
  type Score,
  scoreOf,
} from "./seeds.ts";
import { fromRows } from "./sources.ts";
import { above, below, type Check, type Claim } from "./verdict.ts";

// What the paper says of SIRI beside other methods, all from the benchmark of reported checkpoints.

const SIRI = "siri-cosine";
const TWO_STAGE = "dapo-deepscaler-16k";
const FIXED = "grpo";

/** The other methods of the paper's table 1. */
const OTHERS = [TWO_STAGE, "deepscaler", "overthink", "dast", "o1-pruner", "adaptthink"] as const;
/** Those of them that only compress. */
const COMPRESSING = ["overthink", "dast", "o1-pruner", "adaptthink"] as const;

/** Kimi k1.5's, which the paper cites for it. */
const PENALTY = "kimi-length-penalty";

const LEVELS = "levels.accuracy";
const MEASURES = "levels.accuracy, levels.meanLength";

export function highBeatsTwoStage(data: Evidence): Claim {
  return accurate(
    data,
    "high-two-stage",
    "SIRI-high is more accurate than two-stage DAPO.",
    "§5.2, table 1",
    [TWO_STAGE],
  );
}

/** Not a claim of the paper, which has no run at a fixed length, but the first thing to ask. */
export function highBeatsFixed(data: Evidence): Claim {
  return accurate(
    data,
    "high-fixed",
    "SIRI-high is more accurate than GRPO at a fixed length.",
    "not in the paper, which has no such run",
    [FIXED],
  );
}

export function highBeatsAll(data: Evidence): Claim {
  return accurate(
    data,
    "high-all",
    "SIRI-high has the highest accuracy of all methods of table 1.",
    "abstract, table 1",
    OTHERS,
  );
}

/** "largely outperforming it on the more challenging AIME25 benchmark". */
export function highBeatsOnHardest(data: Evidence): Claim {
  const [high, other] = [rowsOf(data, SIRI, "high"), rowsOf(data, TWO_STAGE, "final")];
  const hardest = (rows: readonly Row[]) => estimate(rows.map((row) => row.levels.at(-1)?.accuracy ?? null));
  return {
    id: "high-hardest",
    statement: "On the hardest problems SIRI-high is far more accurate than two-stage DAPO.",
    place: "§5.2, figure 5",
    checks: [
      above(
        "accuracy on the hardest level less that of two-stage DAPO",
        difference(hardest(high), hardest(other)),
        0,
        "points",
      ),
    ],
    sources: [
      fromRows(high, "accuracy of the last of levels"),
      fromRows(other, "accuracy of the last of levels"),
    ],
  };
}

export function highIsShorter(data: Evidence): Claim {
  const high = rowsOf(data, SIRI, "high");
  const check = (recipe: string, title: string): Check => {
    const value = difference(over(data, high, "length"), over(data, rowsOf(data, recipe, "final"), "length"));
    return below(`mean length less that of ${title}`, value, 0, "tokens");
  };
  return {
    id: "high-shorter",
    statement: "SIRI-high needs fewer tokens than two-stage DAPO (and than GRPO at a fixed length).",
    place: "§5.2, figure 5",
    checks: [check(TWO_STAGE, "two-stage DAPO"), check(FIXED, "GRPO at a fixed length")],
    sources: [high, rowsOf(data, TWO_STAGE, "final"), rowsOf(data, FIXED, "final")].map((rows) =>
      fromRows(rows, "levels.meanLength"),
    ),
  };
}

/**
 * "SIRI continually pushes the model to the Pareto frontier", which all others of figure 1 lie behind. A checkpoint lies on
 * the front if it is more accurate than every other that is as short; where none is as short, by being the shortest.
 */
export function liesOnFront(data: Evidence): Claim {
  const others = OTHERS.map((recipe) => measured(data, recipe, rowsOf(data, recipe, "final")));
  const check = (checkpoint: "low" | "high"): Check => {
    const name = `SIRI-${checkpoint}`;
    const own = measured(data, name, rowsOf(data, SIRI, checkpoint));
    const { length, accuracy } = own;
    if (length === null || accuracy === null || others.some((other) => other.length === null))
      return above(`accuracy of ${name} less that of the best other as short`, null, 0, "points");
    const asShort = others.filter((other) => other.length!.mean <= length.mean);
    if (asShort.length === 0) {
      const shortest = others.reduce((a, b) => (b.length!.mean < a.length!.mean ? b : a));
      const value = difference(length, shortest.length);
      return below(
        `mean length of ${name} less that of the shortest other, ${shortest.name}`,
        value,
        0,
        "tokens",
      );
    }
    const best = asShort.reduce((a, b) => (b.accuracy!.mean > a.accuracy!.mean ? b : a));
    const value = difference(accuracy, best.accuracy);
    return above(
      `accuracy of ${name} less that of the best other as short, ${best.name}`,
      value,
      0,
      "points",
    );
  };
  return {
    id: "on-front",
    statement:
      "SIRI’s checkpoints lie on the front of accuracy against length: no other method of table 1 is as accurate and as short.",
    place: "abstract, figure 1",
    checks: [check("low"), check("high")],
    sources: [
      fromRows(rowsOf(data, SIRI, "low"), MEASURES),
      fromRows(rowsOf(data, SIRI, "high"), MEASURES),
      ...OTHERS.map((recipe) => fromRows(rowsOf(data, recipe, "final"), MEASURES)),
    ],
    note: "Which other it is goes by means, which favours the others a little.",
  };
}

function measured(data: Evidence, name: string, rows: readonly Row[]) {
  return { name, length: over(data, rows, "length"), accuracy: over(data, rows, "accuracy") };
}

/** "performs similarly with DeepScaleR" (40.4 and 41.1, 29.6 and 29.0 …): three points less at most. */
export function lowIsLikeDeepscaler(data: Evidence): Claim {
  const low = rowsOf(data, SIRI, "low");
  const other = rowsOf(data, "deepscaler", "final");
  const value = difference(over(data, low, "accuracy"), over(data, other, "accuracy"));
  return {
    id: "low-deepscaler",
    statement: "SIRI-low is about as accurate as DeepScaleR.",
    place: "§5.2, table 1",
    checks: [above("accuracy of SIRI-low less that of deepscaler", value, -0.03, "points")],
    sources: [low, other].map((rows) => fromRows(rows, LEVELS)),
  };
}

/** "comparable" on hard problems: in table 1 from 8 % shorter to 6 % longer; we ask for a tenth longer at most. */
export function lowIsShortWhereHard(data: Evidence): Claim {
  const low = rowsOf(data, SIRI, "low");
  const lengths = (rows: readonly Row[], level: 0 | -1) =>
    estimate(rows.map((row) => row.levels.at(level)?.meanLength ?? null));
  const shortMethods = ["dast", "adaptthink"];
  const check = (recipe: string, level: 0 | -1): Check => {
    const value = quotient(lengths(low, level), lengths(rowsOf(data, recipe, "final"), level));
    const name = `mean length on the ${level === 0 ? "easiest" : "hardest"} level over that of ${recipe}`;
    return level === 0 ? above(name, value, 1, "ratio") : below(name, value, 1.1, "ratio");
  };
  return {
    id: "low-short-where-hard",
    statement:
      "SIRI-low writes more than DAST and AdaptThink on the easiest problems, and about as much or less on the hardest.",
    place: "§5.2, table 1",
    checks: ([0, -1] as const).flatMap((level) => shortMethods.map((recipe) => check(recipe, level))),
    sources: [low, ...shortMethods.map((recipe) => rowsOf(data, recipe, "final"))].map((rows) =>
      fromRows(rows, "meanLength of the first and the last of levels"),
    ),
  };
}

/** The "training efficiency" of penalties "is worse than the direct capping method": at the same budget, by AES. */
export function cappingBeatsPenalty(data: Evidence): Claim {
  const high = rowsOf(data, SIRI, "high");
  const penalty = rowsOf(data, PENALTY, "final");
  const value = difference(over(data, high, "aes"), over(data, penalty, "aes"));
  return {
    id: "capping-penalty",
    statement: "Capping the length trains more efficiently than an adaptive penalty on it.",
    place: "§4.2",
    checks: [above(`AES of SIRI-high less that of ${PENALTY}`, value, 0, "number")],
    sources: [high, penalty].map((rows) => fromRows(rows, `${MEASURES}, against the base row`)),
    note: "The paper has no numbers for it; here both have the same budget.",
  };
}

/** Not a claim of the paper, but one that its §5.3 suggests: "the expansion phase should be extended". */
export function longExpansionWins(data: Evidence): Claim {
  return beatsCosine(data, "siri-long-expansion", {
    id: "long-expansion",
    statement: "SIRI with a long expansion ends more accurate and shorter than with the paper’s cosine.",
    place: "not in the paper; after §5.3",
  });
}

/** Nor is this one: the paper has caps in place of penalties (§4.2), not beside them. */
export function lengthPenaltyWins(data: Evidence): Claim {
  return beatsCosine(data, "siri-length-penalty", {
    id: "length-penalty",
    statement:
      "SIRI with a shallow trough and a length penalty ends more accurate and shorter than with the paper’s cosine.",
    place: "not in the paper; after §4.2",
  });
}

/** That a recipe of our own beats the paper's cosine on the front: in accuracy and in length. */
function beatsCosine(
  data: Evidence,
  recipe: string,
  words: Pick<Claim, "id" | "statement" | "place">,
): Claim {
  const [own, paper] = [rowsOf(data, recipe, "high"), rowsOf(data, SIRI, "high")];
  const less = (measure: keyof Score) => difference(over(data, own, measure), over(data, paper, measure));
  return {
    ...words,
    checks: [
      above(`accuracy of ${recipe} less that of ${SIRI}`, less("accuracy"), 0, "points"),
      below(`mean length of ${recipe} less that of ${SIRI}`, less("length"), 0, "tokens"),
    ],
    sources: [own, paper].map((rows) => fromRows(rows, MEASURES)),
  };
}

/** "models trained with standard RL (DeepScaleR)" outdo "all other length-compression approaches … by a large margin". */
export function compressingMethodsLose(data: Evidence): Claim {
  const reference = rowsOf(data, "deepscaler", "final");
  return {
    id: "compressing-lose",
    statement: "Methods that only compress are less accurate than standard RL (DeepScaleR).",
    place: "§1, figure 1",
    checks: comparisons(data, "accuracy", reference, "DeepScaleR", COMPRESSING, "points"),
    sources: [reference, ...COMPRESSING.map((recipe) => rowsOf(data, recipe, "final"))].map((rows) =>
      fromRows(rows, LEVELS),
    ),
  };
}

/** In the paper's table 1 as printed it is SIRI-low that has the best ratio of the 1.5B models. */
export function bestRatio(data: Evidence): Claim {
  const low = rowsOf(data, SIRI, "low");
  return {
    id: "best-ratio",
    statement: "SIRI has the best accuracy–CR ratio of the methods of table 1.",
    place: "§5.2, table 1",
    checks: comparisons(data, "acr", low, "SIRI-low", OTHERS, "number"),
    sources: [low, ...OTHERS.map((recipe) => rowsOf(data, recipe, "final"))].map((rows) =>
      fromRows(rows, "levels.accuracy and levels.meanLength, against the base row"),
    ),
    note: "The ratio counts losses of accuracy as 0: read it beside accuracy and AES in table 1.",
  };
}

/** SIRI-high's accuracy against those of others. */
function accurate(
  data: Evidence,
  id: string,
  statement: string,
  place: string,
  recipes: readonly string[],
): Claim {
  const high = rowsOf(data, SIRI, "high");
  return {
    id,
    statement,
    place,
    checks: comparisons(data, "accuracy", high, "SIRI-high", recipes, "points"),
    sources: [high, ...recipes.map((recipe) => rowsOf(data, recipe, "final"))].map((rows) =>
      fromRows(rows, LEVELS),
    ),
  };
}

/** A score of one method less that of each other, which is to be above 0. */
function comparisons(
  data: Evidence,
  score: keyof Score,
  rows: readonly Row[],
  title: string,
  others: readonly string[],
  unit: Check["unit"],
): Check[] {
  return others.map((recipe) =>
    above(
      `${NAMES[score]} of ${title} less that of ${recipe}`,
      difference(over(data, rows, score), over(data, rowsOf(data, recipe, "final"), score)),
      0,
      unit,
    ),
  );
}

const NAMES: Readonly<Record<keyof Score, string>> = {
  accuracy: "accuracy",
  length: "mean length",
  acr: "accuracy–CR ratio",
  aes: "AES",
};

function over(data: Evidence, rows: readonly Row[], score: keyof Score): Estimate | null {
  return estimate(rows.map((row) => scoreOf(data.rows, row)[score]));
}
