import { markerPath } from "../../src/io/report/style.ts";
import type { ChartWords } from "../text/charts.en.ts";
import type { Curve, Figure, Span } from "./figure.ts";
import {
  type Box,
  type Frame,
  frameOf,
  markerPlaces,
  pointsOf,
  traceArea,
  traceErrors,
  traceLine,
  traceSteps,
} from "./paths.ts";
import { phaseLabels } from "./phases.ts";
import { dashes, lineWidth, type Palette } from "./styles.ts";

/** A canvas, its colours, and how many of its pixels are one of CSS. */
export interface Surface {
  readonly context: CanvasRenderingContext2D;
  readonly palette: Palette;
  readonly pixel: number;
  readonly font: string;
}

/** Height of the ribbon above a plot that names the phases, in CSS pixels. */
export const RIBBON = 18;

/** How much a raw line shows behind its mean, and a plan before it comes true. */
const FAINT = 0.35;

/** Tints what the budget does, names it above the plot, and draws the seams of cycles and the marks of changed settings. */
export function drawPhases(surface: Surface, figure: Figure, box: Box, words: ChartWords): void {
  const { context, palette, pixel } = surface;
  const { x } = frameOf(figure.steps, figure.domain, box);
  context.save();
  for (const span of figure.spans) drawSpan(surface, span, x(span.begin), x(span.end), box);
  drawNames(surface, figure.spans, x, box, words);
  context.lineWidth = pixel;
  context.setLineDash([2 * pixel, 3 * pixel]);
  context.strokeStyle = palette.soft;
  for (const [index, { begin, cycle }] of figure.spans.entries()) {
    if (index > 0 && cycle !== figure.spans[index - 1]!.cycle) vertical(context, x(begin), box);
  }
  context.setLineDash([]);
  context.strokeStyle = palette.red;
  for (const { step } of figure.marks) drawMark(surface, x(step), box);
  context.restore();
}

function drawSpan(
  { context, palette, pixel }: Surface,
  { phase }: Span,
  from: number,
  to: number,
  { top, bottom }: Box,
): void {
  const ribbon = RIBBON * pixel;
  context.fillStyle = palette[phase];
  if (phase !== "hold") context.fillRect(from, top, to - from, bottom - top);
  context.fillRect(from, top - ribbon, to - from, ribbon - 2 * pixel);
}

function drawNames(
  { context, palette, pixel, font }: Surface,
  spans: readonly Span[],
  x: (step: number) => number,
  { top }: Box,
  words: ChartWords,
): void {
  context.fillStyle = palette.soft;
  context.font = font;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const widthOf = (text: string) => context.measureText(text).width;
  for (const label of phaseLabels(spans, x, words.phases, widthOf, pixel)) {
    context.fillText(label.text, label.x, top - (RIBBON / 2 + 1) * pixel);
  }
}

/** A line with a flag, so that it is no seam. */
function drawMark({ context, palette, pixel }: Surface, x: number, box: Box): void {
  vertical(context, x, box);
  context.fillStyle = palette.red;
  context.fill(
    new Path2D(
      `M${x} ${box.top}h${8 * pixel}l${-2 * pixel} ${4 * pixel}l${2 * pixel} ${4 * pixel}h${-8 * pixel}z`,
    ),
  );
}

function vertical(context: CanvasRenderingContext2D, x: number, { top, bottom }: Box): void {
  context.beginPath();
  context.moveTo(x, top);
  context.lineTo(x, bottom);
  context.stroke();
}

/**
 * Draws the curves of a figure into a plot.
 * @returns how many points a drawn pair stands for where that is most; 1: every point is drawn.
 */
export function drawCurves(surface: Surface, figure: Figure, box: Box): number {
  const { context, pixel } = surface;
  const frames = {
    main: frameOf(figure.steps, figure.domain, box),
    share: frameOf(figure.steps, [0, 1], box),
  };
  context.save();
  context.beginPath();
  // Markers at the edge of the plot may stand out of it a little.
  const margin = 5 * pixel;
  context.rect(
    box.left - margin,
    box.top - margin,
    box.right - box.left + 2 * margin,
    box.bottom - box.top + 2 * margin,
  );
  context.clip();
  const sizes = figure.curves.map((curve) => drawCurve(surface, curve, frames[curve.axis]));
  context.restore();
  return Math.max(1, ...sizes);
}

function drawCurve({ context, palette, pixel }: Surface, curve: Curve, frame: Frame): number {
  const { style, shape, values, smoothed, faint } = curve;
  const { left, right } = frame.box;
  const pairs = Math.max(1, Math.floor((right - left) / pixel));
  context.strokeStyle = palette[style.colour];
  context.fillStyle = palette[style.colour];
  context.lineJoin = "round";
  context.lineWidth = lineWidth(style) * pixel;
  context.globalAlpha = faint === true ? FAINT : 1;
  context.setLineDash(dashes(style).map((length) => length * pixel));
  if (shape === "steps") {
    const path = new Path2D();
    traceSteps(path, curve, frame);
    context.stroke(path);
    return 1;
  }
  const raw = pointsOf(curve, values, pairs);
  if (shape === "area") fillArea(context, raw, frame);
  if (smoothed !== undefined) strokeRaw(context, raw, frame, pixel);
  const drawn = smoothed === undefined ? raw : pointsOf(curve, smoothed, pairs);
  const line = new Path2D();
  traceLine(line, drawn, frame);
  context.stroke(line);
  context.setLineDash([]);
  const errors = new Path2D();
  traceErrors(errors, raw, frame);
  context.lineWidth = 1.2 * pixel;
  context.stroke(errors);
  drawMarkers({ context, palette, pixel }, curve, markerPlaces(drawn, frame, pixel));
  return raw.size;
}

function fillArea(
  context: CanvasRenderingContext2D,
  raw: Parameters<typeof traceArea>[1],
  frame: Frame,
): void {
  const area = new Path2D();
  traceArea(area, raw, frame);
  context.globalAlpha = 0.18;
  context.fill(area);
  context.globalAlpha = 1;
}

function strokeRaw(
  context: CanvasRenderingContext2D,
  raw: Parameters<typeof traceLine>[1],
  frame: Frame,
  pixel: number,
): void {
  const path = new Path2D();
  traceLine(path, raw, frame);
  context.save();
  context.setLineDash([]);
  context.lineWidth = pixel;
  context.globalAlpha = FAINT;
  context.stroke(path);
  context.restore();
}

function drawMarkers(
  { context, palette, pixel }: Omit<Surface, "font">,
  { style }: Curve,
  places: readonly (readonly [number, number])[],
): void {
  const marker = style.marker ?? (places.length === 1 ? "circle" : null);
  if (marker === null) return;
  const shape = new Path2D(markerPath(marker, 0, 0));
  const isHollow = marker === "ring" || marker === "cross";
  for (const [x, y] of places) {
    context.save();
    context.translate(x, y);
    context.scale(pixel, pixel);
    context.lineWidth = 1.6;
    if (isHollow) {
      context.fillStyle = palette.paper;
      context.fill(shape);
      context.stroke(shape);
    } else context.fill(shape);
    context.restore();
  }
}
