import { type Drawing, drawChart, type Panel, type Reading } from "./chart.ts";
import type { EvalPoint, RunLog } from "./data.ts";
import { fixed, percent, withError } from "./format.ts";
import {
  accuracyPanel,
  entropyPanel,
  frame,
  lengthPanel,
  levelNames,
  signalPanel,
  truncatedPanel,
  waitPanel,
} from "./panels.ts";
import type { Cycle, Summary } from "./summary.ts";
import type { Table } from "./table.ts";
import { drawTrail } from "./trail.ts";

/** A chart with its words and its numbers. */
export interface Figure {
  /** Within the page. */
  readonly id: string;
  readonly title: string;
  /** What is to be seen. */
  readonly text: string;
  /** Draws it so many pixels wide. */
  readonly draw: (width: number) => Drawing;
  /** The same in numbers. */
  readonly tables: readonly Table[];
}

/** SIRI figures 3 and 4: budget and length. */
export function budgetFigure(log: RunLog, summary: Summary): Figure {
  const { steps, evals } = log;
  const readings = steps.map(({ step, phase, cap, length, truncated }) => ({
    step,
    text: `step ${step} (${phase}): budget ${cap}, length ${fixed(length, 1)}, cut off ${percent(truncated)}`,
  }));
  return {
    id: "budget",
    title: "Budget and length",
    text:
      "The budget is the most tokens that a response may have in training; what is longer is cut off and counts as " +
      "wrong. Evaluations always grant the largest budget.",
    draw: overSteps(log, summary, [lengthPanel(log, summary, 210), truncatedPanel(log, summary)], readings),
    tables: [
      {
        caption: "Training, step by step",
        columns: ["step", "cycle", "phase", "budget, tokens", "mean length, tokens", "cut off"],
        rows: steps.map((s) => [
          `${s.step}`,
          `${s.cycle + 1}`,
          s.phase,
          `${s.cap}`,
          fixed(s.length, 2),
          percent(s.truncated),
        ]),
      },
      {
        caption: "Evaluations, with the largest budget",
        columns: ["step", "mean length, tokens", "cut off"],
        rows: evals.map((e) => [`${e.step}`, fixed(e.length, 2), percent(e.truncated)]),
      },
    ],
  };
}

/** SIRI figure 4, for each difficulty. */
export function accuracyFigure(log: RunLog, summary: Summary): Figure {
  const { evals } = log;
  const names = levelNames(evals);
  return {
    id: "accuracy",
    title: "Accuracy by difficulty",
    text:
      "Right answers in the evaluations: always the same problems, none of which is trained on, with the largest " +
      "budget. Bars are one standard error to either side.",
    draw: overSteps(
      log,
      summary,
      [accuracyPanel(log, 250)],
      evals.map((point) => ({ step: point.step, text: accuracyReading(point) })),
    ),
    tables: [
      {
        caption: "Right answers in %, with standard errors",
        columns: ["step", "all", ...names],
        rows: evals.map(({ step, accuracy, error, levels }) => [
          `${step}`,
          withError(accuracy, error),
          ...names.map((_, level) =>
            withError(levels[level]?.accuracy ?? null, levels[level]?.error ?? null),
          ),
        ]),
      },
    ],
  };
}

function accuracyReading({ step, accuracy, error, levels }: EvalPoint): string {
  const each = levels.map((level) => `${level.name}: ${withError(level.accuracy, level.error)}`);
  return [`step ${step}, right answers in %`, `all: ${withError(accuracy, error)}`, ...each].join("\n");
}

/** SIRI figure 1. */
export function trailFigure({ evals }: RunLog, { cycles }: Summary): Figure {
  return {
    id: "trail",
    title: "Accuracy against length",
    text:
      "Each evaluation is a stop on the way; up is better, left is cheaper. The arrows follow time and the line grows " +
      "stronger with it. Triangles are the shortest, diamonds the longest responses of a cycle. The axes do not begin " +
      "at zero.",
    draw: (width) => drawTrail(evals, cycles, width),
    tables: [
      {
        caption: "Length and accuracy of each evaluation",
        columns: ["step", "tokens per response", "right, %", "of its cycle"],
        rows: evals.map((point) => [
          `${point.step}`,
          fixed(point.length, 2),
          withError(point.accuracy, point.error),
          roleOf(point, cycles),
        ]),
      },
    ],
  };
}

function roleOf(point: EvalPoint, cycles: readonly Cycle[]): string {
  const roles = cycles.flatMap(({ number, shortest, longest }) => [
    ...(shortest === point ? [`${number}, shortest`] : []),
    ...(longest === point ? [`${number}, longest`] : []),
  ]);
  return roles.join("; ");
}

/** SIRI figure 6. */
export function waitFigure(log: RunLog, summary: Summary): Figure {
  const { evals } = log;
  const readings = evals.map(({ step, waitRight, waitWrong }) => ({
    step,
    text: `step ${step}, “wait” per response: right ${fixed(waitRight, 2)}, wrong ${fixed(waitWrong, 2)}`,
  }));
  return {
    id: "wait",
    title: "Re-checks",
    text:
      "How often a response says “wait” and checks a step again, in the evaluations. Where there is a gap, no response " +
      "was right or none was wrong.",
    draw: overSteps(log, summary, [waitPanel(log)], readings),
    tables: [
      {
        caption: "“wait” per response",
        columns: ["step", "all", "right answers", "wrong answers"],
        rows: evals.map((e) => [`${e.step}`, fixed(e.wait, 3), fixed(e.waitRight, 3), fixed(e.waitWrong, 3)]),
      },
    ],
  };
}

/** SIRI figure 9. */
export function entropyFigure(log: RunLog, summary: Summary): Figure {
  const { steps } = log;
  const readings = steps.map(({ step, entropy }) => ({
    step,
    text: `step ${step}: ${fixed(entropy, 4)} nats per token`,
  }));
  return {
    id: "entropy",
    title: "Entropy",
    text:
      "How undecided the model is about its next token, on average over what it samples in training; 0 is certain. A " +
      "fall to 0 would end all exploration.",
    draw: overSteps(log, summary, [entropyPanel(log, summary)], readings),
    tables: [
      {
        caption: "Entropy in training, step by step",
        columns: ["step", "nats per token"],
        rows: steps.map((s) => [`${s.step}`, fixed(s.entropy, 4)]),
      },
    ],
  };
}

/** What the learner gets: right answers under the budget, and groups without a difference to learn from. */
export function signalFigure(log: RunLog, summary: Summary): Figure {
  const { steps } = log;
  const readings = steps.map(({ step, accuracy, dead }) => ({
    step,
    text: `step ${step}: ${percent(accuracy)} right, ${percent(dead)} of groups all alike`,
  }));
  return {
    id: "signal",
    title: "What there is to learn from",
    text:
      "Each problem is answered by a group of responses, and the better ones are reinforced; a group that is all alike " +
      "teaches nothing. Both are measured in training, under the budget of the step.",
    draw: overSteps(log, summary, [signalPanel(log, summary)], readings),
    tables: [
      {
        caption: "Training under the budget, step by step",
        columns: ["step", "right", "groups all alike"],
        rows: steps.map((s) => [`${s.step}`, percent(s.accuracy), percent(s.dead)]),
      },
    ],
  };
}

function overSteps(
  log: RunLog,
  summary: Summary,
  panels: readonly Panel[],
  readings: readonly Reading[],
): Figure["draw"] {
  return (width) => drawChart({ ...frame(log, summary), panels, readings }, width);
}
