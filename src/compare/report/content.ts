import type { Figure } from "../../io/report/figures.ts";
import { amount, count, duration, plural } from "../../io/report/format.ts";
import type { Table } from "../../io/report/table.ts";
import { stagesOf } from "../../rl/length-schedule.ts";
import type { Curve } from "../rows.ts";
import { claimsOf } from "./claims.ts";
import type { ComparisonData } from "./data.ts";
import { figuresOf, type MissingFigure } from "./figures.ts";
import { entriesOf } from "./seeds.ts";
import { cellsOf } from "./sources.ts";
import { costTable, failedTable, lagTable, MAIN_NOTES, mainTable, phaseTable, rowsTable } from "./tables.ts";
import { type Claim, RULE, type Verdict, verdictOf } from "./verdict.ts";

/** The report before it is Markdown or HTML. */
export interface ReportContent {
  readonly title: string;
  readonly lead: string;
  readonly sections: readonly Section[];
}

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** A paragraph, or something else. */
export type Block =
  | string
  | { readonly table: Table; readonly detail?: string }
  | { readonly figure: Figure }
  | { readonly claims: readonly Claim[] }
  | { readonly facts: readonly (readonly [name: string, value: string])[] };

export function contentOf(data: ComparisonData): ReportContent {
  const claims = claimsOf(data);
  return {
    title: `${data.matrix.name}: a comparison of ways to train the toy reasoner`,
    lead: leadOf(data, claims),
    sections: [
      ...missingSection(data),
      {
        id: "table-1",
        title: "Table 1",
        blocks: [{ table: mainTable(data) }, ...MAIN_NOTES],
      },
      { id: "claims", title: "The claims of the paper", blocks: [RULE, { claims }] },
      { id: "figures", title: "Figures", blocks: figureBlocks(data) },
      {
        id: "phases",
        title: "Phases and lags",
        blocks: [{ table: phaseTable(data.curves) }, { table: lagTable(data.curves) }],
      },
      costSection(data),
      settingSection(data),
      {
        id: "rows",
        title: "All rows",
        blocks: [{ table: rowsTable(data), detail: "Every row" }],
      },
    ],
  };
}

function leadOf({ rows, curves, failed, unfinished }: ComparisonData, claims: readonly Claim[]): string {
  const counts = new Map<Verdict, number>();
  for (const claim of claims) {
    const verdict = verdictOf(claim.checks);
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  }
  const of = (verdict: Verdict) => counts.get(verdict) ?? 0;
  const missing = failed.length === 0 ? "" : ` ${failed.length} more failed.`;
  const waiting =
    unfinished.length === 0
      ? ""
      : ` ${plural(unfinished.length, "cell")} of the matrix ${unfinished.length === 1 ? "is" : "are"} not done yet: this is a report on the way.`;
  return (
    `${plural(entriesOf(curves).length, "way")} to train, ${plural(curves.length, "run")} and ` +
    `${plural(rows.length, "measured checkpoint")}.${missing}${waiting} ` +
    `Of ${claims.length} claims, ${of("reproduced")} are reproduced at this scale, ${of("not reproduced")} are not, ` +
    `${of("unclear")} stay unclear and ${of("not tested")} could not be tested.`
  );
}

/** What is not in the numbers, and why; no section where that is nothing. */
function missingSection(data: ComparisonData): Section[] {
  const { failed, unfinished, curves } = data;
  const blocks: Block[] = [];
  if (failed.length > 0) {
    blocks.push("These cells failed each time they were tried, so their seeds are in none of the numbers.", {
      table: failedTable(data),
    });
  }
  if (unfinished.length > 0) {
    blocks.push(
      `Not done yet, and so in none of the numbers: ${cellsOf(unfinished)}. Means are over the seeds that are there.`,
    );
  }
  blocks.push(...entriesOf(curves).flatMap((entry) => missedStages(curves.filter((c) => c.entry === entry))));
  return blocks.length === 0 ? [] : [{ id: "missing", title: "What is missing", blocks }];
}

/** Stages of the budget that runs did not come to, because what they may spend was spent before. */
function missedStages(curves: readonly Curve[]): string[] {
  const { entry, config } = curves[0]!;
  const { schedule } = config;
  if (schedule.kind !== "staged" && schedule.kind !== "staircase") return [];
  return stagesOf(schedule).flatMap(({ step, cap }) => {
    const short = curves.filter(({ steps }) => steps.cap.length <= step);
    if (short.length === 0) return [];
    const longest = Math.max(...short.map(({ steps }) => steps.cap.length));
    return `${entry} never had its stage of ${cap} tokens, from step ${step} on, in ${short.length} of ${plural(curves.length, "run")}, which ended by step ${longest}: their budget was spent.`;
  });
}

function figureBlocks(data: ComparisonData): Block[] {
  const figures = figuresOf(data).map((figure) =>
    isMissing(figure)
      ? `${figure.title}: not drawn, as this comparison lacks ${figure.missing}.`
      : { figure },
  );
  return [
    "Numbered as in the paper. Its figure 2 is a sketch, and figure 8 repeats figure 5 with a larger model, of which the toy has " +
      "none; so no claim is about other sizes of models either.",
    ...figures,
  ];
}

export function isMissing(figure: Figure | MissingFigure): figure is MissingFigure {
  return "missing" in figure;
}

function costSection(data: ComparisonData): Section {
  return {
    id: "costs",
    title: "Costs",
    blocks: [
      { table: costTable(data) },
      "Seconds are wall-clock on a machine that cells may have shared, so they are for orders of magnitude. A larger cap and " +
        "longer responses make every step dearer, whatever the recipe; the last column says what else there is to do. A group " +
        "that is all alike is trained on only where the loss has a KL or entropy term: so tokens trained are fewer than generated.",
    ],
  };
}

function settingSection({ matrix, times }: ComparisonData): Section {
  const { budget, benchmark } = matrix;
  return {
    id: "setting",
    title: "Setting",
    blocks: [
      {
        facts: [
          ["matrix", matrix.name],
          ["preset", matrix.preset],
          ["budget of each run", budgetText(budget)],
          [
            "benchmark",
            `${count(benchmark.problemsPerLevel)} fresh problems of each difficulty, ${count(benchmark.samples)} responses to each, seed ${benchmark.seed}, at L_max`,
          ],
          ["command", times.command],
          ["commit", times.commit === "" ? "not known" : times.commit],
          ["device", times.device],
          ["cells side by side", `${times.jobs}`],
          ["wall-clock", duration(times.seconds)],
        ],
      },
      "The benchmark is the same for all rows; the evaluations along a run are on a smaller set of other problems, also the " +
        "same for all.",
    ],
  };
}

function budgetText({ tokens, steps, seconds }: ComparisonData["matrix"]["budget"]): string {
  if (tokens !== undefined) return `${amount(tokens)} generated tokens`;
  if (steps !== undefined) return `${count(steps)} steps`;
  return seconds === undefined ? "none" : `${duration(seconds)}, which makes a run not reproducible`;
}
