import { amount, count, duration, fixed, percent } from "../../io/report/format.ts";
import type { Cell, Table } from "../../io/report/table.ts";
import type { LevelResult } from "../../train/records.ts";
import type { Curve, EvalColumn, Row } from "../rows.ts";
import type { ComparisonData } from "./data.ts";
import { extraWork } from "./extra-work.ts";
import { lagOf, meanAt, phaseEnds, valueAt, wholeCycles } from "./phases.ts";
import {
  type Estimate,
  entriesOf,
  estimate,
  isBase,
  nameOf,
  type Standing,
  scoreOf,
  standingsOf,
} from "./seeds.ts";

/** A column of table 1: how to measure a row, how to write it, and which is best. */
interface Column {
  readonly title: string;
  readonly value: (row: Row) => number | null;
  readonly write: (value: number) => string;
  readonly best: "highest" | "lowest" | null;
}

/** SIRI's table 1: every reported checkpoint, with its accuracy and length for each difficulty. */
export function mainTable({ rows }: Pick<ComparisonData, "rows">): Table {
  const standings = standingsOf(rows);
  const columns = columnsOf(rows);
  const estimates = standings.map(({ rows }) => columns.map(({ value }) => estimate(rows.map(value))));
  const best = columns.map((column, index) =>
    bestOf(
      column,
      estimates.filter((_, at) => !isBase(standings[at]!)).map((row) => row[index]!),
    ),
  );
  return {
    caption:
      "Accuracy in % and mean length in tokens over all difficulties and for each, which stands for a benchmark of the " +
      "paper; mean ± standard error over n seeds; the best mean of each column, starting policies aside, in bold, even where " +
      "others lie within its error; cost: millions of tokens generated in training",
    columns: ["method", "n", "cost", ...columns.map(({ title }) => title)],
    rows: standings.map((standing, at) => [
      nameOf(standing),
      `${standing.rows.length}`,
      costOf(standing),
      ...columns.map((column, index): Cell => {
        const value = estimates[at]![index]!;
        const text = withSpread(value, column.write).replaceAll(" ", ""); // sixteen columns have to fit
        return value !== null && !isBase(standing) && value.mean === best[index] ? { best: text } : text;
      }),
    ]),
    file: "rows.jsonl",
  };
}

function costOf({ rows }: Standing): string {
  const tokens = estimate(rows.map((row) => row.tokens));
  return fixed(tokens === null ? null : tokens.mean / 1e6, 1);
}

function columnsOf(rows: readonly Row[]): Column[] {
  const points = (value: number) => fixed(100 * value, 1);
  const tokens = (value: number) => fixed(value, 1);
  const levels = (rows[0]?.levels ?? []).flatMap(({ name, standsFor }, index): Column[] => {
    const title = standsFor === "" ? name : `${name} (${standsFor})`;
    const of = (pick: (level: LevelResult) => number) => (row: Row) => {
      const level = row.levels[index];
      return level === undefined ? null : pick(level);
    };
    return [
      { title: `${title} %`, value: of((level) => level.accuracy), write: points, best: "highest" },
      { title: "tokens", value: of((level) => level.meanLength), write: tokens, best: "lowest" },
    ];
  });
  // What one looks for first stands first: on a screen the rest is scrolled to.
  return [
    { title: "mean: %", value: (row) => scoreOf(rows, row).accuracy, write: points, best: "highest" },
    { title: "tokens", value: (row) => scoreOf(rows, row).length, write: tokens, best: "lowest" },
    { title: "ACR", value: (row) => scoreOf(rows, row).acr, write: (v) => fixed(v, 2), best: "highest" },
    { title: "AES", value: (row) => scoreOf(rows, row).aes, write: (v) => fixed(v, 2), best: "highest" },
    ...levels,
  ];
}

function bestOf({ best }: Column, values: readonly (Estimate | null)[]): number | null {
  const means = values.flatMap((value) => (value === null ? [] : [value.mean]));
  if (best === null || means.length === 0) return null;
  return means.reduce((a, b) => (best === "highest" ? Math.max(a, b) : Math.min(a, b)));
}

/** A mean with its standard error, where there are several seeds. */
export function withSpread(value: Estimate | null, write: (value: number) => string): string {
  if (value === null) return "–";
  return value.error === null ? write(value.mean) : `${write(value.mean)} ± ${write(value.error)}`;
}

/** What table 1 does not tell by itself. */
export const MAIN_NOTES = [
  "ACR is the accuracy–CR ratio of the paper’s table 1: max(accuracy / base accuracy − 1, 0) over length / base length, for " +
    "each difficulty, and then the mean over them; higher is better. The paper does not say how it averages; this way gives " +
    "13 of its 15 values.",
  "ACR does not see a loss of accuracy, which counts as 0 and subtracts nothing, and it rewards fewer tokens only where " +
    "accuracy has risen. It grows without bound where the base policy is hardly ever right, so the hardest difficulty " +
    "outweighs the others. AES (O1-Pruner) is the share of tokens saved plus 3 times the relative gain of accuracy, or minus " +
    "5 times its relative loss; the mean over difficulties.",
  "Standard errors are over seeds and so hold what training makes of chance, not which problems were drawn: these are the " +
    "same for all. One seed has no standard error, and is no evidence of a difference. The seeds of a method that trains " +
    "nothing, as budget forcing, only draw other responses.",
  "What a run may spend is the same for all, but SIRI’s low and high checkpoints stand where the last whole phase ended, which " +
    "is before all was spent.",
  "ACR and AES measure each method against the policy that it starts from, which was measured once. Where starting policies differ, accuracies and " +
    "lengths do not compare methods alone.",
];

/** Figure 4 in numbers: accuracy and length at the end of each phase, for each entry whose schedule has cycles. */
export function phaseTable(curves: readonly Curve[]): Table {
  const rows = cyclicEntries(curves).flatMap((entry) => {
    const runs = curves.filter((curve) => curve.entry === entry);
    return phaseEnds(runs).map(({ cycle, phase, step }) => [
      entry,
      phase === "start" ? "start" : `${cycle}, ${phase}`,
      `${step}`,
      `${runs.length}`,
      withSpread(meanAt(runs, "acc", step), (v) => fixed(100 * v, 1)),
      rangeOf(runs, "acc", step, (v) => fixed(100 * v, 1)),
      withSpread(meanAt(runs, "length", step), (v) => fixed(v, 1)),
      rangeOf(runs, "length", step, (v) => fixed(v, 1)),
    ]);
  });
  return {
    caption:
      "Accuracy and length at the end of each phase, in the evaluations along the runs; mean ± standard error, and lowest " +
      "to highest, over seeds; – where runs were not evaluated at that step, or there is but one",
    columns: ["entry", "cycle", "step", "seeds", "right, %", "range", "tokens", "range"],
    rows,
    file: "curves.jsonl",
  };
}

function rangeOf(
  curves: readonly Curve[],
  column: EvalColumn,
  step: number,
  write: (value: number) => string,
): string {
  const values = curves.map((curve) => valueAt(curve, column, step)).filter((value) => value !== null);
  if (values.length < 2) return "–";
  return `${write(Math.min(...values))} to ${write(Math.max(...values))}`;
}

/** Entries whose cap goes down and comes up again in every cycle. */
export function cyclicEntries(curves: readonly Curve[]): string[] {
  return entriesOf(curves).filter((entry) => {
    const curve = curves.find((other) => other.entry === entry)!;
    const cycles = wholeCycles([curve]);
    const caps = Array.from({ length: cycles }, (_, index) =>
      curve.steps.cap.slice(index * curve.cycle, (index + 1) * curve.cycle),
    );
    return cycles > 0 && caps.every((cycle) => cycle.includes(curve.lmin) && cycle.includes(curve.lmax));
  });
}

/** By how much length follows the cap, for each entry whose schedule has cycles. */
export function lagTable(curves: readonly Curve[]): Table {
  const rows = cyclicEntries(curves).map((entry) => {
    const runs = curves.filter((curve) => curve.entry === entry);
    const { cycle } = runs[0]!;
    const lags = runs.map(lagOf);
    const training = estimate(lags.map((lag) => lag.training?.lag ?? null));
    const correlation = estimate(lags.map((lag) => lag.training?.correlation ?? null));
    const evaluation = estimate(lags.map((lag) => lag.evaluation?.lag ?? null));
    const share = (value: Estimate | null) => fixed(value === null ? null : value.mean / cycle, 2);
    return [
      entry,
      `${cycle}`,
      withSpread(training, (v) => fixed(v, 1)),
      share(training),
      fixed(correlation?.mean ?? null, 2),
      withSpread(evaluation, (v) => fixed(v, 1)),
      share(evaluation),
      `${runs.length}`,
    ];
  });
  return {
    caption:
      "By how many steps length follows the cap: the shift of largest correlation, up to half a cycle; of lengths in " +
      "training, which the cap cuts, and of lengths in evaluations, as finely as these are spaced",
    columns: [
      "entry",
      "T",
      "lag in training",
      "over T",
      "correlation",
      "lag in evaluations",
      "over T",
      "seeds",
    ],
    rows,
    file: "curves.jsonl",
  };
}

/** What a step of each entry costs. */
export function costTable({ curves, times }: Pick<ComparisonData, "curves" | "times">): Table {
  const reference = secondsPerStep(
    curves.filter((curve) => curve.entry === "grpo"),
    times,
  );
  const rows = entriesOf(curves).map((entry) => {
    const runs = curves.filter((curve) => curve.entry === entry);
    const perStep = (pick: (curve: Curve) => number | null) =>
      estimate(
        runs.map((curve) => {
          const value = pick(curve);
          return value === null || curve.steps.cap.length === 0 ? null : value / curve.steps.cap.length;
        }),
      );
    const seconds = secondsPerStep(runs, times);
    const generated = perStep((curve) => curve.steps.tokens.at(-1) ?? null);
    const trained = perStep((curve) => curve.trained);
    const wall = estimate(runs.map((curve) => times.cells[curve.cell]?.seconds ?? null));
    return [
      entry,
      fixed(estimate(runs.map((curve) => curve.steps.cap.length))?.mean ?? null, 0),
      fixed(seconds.generating, 3),
      fixed(seconds.updating, 3),
      fixed(seconds.all, 3),
      seconds.all === null || reference.all === null ? "–" : fixed(seconds.all / reference.all, 2),
      count(generated?.mean ?? null),
      count(trained?.mean ?? null),
      amount(estimate(runs.map((curve) => curve.steps.tokens.at(-1) ?? null))?.mean ?? null),
      duration(wall?.mean ?? null),
      extraWork(runs[0]!),
    ];
  });
  return {
    caption: "What a step costs, mean over the steps and seeds of each entry: seconds and tokens of a step",
    columns: [
      "entry",
      "steps",
      "sampling, s",
      "update, s",
      "step, s",
      "over grpo’s",
      "tokens generated",
      "tokens trained",
      "tokens, whole run",
      "time, whole run",
      "beside GRPO’s work",
    ],
    rows,
    file: "curves.jsonl",
  };
}

function secondsPerStep(curves: readonly Curve[], { cells }: ComparisonData["times"]) {
  const over = (part: "generating" | "updating") =>
    estimate(
      curves.map(({ cell, steps }) => {
        const seconds = cells[cell]?.[part];
        return seconds === undefined || steps.cap.length === 0 ? null : seconds / steps.cap.length;
      }),
    )?.mean ?? null;
  const [generating, updating] = [over("generating"), over("updating")];
  return {
    generating,
    updating,
    all: generating === null || updating === null ? null : generating + updating,
  };
}

/** Cells that are missing from all of the above. */
export function failedTable({ failed }: Pick<ComparisonData, "failed">): Table {
  return {
    caption: "Cells that failed each time they were tried",
    columns: ["cell", "error"],
    rows: failed.map(({ cell, error }) => [cell, error]),
    file: "report data",
  };
}

/** Every row as it was measured. */
export function rowsTable({ rows }: Pick<ComparisonData, "rows">): Table {
  const levels = rows[0]?.levels ?? [];
  return {
    caption: "All rows, one for each reported checkpoint of each run",
    columns: [
      "cell",
      "checkpoint",
      "step",
      "tokens generated",
      ...levels.flatMap(({ name }) => [`${name}: right`, "tokens"]),
      "mean: right",
      "tokens",
      "ACR",
      "AES",
    ],
    rows: rows.map((row) => {
      const score = scoreOf(rows, row);
      return [
        row.cell,
        row.checkpoint,
        `${row.step}`,
        count(row.tokens),
        ...levels.flatMap((_, index) => [
          percent(row.levels[index]?.accuracy ?? null),
          fixed(row.levels[index]?.meanLength ?? null, 1),
        ]),
        percent(score.accuracy),
        fixed(score.length, 1),
        fixed(score.acr, 3),
        fixed(score.aes, 3),
      ];
    }),
    file: "rows.jsonl",
  };
}
