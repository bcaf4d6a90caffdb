import { drawCurve, drawSample, omission, type Plot, type Series } from "./curves.ts";
import { type Content, type Markup, markup } from "./markup.ts";
import { type Domain, scale, ticks } from "./scale.ts";
import { measured } from "./series.ts";
import { boldWidth, label, round, textWidth } from "./style.ts";
import type { Span } from "./summary.ts";

/** Curves over the steps of a run, in panels that share their horizontal axis. */
export interface Chart {
  /** First and last step. */
  readonly steps: Domain;
  /** What the horizontal axis counts, where that is not whole steps of training. */
  readonly axis?: string;
  /** What the budget did, tinted behind the curves. */
  readonly spans: readonly Span[];
  /** Steps from which on settings were others, as upright lines. */
  readonly changes: readonly number[];
  readonly panels: readonly Panel[];
  /** The numbers of steps, shown where the pointer rests. */
  readonly readings: readonly Reading[];
}

export interface Panel {
  /** Quantity and unit. */
  readonly title: string;
  /** Of the plot, in pixels. */
  readonly height: number;
  readonly domain: Domain;
  readonly tickText: (value: number) => string;
  readonly series: readonly Series[];
}

export interface Reading {
  readonly step: number;
  readonly text: string;
}

/** Something drawn, and how high it came to be. */
export interface Drawing {
  readonly content: Markup;
  readonly height: number;
}

const LEFT = 40;
const RIGHT = 14;
const ROW = 18;

/** Draws a chart so many pixels wide, from y = 0 downwards. */
export function drawChart(chart: Chart, width: number): Drawing {
  const [left, right] = [LEFT, width - RIGHT];
  const x = scale(chart.steps, [left, right]);
  const drawn: Content[] = [];
  const plots: Plot[] = [];
  let height = 0;
  const add = (drawing: Drawing) => {
    drawn.push(drawing.content);
    height += drawing.height;
  };
  for (const [index, panel] of chart.panels.entries()) {
    add(drawLegend(panel, height, width));
    if (index === 0) add(drawRibbon(chart.spans, x, height));
    const [top, bottom] = [height, height + panel.height];
    const plot = { x, y: scale(panel.domain, [bottom, top]), left, right, top, bottom };
    plots.push(plot);
    add({ content: markup`${drawPanel(panel, chart, plot)}`, height: panel.height + 14 });
  }
  drawn.push(drawReadings(chart, plots));
  add(drawSteps(chart, x, height, width));
  const omissions = chart.panels.flatMap(({ series }, i) => series.map((s) => omission(s, plots[i]!)));
  for (const note of new Set(omissions)) {
    if (note !== "") add({ content: label("soft", "start", 0, height + 12, note), height: ROW });
  }
  return { content: markup`${drawn}`, height };
}

/** The panel's title, and a sample of each series with its name, in as many rows as it takes. */
function drawLegend({ title, series }: Panel, top: number, width: number): Drawing {
  const parts: Content[] = [label("title", "start", 0, top + 13, title)];
  let x = boldWidth(title) + 20;
  let y = top;
  for (const item of series) {
    const wide = 30 + textWidth(item.name);
    if (x + wide > width) {
      x = 0;
      y += ROW;
    }
    parts.push(drawSample(item, x, y + 9), label("", "start", x + 30, y + 13, item.name));
    x += wide + 14;
  }
  return { content: markup`${parts}`, height: y - top + ROW + 6 };
}

/** What the budget does, above the plots: numbers of cycles, if there are several, and phases. */
function drawRibbon(spans: readonly Span[], x: (step: number) => number, top: number): Drawing {
  if (spans.length === 0) return { content: markup``, height: 0 };
  const cycles = drawCycles(spans, x, top);
  const phases = spans.map((span) => drawPhase(span, x, top + cycles.height));
  return { content: markup`${cycles.content}${phases}`, height: cycles.height + 16 };
}

function drawCycles(spans: readonly Span[], x: (step: number) => number, top: number): Drawing {
  const cycles = [...new Set(spans.map((span) => span.cycle))].map((cycle) => {
    const inside = spans.filter((span) => span.cycle === cycle);
    return { number: cycle + 1, from: x(inside[0]!.begin), to: x(inside.at(-1)!.end) };
  });
  const prefix = ["cycle ", ""].find((prefix) =>
    cycles.every(({ number, from, to }) => textWidth(`${prefix}${number}`) < to - from),
  );
  if (cycles.length < 2 || prefix === undefined) return { content: markup``, height: 0 };
  const names = cycles.map(({ number, from, to }) =>
    label("soft", "middle", (from + to) / 2, top + 11, `${prefix}${number}`),
  );
  return { content: markup`${names}`, height: 15 };
}

/** A phase's name, or a triangle where that has no room. */
function drawPhase({ phase, begin, end }: Span, x: (step: number) => number, top: number): Content {
  const [from, wide] = [x(begin), x(end) - x(begin)];
  const middle = from + wide / 2;
  const triangle = phase === "compress" ? "l3.5 6 3.5-6z" : "m0 6l3.5-6 3.5 6z";
  return [
    rectangle(phase, from, top, wide, 16),
    textWidth(phase) < wide
      ? label("soft", "middle", middle, top + 12, phase)
      : phase !== "hold" &&
        wide > 8 &&
        markup`<path class="soft" d="M${round(middle - 3.5)} ${top + 5}${triangle}"/>`,
  ];
}

/** Tints, grid and curves. */
function drawPanel({ series, domain, tickText }: Panel, { spans, changes }: Chart, plot: Plot): Content {
  const { x, y, left, right, top, bottom } = plot;
  const tints = spans
    .filter(({ phase }) => phase !== "hold")
    .map(({ phase, begin, end }) => rectangle(phase, x(begin), top, x(end) - x(begin), bottom - top));
  const seams = spans
    .filter(({ cycle }, index) => index > 0 && cycle !== spans[index - 1]!.cycle)
    .map(({ begin }) => upright("seam", x(begin), top, bottom));
  const behind = [tints, seams, changes.map((step) => upright("change", x(step), top, bottom))];
  if (series.every(({ points }) => measured(points).length === 0)) {
    const middle = (top + bottom) / 2 + 4;
    return [behind, label("soft", "middle", (left + right) / 2, middle, "nothing was measured")];
  }
  const grid = ticks(domain, Math.max(2, Math.round((bottom - top) / 44))).map((value) => {
    const at = round(y(value));
    return [
      markup`<path class="grid" d="M${left} ${at}H${right}"/>`,
      label("soft", "end", left - 6, at + 4, tickText(value)),
    ];
  });
  return [behind, grid, series.map((item) => drawCurve(item, plot))];
}

/** Most columns that show their numbers. */
const MOST_READINGS = 120;

/** Columns over all plots, each nearer to its step than to any other's, that tell their numbers to a resting pointer. */
function drawReadings({ readings, steps }: Chart, plots: readonly Plot[]): Content {
  const [first, last] = [plots[0], plots.at(-1)];
  if (first === undefined || last === undefined) return null;
  const every = Math.ceil(readings.length / MOST_READINGS);
  const shown = readings.filter((_, index) => index % every === 0);
  const middles = shown.map(({ step }) => first.x(step));
  const edges = middles.slice(1).map((middle, index) => (middles[index]! + middle) / 2);
  const borders = [first.x(steps[0]), ...edges, first.x(steps[1])];
  return shown.map(({ text }, index) => {
    const from = borders[index]!;
    const wide = borders[index + 1]! - from;
    return markup`<rect class="reading" x="${round(from)}" y="${first.top}" width="${round(wide)}" height="${last.bottom - first.top}"><title>${text}</title></rect>`;
  });
}

function drawSteps({ steps, axis }: Chart, x: (step: number) => number, top: number, width: number): Drawing {
  const numbers = ticks(steps, Math.max(2, Math.round(width / 90)))
    .filter((value) => axis !== undefined || Number.isInteger(value))
    .map((value) => {
      const isAtEdge = x(value) + textWidth(`${value}`) / 2 > width;
      return label("soft", isAtEdge ? "end" : "middle", isAtEdge ? width : x(value), top + 4, `${value}`);
    });
  const title = label("soft", "middle", (LEFT + width - RIGHT) / 2, top + 21, axis ?? "training step");
  return { content: markup`${[numbers, title]}`, height: 28 };
}

function upright(style: string, x: number, top: number, bottom: number): Markup {
  return markup`<path class="${style}" d="M${round(x)} ${top}V${bottom}"/>`;
}

function rectangle(style: string, x: number, y: number, width: number, height: number): Markup {
  return markup`<rect class="${style}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"/>`;
}
