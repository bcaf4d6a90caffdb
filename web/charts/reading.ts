/** A figure in words and numbers. */
import type { ChartWords } from "../text/charts.en.ts";
import { type Curve, type Figure, indexAt } from "./figure.ts";
import { percent } from "./format.ts";

/** A table as it is shown; a row's first cell names it. */
export interface TableText {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Says which rows were left out; "" if none were. */
  readonly note: string;
}

/** About how many rows the table of a chart has at most: more would slow the page, and exports have them all. */
const MOST_ROWS = 240;

/** What a chart says at a step, in words: the values there, or the latest before it. */
export function readingAt({ curves, marks }: Figure, step: number, words: ChartWords): string {
  const values = curves.flatMap((curve) => {
    if (curve.isCompanion === true) return [];
    const index = indexAt(curve, step);
    if (index < 0 || Number.isNaN(curve.values[index]!)) return [];
    // A budget that is planned does not follow from what came before.
    if (curve.id === "ahead" && curve.steps[index] !== step) return [];
    const text = `${curve.name} ${cell(curve, index, words)}`;
    return curve.steps[index] === step ? [text] : [words.fromStep(text, curve.steps[index]!)];
  });
  const changes = marks.filter((mark) => mark.step === step).map(({ text }) => words.changed(step, text));
  return [words.atStep(step), ...values, ...changes].join(" · ");
}

/** The same as a chart shows, in numbers. Where there are very many steps, one in so many, and the note says it. */
export function tableOf({ curves }: Figure, words: ChartWords): TableText {
  const measured = curves.filter(({ id }) => id !== "ahead");
  const steps = [...new Set(measured.flatMap((curve) => [...curve.steps]))].sort((a, b) => a - b);
  const every = Math.max(1, Math.ceil(steps.length / MOST_ROWS));
  // Evaluations are few, and stay.
  const always = new Set(
    measured.flatMap((curve) => (curve.steps.length <= steps.length / every ? [...curve.steps] : [])),
  );
  const shown = steps.filter(
    (step, index) => index % every === 0 || index === steps.length - 1 || always.has(step),
  );
  const rows = shown.map((step) => [
    String(step),
    ...measured.map((curve) => {
      const index = indexAt(curve, step);
      return index >= 0 && curve.steps[index] === step ? cell(curve, index, words) : "";
    }),
  ]);
  return {
    columns: [words.step, ...measured.map(({ name }) => name)],
    rows,
    note: every === 1 ? "" : words.thinned(shown.length, steps.length, every),
  };
}

/** A value with its standard error, where it has one. */
function cell({ values, errors, format }: Curve, index: number, words: ChartWords): string {
  const value = format(values[index]!);
  const error = errors?.[index] ?? Number.NaN;
  return Number.isNaN(error) ? value : `${value} ± ${percent(words.locale)(error)}`;
}
