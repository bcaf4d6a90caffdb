import { roundDomain } from "../../src/io/report/scale.ts";
import type { RunView } from "../state/run-view.ts";
import type { ChartWords } from "../text/charts.en.ts";
import { columnsOf } from "./columns.ts";
import type { Column, Curve, CurveId, Figure, PlotId } from "./figure.ts";
import { decimal, fixed, percent } from "./format.ts";
import { horizon, marksOf, spansOf, stepsDone } from "./phases.ts";
import { maximum } from "./series.ts";
import { levelStyle, runStyle, STYLES } from "./styles.ts";

/** What the charts are to show. */
export interface View {
  /** Those that are shown. */
  readonly runs: readonly RunView[];
  /** The run that Play trains: its phases are shaded, and it is the one that is shown alone. */
  readonly current: RunView | null;
  /** Every run, a curve each; otherwise the current one in detail. */
  readonly overlay: boolean;
  /** Factor of the exponential mean, in [0, 1); 0: none. */
  readonly smoothing: number;
  readonly words: ChartWords;
}

/** The chart over steps of this name, from what the runs have measured so far. */
export function makeFigure(id: PlotId, view: View): Figure {
  const { runs, current, overlay, words } = view;
  const drawn = overlay ? runs : current === null ? [] : [current];
  const curves = drawn.flatMap((run) => (overlay ? overlaid(id, run, view) : inDetail(id, run, view)));
  const end = Math.max(1, ...drawn.map((run) => (run === current ? horizon(run) : stepsDone(run))));
  const first = Math.min(...drawn.map(firstStep));
  const number = decimal(words.locale, 4);
  const isShare = id === "accuracy";
  return {
    id,
    curves,
    steps: [first < end ? first : 0, end],
    domain: isShare ? [0, 1] : roundDomain([0, highest(curves)]),
    tickText: isShare ? (value) => number(Math.round(100 * value)) : number,
    hasShare: curves.some(({ axis }) => axis === "share"),
    spans: current === null || !drawn.includes(current) ? [] : spansOf(current, end),
    marks: current === null || !drawn.includes(current) ? [] : marksOf(current),
  };
}

/** The first step that a run's log has; an imported one may not begin at 0. Infinity where nothing is logged. */
function firstStep({ steps, evals, lessons }: RunView): number {
  return Math.min(...[steps[0], evals[0], lessons[0]].map((record) => record?.step ?? Infinity));
}

/** The largest value on the main axis. */
function highest(curves: readonly Curve[]): number {
  return curves.filter(({ axis }) => axis === "main").reduce((most, { values }) => maximum(values, most), 0);
}

/** What is measured of one run, each quantity in its own style. */
function inDetail(id: PlotId, run: RunView, view: View): Curve[] {
  const columns = columnsOf(run);
  switch (id) {
    case "length":
      return [
        smoothed(run, view, "truncated", columns.training("completions/clipped_ratio")),
        curve(view, "ahead", columns.ahead(stepsDone(run), horizon(run))),
        curve(view, "budget", columns.caps),
        smoothed(run, view, "length", columns.training("completions/mean_length")),
        curve(view, "evaluatedLength", columns.evaluation("eval/mean_length")),
      ];
    case "accuracy":
      return [
        smoothed(run, view, "training", columns.training("acc")),
        ...levelsOf(run, view),
        {
          ...curve(view, "pass", columns.evaluation("eval/acc")),
          errors: columns.evaluation("eval/acc_se").values,
        },
      ];
    case "entropy":
      return [smoothed(run, view, "entropy", columns.training("entropy"))];
    case "wait":
      return [
        curve(view, "waitRight", columns.evaluation("eval/words/wait_correct")),
        curve(view, "waitWrong", columns.evaluation("eval/words/wait_wrong")),
      ];
    case "loss":
      return [smoothed(run, view, "loss", columns.lesson("loss"))];
  }
}

function levelsOf(run: RunView, view: View): Curve[] {
  return (run.evals[0]?.levels ?? []).map(({ name }, level) => {
    const column = columnsOf(run).level(level);
    return {
      ...curve(view, "level", column),
      errors: column.errors,
      name: view.words.level(name),
      style: levelStyle(level),
    };
  });
}

/** What runs are compared by, in the style of the run's slot. */
function overlaid(id: PlotId, run: RunView, view: View): Curve[] {
  const columns = columnsOf(run);
  const name = run.name.value;
  const style = runStyle(run.slot);
  const unmarked = { ...style, marker: null };
  switch (id) {
    case "length":
      return [
        {
          ...curve(view, "budget", columns.caps),
          name: `${name}: ${view.words.curves.budget.name}`,
          style: { ...unmarked, bold: false },
          faint: true,
          isCompanion: true,
        },
        {
          ...smoothed(run, view, "length", columns.training("completions/mean_length")),
          name,
          style: unmarked,
        },
      ];
    case "accuracy":
      return [
        {
          ...curve(view, "pass", columns.evaluation("eval/acc")),
          errors: columns.evaluation("eval/acc_se").values,
          name,
          style,
        },
      ];
    case "entropy":
      return [{ ...smoothed(run, view, "entropy", columns.training("entropy")), name, style: unmarked }];
    case "wait":
      return [{ ...curve(view, "wait", columns.evaluation("eval/words/wait")), name, style }];
    case "loss":
      return [{ ...smoothed(run, view, "loss", columns.lesson("loss")), name, style: unmarked }];
  }
}

/** A curve over single steps, with its exponential mean where one is asked for. */
function smoothed(run: RunView, view: View, id: CurveId, column: Column): Curve {
  const plain = curve(view, id, column);
  if (view.smoothing === 0) return plain;
  return { ...plain, smoothed: columnsOf(run).smoothed(column, id, view.smoothing) };
}

const SHAPES: Partial<Record<CurveId, Curve["shape"]>> = {
  budget: "steps",
  ahead: "steps",
  truncated: "area",
};

/** Curves of shares; the other ones are numbers with so many digits. */
const SHARES: readonly CurveId[] = ["truncated", "training", "pass", "level"];
const DIGITS: Partial<Record<CurveId, number>> = { budget: 0, ahead: 0, entropy: 4, loss: 4, wait: 2 };

function curve({ words }: View, id: CurveId, { steps, values }: Column): Curve {
  const style = id in STYLES ? STYLES[id as keyof typeof STYLES] : runStyle(0);
  return {
    id,
    name: words.curves[id].name,
    shape: SHAPES[id] ?? "line",
    axis: id === "truncated" ? "share" : "main",
    style,
    steps,
    values,
    faint: id === "ahead",
    format: SHARES.includes(id) ? percent(words.locale) : fixed(words.locale, DIGITS[id] ?? 2),
  };
}
