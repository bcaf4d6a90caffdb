/** A run's metrics as text, for spreadsheets and scripts. */
import { type LogLine, logLine } from "../../src/train/records.ts";
import type { RunView } from "../state/run-view.ts";

/** What stands before the metrics. A line that has none of it leaves it empty. */
const HEAD = ["type", "step", "cap", "exact_cap", "phase", "cycle"];

/** Fields that hold texts and lists; a table has no place for them. */
const LISTS = ["levels", "examples", "changes"];

/**
 * A line of `metrics.jsonl` for each record, as the command line writes them: an evaluation before the step that follows it.
 */
export function linesOf({ steps, evals, lessons, markers }: RunView): LogLine[] {
  // Sorting is stable: of a step's lines, those named first stay before the others.
  return [...markers, ...evals, ...lessons, ...steps].map(logLine).sort((a, b) => a.step - b.step);
}

/** All records of a run, a JSON object a line; `bellows` reads it as a run's `metrics.jsonl`. */
export function metricsJsonl(run: RunView): string {
  return linesOf(run)
    .map((line) => `${JSON.stringify(line)}\n`)
    .join("");
}

/**
 * All numbers of a run as CSV (RFC 4180), a row for each step, evaluation and lesson. Columns: what the row is, then the metrics of
 * steps, of evaluations and of lessons in the order they are logged, then each difficulty's. Decimal points, commas between.
 */
export function metricsCsv(run: RunView): string {
  const lines = linesOf(run)
    .filter(({ type }) => type !== "marker")
    .map(withLevels);
  const order = [
    ...HEAD,
    ...run.steps.flatMap((record) => Object.keys(logLine(record))),
    ...lines.flatMap((line) => Object.keys(line)),
  ];
  const columns = [...new Set(order)].filter((name) => !LISTS.includes(name));
  const rows = lines.map((line) => columns.map((name) => csvCell(line[name])).join(","));
  return [columns.map(csvCell).join(","), ...rows, ""].join("\r\n");
}

/** The results of each difficulty as fields of their own: `level/2 operations/acc`. */
function withLevels(line: LogLine): Record<string, unknown> {
  const { levels } = line as LogLine & { readonly levels?: RunView["evals"][number]["levels"] };
  const fields = (levels ?? []).flatMap(({ name, accuracy, standardError, meanLength, truncated }) => [
    [`level/${name}/acc`, accuracy],
    [`level/${name}/acc_se`, standardError],
    [`level/${name}/mean_length`, meanLength],
    [`level/${name}/clipped_ratio`, truncated],
  ]);
  return { ...line, ...Object.fromEntries(fields) };
}

/** Quoted where it must be. A text that a spreadsheet would take for a formula gets an apostrophe before it. */
function csvCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = String(value).replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
