import type { Phase } from "../../src/rl/length-schedule.ts";
import type { CurveId, FigureId } from "../charts/figure.ts";

/** What the page says of a chart. */
export interface FigureWords {
  readonly title: string;
  readonly about: string;
  /** Of the vertical axis: quantity and unit; "" where the drawing says it. */
  readonly axis: string;
}

/** What the page says of a curve: its name in the legend, and what it is. */
export interface CurveWords {
  readonly name: string;
  readonly about: string;
}

/** The words of the charts. */
export interface ChartWords {
  /** How numbers are written: a BCP 47 tag. */
  readonly locale: string;
  readonly figures: Readonly<Record<FigureId, FigureWords>>;
  readonly curves: Readonly<Record<CurveId, CurveWords>>;
  /** A difficulty, by the name that its task gives it. */
  readonly level: (name: string) => string;
  readonly phases: Readonly<Record<Phase, string>>;
  readonly cycle: (number: number) => string;
  readonly step: string;
  readonly atStep: (step: number) => string;
  /** A value that is from an earlier step than the one that is read. */
  readonly fromStep: (value: string, step: number) => string;
  readonly tokens: string;
  readonly accuracyAxis: string;
  /** Heads the column that says which stops are the shortest or the longest of a cycle. */
  readonly turn: string;
  readonly start: string;
  readonly end: string;
  readonly shortest: (cycle: number) => string;
  readonly longest: (cycle: number) => string;
  readonly stop: (step: number, accuracy: string, length: string) => string;
  readonly empty: string;
  readonly changed: (step: number, changes: string) => string;
  /** One drawn pair stands for so many points. */
  readonly decimated: (points: number) => string;
  readonly smoothed: string;
  /** What the companions of overlaid curves are. */
  readonly budgets: string;
  readonly cursor: (title: string) => string;
  readonly computedIn: string;
  readonly table: string;
  /** A table that shows one row in so many. */
  readonly thinned: (shown: number, all: number, every: number) => string;
  /** Where a run's settings differ from the default preset. */
  readonly differences: (differences: string) => string;
  readonly defaults: string;
  readonly saveSvg: string;
  readonly savePng: string;
  /** All that a run has measured. */
  readonly metricsOf: (run: string) => string;
  /** For those who hear a button and not the chart that it stands at. */
  readonly saveOf: (button: string, title: string) => string;
}

export const chartsEn: ChartWords = {
  locale: "en-GB",
  figures: {
    length: {
      title: "Length and budget",
      about:
        "How long responses are. In training, what reaches the budget is cut off and counts as wrong; evaluations grant the " +
        "largest.",
      axis: "tokens per response",
    },
    accuracy: {
      title: "Right answers",
      about:
        "Evaluations ask the same problems each time, none of them trained on, with the largest budget. Bars: one standard " +
        "error to either side.",
      axis: "%",
    },
    trail: {
      title: "Accuracy against length",
      about:
        "Each evaluation is a stop; the line follows time. Up is more often right, left is shorter. The axes do not begin " +
        "at zero.",
      axis: "",
    },
    entropy: {
      title: "Entropy",
      about:
        "How undecided the model is about its next token. Zero is certain; a fall to zero ends all exploration.",
      axis: "nats per token",
    },
    wait: {
      title: "Re-checks",
      about: "How often a response says “wait” and checks a step again, in evaluations.",
      axis: "“wait” per response",
    },
    loss: {
      title: "Loss of the lessons",
      about: "How surprised the model is by the teacher's next token.",
      axis: "nats per token",
    },
  },
  curves: {
    length: {
      name: "mean length",
      about: "Mean tokens of a training response, end token included, under the budget of its step.",
    },
    budget: {
      name: "budget L(t)",
      about: "The most tokens that a response of this step may have. The schedule alone decides it.",
    },
    ahead: {
      name: "L to come",
      about: "The budget of the steps ahead, by the schedule as it is set now.",
    },
    truncated: {
      name: "cut off",
      about: "Share of training responses that reached the budget before they ended.",
    },
    evaluatedLength: {
      name: "evaluated length",
      about: "Mean tokens of a response in evaluations, where the largest budget is always granted.",
    },
    training: {
      name: "in training",
      about: "Share of right responses in training, under the budget of the step.",
    },
    pass: {
      name: "pass@1",
      about: "Share of right responses in the evaluation: pass@1, with its standard error over problems.",
    },
    level: {
      name: "one difficulty",
      about:
        "Share of right responses to problems of this difficulty, with its standard error over problems.",
    },
    trail: { name: "evaluations", about: "Accuracy and mean length of each evaluation." },
    entropy: {
      name: "entropy in training",
      about: "Mean entropy of the distributions that training tokens are drawn from.",
    },
    waitRight: {
      name: "right answers",
      about: "Times “wait” per response, of responses that are right. A gap: none was right.",
    },
    waitWrong: {
      name: "wrong answers",
      about: "Times “wait” per response, of responses that are wrong. A gap: none was wrong.",
    },
    wait: { name: "all answers", about: "Times “wait” per response in evaluations." },
    loss: { name: "loss", about: "Mean cross-entropy of the teacher's tokens in an update." },
  },
  level: (name) => name,
  phases: { compress: "compress", hold: "hold", expand: "expand" },
  cycle: (number) => `cycle ${number}`,
  step: "step",
  atStep: (step) => `Step ${step}`,
  fromStep: (value, step) => `${value} (step ${step})`,
  tokens: "tokens per response",
  accuracyAxis: "right answers, %",
  turn: "turn of the cycle",
  start: "start",
  end: "end",
  shortest: (cycle) => `shortest of cycle ${cycle}`,
  longest: (cycle) => `longest of cycle ${cycle}`,
  stop: (step, accuracy, length) => `step ${step}: ${accuracy} right, ${length} tokens`,
  empty: "Nothing has been measured yet.",
  changed: (step, changes) => `Changed at step ${step}: ${changes}`,
  decimated: (points) => `Drawn: the lowest and the highest of every ${points} points.`,
  smoothed: "Faint: before smoothing.",
  budgets: "Thin faint steps: the budget of each run.",
  cursor: (title) => `${title}: step to read, with the arrow keys`,
  computedIn: "Computed in",
  table: "As a table",
  thinned: (shown, all, every) =>
    `${shown} of ${all} rows: one in ${every}, the last, and every evaluation. Exports have all.`,
  differences: (differences) => `Settings that differ from the default preset: ${differences}`,
  defaults: "Settings: those of the default preset",
  saveSvg: "SVG",
  savePng: "PNG",
  metricsOf: (run) => `metrics of ${run}`,
  saveOf: (button, title) => `Save “${title}” as ${button}`,
};
