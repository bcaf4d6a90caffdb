/** Charts as SVG pictures that stand alone, drawn from the same curves as on the page. */
import chartCss from "../../src/io/report/chart.css?raw";
import { type Content, type Markup, markup, verbatim } from "../../src/io/report/markup.ts";
import { ticks } from "../../src/io/report/scale.ts";
import { label, markerPath, round, type Style, textWidth } from "../../src/io/report/style.ts";
import { PRESETS } from "../../src/train/presets.ts";
import { differences, showValue } from "../state/config-diff.ts";
import type { ChartWords } from "../text/charts.en.ts";
import type { Curve, Figure, FigureId } from "./figure.ts";
import { makeFigure, type View } from "./figures.ts";
import { wholePercent } from "./format.ts";
import {
  type Box,
  type Frame,
  frameOf,
  markerPlaces,
  pointsOf,
  SvgPen,
  traceArea,
  traceErrors,
  traceLine,
  traceSteps,
} from "./paths.ts";
import { phaseLabels } from "./phases.ts";
import { type Drawing, drawTrails, trailsOf } from "./trail.ts";

const WIDTH = 900;
const MARGIN = 22;
const INNER = WIDTH - 2 * MARGIN;
const PLOT_HEIGHT = 260;
const ROW = 18;
const RIBBON = 18;
const GUTTER = 40;

/** A chart as an SVG file. Its caption tells in which settings each run differs from the default preset. */
export function chartSvg(id: FigureId, view: View): string {
  const { words } = view;
  const { title, axis } = words.figures[id];
  const { notes, drawing, legend } =
    id === "trail" ? trailParts(view) : plotParts(makeFigure(id, view), words);
  const captions = [...notes, ...settingsOf(view)].flatMap((line) => wrap(line, INNER));
  const legendHeight = legend.height;
  const top = 52;
  const captionTop = top + legendHeight + drawing.height + 20;
  const height = captionTop + ROW * captions.length;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${title}</title>
<style>${verbatim(chartCss)}</style>
<rect class="card" width="${WIDTH}" height="${height}" rx="10"/>
<text class="headline" x="${MARGIN}" y="34">${title}${axis !== "" && ` (${axis})`}</text>
<g transform="translate(${MARGIN} ${top})">${legend.content}</g>
<g transform="translate(${MARGIN} ${top + legendHeight})">${drawing.content}</g>
${captions.map((line, row) => label("soft", "start", MARGIN, captionTop + ROW * row, line))}
</svg>
`.text;
}

interface Parts {
  readonly legend: Drawing;
  readonly drawing: Drawing;
  /** What the reader must know of how it is drawn. */
  readonly notes: readonly string[];
}

function trailParts(view: View): Parts {
  const trails = trailsOf(view);
  const legend = drawLegend(trails.map(({ name, style }) => ({ name, style, isArea: false })));
  return { legend, drawing: drawTrails(trails, INNER, view.words), notes: [] };
}

function plotParts(figure: Figure, words: ChartWords): Parts {
  const listed = figure.curves.filter(({ isCompanion }) => isCompanion !== true);
  const box: Box = { left: GUTTER, right: INNER - GUTTER, top: RIBBON, bottom: RIBBON + PLOT_HEIGHT };
  const frames = {
    main: frameOf(figure.steps, figure.domain, box),
    share: frameOf(figure.steps, [0, 1], box),
  };
  const curves = figure.curves.map((curve) => drawCurve(curve, frames[curve.axis]));
  const size = Math.max(1, ...curves.map((curve) => curve.size));
  return {
    legend: drawLegend(listed.map(({ name, style, shape }) => ({ name, style, isArea: shape === "area" }))),
    drawing: {
      content: markup`${[
        drawPhases(figure, frames.main, words),
        drawAxes(figure, frames, words),
        curves.map(({ content }) => content),
      ]}`,
      height: box.bottom + 40,
    },
    notes: [
      ...(listed.length < figure.curves.length ? [words.budgets] : []),
      ...(figure.curves.some(({ smoothed }) => smoothed !== undefined) ? [words.smoothed] : []),
      ...(size > 1 ? [words.decimated(size)] : []),
      ...figure.marks.map(({ step, text }) => words.changed(step, text)),
    ],
  };
}

/** A line for each run that is drawn: its name, and in what its settings differ from the default preset. */
function settingsOf({ runs, current, overlay, words }: View): string[] {
  const drawn = overlay ? runs : current === null ? [] : [current];
  return drawn.map((run) => {
    const changed = differences(PRESETS.default, run.config.value);
    const text = changed.map(({ path, to }) => `${path} ${showValue(to)}`).join(", ");
    return `${run.name.value}. ${text === "" ? words.defaults : words.differences(text)}`;
  });
}

function drawPhases({ spans, marks }: Figure, { x, box }: Frame, words: ChartWords): Content {
  const tints = spans.map(({ phase, begin, end }) => {
    const [from, wide] = [round(x(begin)), round(x(end) - x(begin))];
    return [
      phase !== "hold" &&
        markup`<rect class="${phase}" x="${from}" y="${box.top}" width="${wide}" height="${box.bottom - box.top}"/>`,
      markup`<rect class="${phase}" x="${from}" y="0" width="${wide}" height="${RIBBON - 2}"/>`,
    ];
  });
  const seams = spans
    .filter(({ cycle }, index) => index > 0 && cycle !== spans[index - 1]!.cycle)
    .map(({ begin }) => markup`<path class="seam" d="M${round(x(begin))} ${box.top}V${box.bottom}"/>`);
  const flags = marks.map(
    ({ step }) =>
      markup`<g class="red"><path class="line" d="M${round(x(step))} ${box.bottom}V${box.top}h8l-2 4l2 4h-8"/></g>`,
  );
  const labels = phaseLabels(spans, x, words.phases, textWidth, 1);
  return [tints, labels.map(({ x, text }) => label("soft", "middle", x, 12, text)), seams, flags];
}

function drawAxes(
  figure: Figure,
  { main, share }: { readonly main: Frame; readonly share: Frame },
  words: ChartWords,
): Content {
  const { left, right, bottom } = main.box;
  const steps = ticks(figure.steps, 9).filter(Number.isInteger);
  return [
    ticks(figure.domain, 5).map((value) => [
      markup`<path class="grid" d="M${left} ${round(main.y(value))}H${right}"/>`,
      label("soft", "end", left - 6, main.y(value) + 4, figure.tickText(value)),
    ]),
    figure.hasShare &&
      ticks([0, 1], 5).map((value) =>
        label("soft", "start", right + 6, share.y(value) + 4, wholePercent(words.locale)(value)),
      ),
    steps.map((step) => label("soft", "middle", main.x(step), bottom + 17, `${step}`)),
    label("soft", "middle", (left + right) / 2, bottom + 34, words.step),
  ];
}

function drawCurve(curve: Curve, frame: Frame): { readonly content: Markup; readonly size: number } {
  const { style, shape, values, smoothed, faint } = curve;
  const pairs = Math.floor(frame.box.right - frame.box.left);
  const opacity = markup` opacity="${faint === true ? 0.4 : 1}"`;
  const write = (trace: (pen: SvgPen) => void) => {
    const pen = new SvgPen();
    trace(pen);
    return pen.toString();
  };
  if (shape === "steps") {
    const path = write((pen) => traceSteps(pen, curve, frame));
    return { content: markup`<g class="${style.colour}"${opacity}>${stroke(path, style)}</g>`, size: 1 };
  }
  const raw = pointsOf(curve, values, pairs);
  const drawn = smoothed === undefined ? raw : pointsOf(curve, smoothed, pairs);
  const content = [
    shape === "area" && markup`<path class="area" d="${write((pen) => traceArea(pen, raw, frame))}"/>`,
    smoothed !== undefined && markup`<path class="raw" d="${write((pen) => traceLine(pen, raw, frame))}"/>`,
    markup`<path class="error" d="${write((pen) => traceErrors(pen, raw, frame))}"/>`,
    stroke(
      write((pen) => traceLine(pen, drawn, frame)),
      style,
    ),
    drawMarkers(style, markerPlaces(drawn, frame, 1)),
  ];
  return { content: markup`<g class="${style.colour}"${opacity}>${content}</g>`, size: raw.size };
}

function stroke(path: string, { dash, bold }: Style): Content {
  const dashes = dash !== "" && markup` stroke-dasharray="${dash}"`;
  return path !== "" && markup`<path class="line${bold === true && " bold"}"${dashes} d="${path}"/>`;
}

function drawMarkers({ marker }: Style, places: readonly (readonly [number, number])[]): Content {
  const shape = marker ?? (places.length === 1 ? "circle" : null);
  if (shape === null || places.length === 0) return null;
  const path = places.map(([x, y]) => markerPath(shape, x, y)).join("");
  return markup`<path class="${shape === "ring" || shape === "cross" ? "hollow" : "mark"}" d="${path}"/>`;
}

interface Sample {
  readonly name: string;
  readonly style: Style;
  readonly isArea: boolean;
}

/** A sample of each curve with its name, in as many rows as it takes. */
function drawLegend(samples: readonly Sample[]): Drawing {
  let [x, y] = [0, 0];
  const content = samples.map(({ name, style, isArea }) => {
    const wide = 32 + textWidth(name);
    if (x > 0 && x + wide > INNER) [x, y] = [0, y + ROW];
    const middle = y + 9;
    const drawn = markup`<g class="${style.colour}">${[
      isArea && markup`<path class="area" d="M${round(x)} ${middle}h24v7h-24z"/>`,
      stroke(`M${round(x)} ${middle}h24`, style),
      style.marker !== null && drawMarkers(style, [[x + 12, middle]]),
    ]}</g>${label("", "start", x + 32, y + 13, name)}`;
    x += wide + 16;
    return drawn;
  });
  return { content: markup`${content}`, height: y + ROW + 6 };
}

/** Text in lines of at most so many pixels, broken between words. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(`${last} ${word}`) <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
