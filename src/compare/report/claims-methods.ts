import type { Row } from "../rows.ts";
import { difference, type Estimate, type Evidence, estimate, rowsOf, type Score, scoreOf } from "./seeds.ts";
import { fromRows } from "./sources.ts";
import { above, below, type Check, type Claim } from "./verdict.ts";

// What the paper says of SIRI beside other methods, all from the benchmark of reported checkpoints.

const SIRI = "siri-cosine";
const TWO_STAGE = "dapo-deepscaler-16k";
const FIXED = "grpo";
const LONG_EXPANSION = "siri-long-expansion";

/** The other methods of the paper's table 1. */
const OTHERS = [TWO_STAGE, "deepscaler", "overthink", "dast", "o1-pruner", "adaptthink"] as const;
/** Those of them that only compress. */
const COMPRESSING = ["overthink", "dast", "o1-pruner", "adaptthink"] as const;

const LEVELS = "levels.accuracy";

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

/** Not a claim of the paper, but one that its §5.3 suggests: "the expansion phase should be extended". */
export function longExpansionWins(data: Evidence): Claim {
  const [long, paper] = [rowsOf(data, LONG_EXPANSION, "high"), rowsOf(data, SIRI, "high")];
  const less = (measure: keyof Score) => difference(over(data, long, measure), over(data, paper, measure));
  return {
    id: "long-expansion",
    statement: "SIRI with a long expansion ends more accurate and shorter than with the paper’s cosine.",
    place: "not in the paper; after §5.3",
    checks: [
      above(`accuracy of ${LONG_EXPANSION} less that of ${SIRI}`, less("accuracy"), 0, "points"),
      below(`mean length of ${LONG_EXPANSION} less that of ${SIRI}`, less("length"), 0, "tokens"),
    ],
    sources: [long, paper].map((rows) => fromRows(rows, "levels.accuracy, levels.meanLength")),
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
