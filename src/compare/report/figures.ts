import { drawChart, type Panel } from "../../io/report/chart.ts";
import type { Series } from "../../io/report/curves.ts";
import type { Figure } from "../../io/report/figures.ts";
import { count, fixed, plural } from "../../io/report/format.ts";
import { SERIES_STYLES, type Style } from "../../io/report/style.ts";
import { wordSteps } from "./claims-behaviour.ts";
import { cycleLengths } from "./claims-schedule.ts";
import {
  accuracyPanel,
  BARS,
  capPanel,
  entropyPanel,
  entropyTable,
  evaluationTable,
  hardestPanel,
  LINES,
  lengthPanel,
  overSteps,
  overTokens,
  panelOf,
  phaseSpans,
  pointOf,
  type Runs,
  runsOf,
} from "./panels.ts";
import { drawPareto, type ParetoPoint, paretoFront } from "./pareto.ts";
import { meanAt, sharedSteps } from "./phases.ts";
import { curvesOf, type Evidence, estimate, nameOf, scoreOf, standingsOf } from "./seeds.ts";
import { withSpread } from "./tables.ts";

/** A figure that the comparison does not hold. */
export interface MissingFigure {
  readonly id: string;
  readonly title: string;
  /** What would be needed. */
  readonly missing: string;
}

const SIRI = "siri-cosine";
const TWO_STAGE = "dapo-deepscaler-16k";
const FIXED = "grpo";

const ENTROPY =
  "Mean entropy of the distributions that tokens were drawn from in training, over seeds (faint), and its mean over the steps " +
  "around.";

/** All figures of the paper that are about numbers. */
export function figuresOf(data: Evidence): (Figure | MissingFigure)[] {
  return [
    paretoFigure(data),
    scheduleFigure(data),
    dynamicsFigure(data),
    twoStageFigure(data),
    wordsFigure(data),
    cycleFigure(data),
    shapeFigure(data),
    entropyFigure(data),
    entropyBaselineFigure(data),
  ];
}

export function paretoFigure({ rows }: Evidence): Figure | MissingFigure {
  const [id, title] = ["pareto", "Figure 1: accuracy against length"];
  const points = standingsOf(rows).flatMap((standing): ParetoPoint[] => {
    const scores = standing.rows.map((row) => scoreOf(rows, row));
    const accuracy = estimate(scores.map((score) => score.accuracy));
    const length = estimate(scores.map((score) => score.length));
    if (accuracy === null || length === null) return [];
    return [{ name: nameOf(standing), length, accuracy, style: styleOfPoint(standing) }];
  });
  if (points.length === 0) return { id, title, missing: "rows" };
  const front = new Set(paretoFront(points));
  return {
    id,
    title,
    text:
      "Every reported checkpoint on fresh problems, mean over seeds; up is better, left is cheaper. Triangles and diamonds: low " +
      "and high checkpoints of SIRI; dots: all others; rings: starting policies. Bars are one standard error over seeds to " +
      "either side, without where there is but one seed; many are shorter than a dot is wide. The dashed stairs are the front: no " +
      "other point is both as accurate and as short; what is nearer to it than its bars may be on it. Beneath, larger: what is " +
      "at most 10 points less accurate than the best. The axes do not begin at zero. Names that have no room are in the numbers, " +
      "with the seeds.",
    draw: (width) => drawPareto(points, width),
    tables: [
      {
        caption: "Length and accuracy of each reported checkpoint",
        columns: ["method", "seeds", "tokens per response", "right, %", "on the front"],
        rows: points.map((point) => [
          point.name,
          `${point.accuracy.seeds}`,
          withSpread(point.length, (v) => fixed(v, 1)),
          withSpread(point.accuracy, (v) => fixed(100 * v, 1)),
          front.has(point) ? "yes" : "",
        ]),
        file: "rows.jsonl",
      },
    ],
  };
}

/** SIRI's checkpoints stand out; the starting policy is a ring. */
function styleOfPoint({
  recipe,
  checkpoint,
}: {
  readonly recipe: string;
  readonly checkpoint: string;
}): Style {
  if (checkpoint === "base") return { colour: "ink", dash: "", marker: "ring" };
  if (!recipe.startsWith("siri")) return { colour: "blue", dash: "", marker: "circle" };
  return { colour: "red", dash: "", marker: checkpoint === "low" ? "triangle" : "diamond" };
}

export function scheduleFigure(data: Evidence): Figure | MissingFigure {
  const [id, title] = ["schedules", "Figure 3: the schedules"];
  const runs = runsOf(data, [SIRI, "siri-stair", "siri-stair-cosine", TWO_STAGE]);
  if (runs.length === 0) return { id, title, missing: "an entry of SIRI or of two-stage DAPO" };
  const longest = Math.max(...runs.map(({ curves }) => curves[0]!.steps.cap.length));
  return {
    id,
    title,
    text: "The cap L(t) on the length of responses in training, as the first seed of each entry had it.",
    draw: overSteps(
      runs.map((run) => capPanel([run], 74)),
      runs,
    ),
    tables: [
      {
        caption: "The cap, step by step",
        columns: ["step", ...runs.map(({ name }) => name)],
        rows: Array.from({ length: longest }, (_, step) => [
          `${step}`,
          ...runs.map(({ curves }) => count(curves[0]!.steps.cap[step] ?? null)),
        ]),
        file: "curves.jsonl",
      },
    ],
  };
}

export function dynamicsFigure(data: Evidence): Figure | MissingFigure {
  const [id, title] = ["dynamics", "Figure 4: the cycles of SIRI"];
  const curves = curvesOf(data, SIRI);
  if (sharedSteps(curves).length === 0)
    return { id, title, missing: `an entry ${SIRI}, evaluated on its way` };
  const runs = runsOf(data, [SIRI]);
  return {
    id,
    title,
    text:
      `Evaluations at L_max along the runs. ${BARS} Tinted: the cap shrinks (compress) and grows again (expand). The axis of ` +
      "accuracy does not begin at zero.",
    draw: overSteps([accuracyPanel(runs), lengthPanel(runs, 150)], runs, phaseSpans(curves)),
    tables: [evaluationTable(runs)],
  };
}

export function twoStageFigure(data: Evidence): Figure | MissingFigure {
  const [id, title] = ["two-stage", "Figure 5: SIRI against two-stage DAPO"];
  const runs = runsOf(data, [SIRI, TWO_STAGE]);
  if (runs.length < 2) {
    const lacking = [SIRI, TWO_STAGE].filter((name) => runs.every((run) => run.name !== name));
    return { id, title, missing: `an entry ${lacking.join(" and an entry ")}` };
  }
  return {
    id,
    title,
    text:
      "Evaluations at L_max over the tokens that training had generated by then, as methods are fairly compared by: a small " +
      `cap makes steps cheaper. ${BARS} The axes of accuracy do not begin at zero.`,
    draw: overTokens(
      [accuracyPanel(runs, "tokens"), hardestPanel(runs, "tokens"), lengthPanel(runs, 130, "tokens")],
      runs,
    ),
    tables: [evaluationTable(runs)],
  };
}

export function wordsFigure(data: Evidence): Figure | MissingFigure {
  const [id, title] = ["words", "Figure 6: words of thought"];
  const curves = curvesOf(data, SIRI);
  const steps = wordSteps(curves);
  if (steps === null) return { id, title, missing: `an entry ${SIRI} with a whole cycle` };
  const words = [
    { word: "wait", title: "“wait” per response" },
    { word: "alt", title: "“alt” (alternatively) per response" },
    { word: "so", title: "“so” (deduction) per response" },
  ] as const;
  const kinds = [
    { kind: "correct", name: "right responses", style: SERIES_STYLES[0]! },
    { kind: "wrong", name: "wrong responses", style: SERIES_STYLES[3]! },
  ] as const;
  const panels = words.map(({ word, title }): Panel => {
    const series = kinds.map(({ kind, name, style }): Series => {
      const points = steps.map((step) => pointOf(step, meanAt(curves, `${word}_${kind}`, step)));
      return { name, shape: "line", points, style };
    });
    return panelOf(title, 110, String, series);
  });
  const [before, compressed, after] = steps;
  const { cycle } = curves[0]!;
  const room = cycle / 16;
  return {
    id,
    title,
    text:
      `How often a response says a word at the end of an expansion (step ${before}, ${before / cycle} T), of the compression ` +
      `after it (step ${compressed}, ${fixed(compressed / cycle, 1)} T) and of the next expansion (step ${after}, ` +
      `${after / cycle} T), right and wrong responses apart, in the evaluations of ${plural(curves.length, "seed")}. ` +
      BARS,
    draw: (width) =>
      drawChart(
        { steps: [before - room, after + room], spans: [], changes: [], panels, readings: [] },
        width,
      ),
    tables: [
      {
        caption: "Words per response",
        columns: ["step", ...words.flatMap(({ word }) => [`${word}, right`, `${word}, wrong`])],
        rows: steps.map((step) => [
          `${step}`,
          ...words.flatMap(({ word }) =>
            kinds.map(({ kind }) => withSpread(meanAt(curves, `${word}_${kind}`, step), (v) => fixed(v, 3))),
          ),
        ]),
        file: "curves.jsonl",
      },
    ],
  };
}

export function cycleFigure(data: Evidence): Figure | MissingFigure {
  const [id, title] = ["cycle-lengths", "Figure 7a: the length of cycles"];
  const runs = cycleRuns(data);
  if (runs.length < 2) return { id, title, missing: `entries ${SIRI} with different cycle lengths` };
  return ablation(id, title, runs, "The cosine with cycles of different length, at the same budget.");
}

export function shapeFigure(data: Evidence): Figure | MissingFigure {
  const [id, title] = ["shapes", "Figure 7b: the shape of the schedule"];
  const runs = runsOf(data, [SIRI, "siri-stair", "siri-stair-cosine"]);
  if (runs.length < 2) return { id, title, missing: "two of SIRI’s shapes" };
  return ablation(id, title, runs, "SIRI’s three shapes, at the same budget.");
}

export function entropyFigure(data: Evidence): Figure | MissingFigure {
  const [id, title] = ["entropy", "Figure 9: entropy over the cycles"];
  const runs = cycleRuns(data);
  if (runs.length === 0) return { id, title, missing: `an entry ${SIRI}` };
  return {
    id,
    title,
    text: `${ENTROPY} Beneath it the cap.`,
    draw: overSteps([entropyPanel(runs), capPanel(runs, 80)], runs),
    tables: [entropyTable(runs)],
  };
}

export function entropyBaselineFigure(data: Evidence): Figure | MissingFigure {
  const [id, title] = ["entropy-baselines", "Figure 10: entropy without cycles"];
  const runs = runsOf(data, [SIRI, TWO_STAGE, FIXED]);
  if (runs.length < 2) return { id, title, missing: `${SIRI} and an entry ${TWO_STAGE} or ${FIXED}` };
  return {
    id,
    title,
    text: `${ENTROPY} Beside SIRI runs that have no cycles: the paper sees its entropy go up and down in two-stage training as well.`,
    draw: overSteps([entropyPanel(runs)], runs),
    tables: [entropyTable(runs)],
  };
}

/** Runs that are compared by their evaluations over steps. */
function ablation(id: string, title: string, runs: readonly Runs[], text: string): Figure {
  return {
    id,
    title,
    text: `${text} Evaluations at L_max along the runs. ${BARS} The axis of accuracy does not begin at zero.`,
    draw: overSteps([accuracyPanel(runs), lengthPanel(runs, 130)], runs),
    tables: [evaluationTable(runs)],
  };
}

function cycleRuns(data: Evidence): Runs[] {
  return [...cycleLengths(data)].map(([cycle, curves], index) => ({
    name: `T = ${cycle}`,
    curves,
    style: LINES[index % LINES.length]!,
  }));
}
