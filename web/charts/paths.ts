/** Curves as paths. The same code draws on a canvas and writes an SVG, as both pens know the same strokes. */
import { type Domain, scale } from "../../src/io/report/scale.ts";
import type { Column, Curve } from "./figure.ts";
import { decimate } from "./series.ts";

/** What draws: a `Path2D`, or {@link SvgPen}. */
export interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
}

/** Writes the `d` of an SVG path, to a tenth of a pixel. */
export class SvgPen implements Pen {
  #parts: string[] = [];

  moveTo(x: number, y: number): void {
    this.#parts.push(`M${tenth(x)} ${tenth(y)}`);
  }

  lineTo(x: number, y: number): void {
    this.#parts.push(`L${tenth(x)} ${tenth(y)}`);
  }

  toString(): string {
    return this.#parts.join("");
  }
}

function tenth(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

/** Where curves go, in pixels of whatever is drawn on. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Steps and values to pixels. */
export interface Frame {
  readonly x: (step: number) => number;
  readonly y: (value: number) => number;
  readonly box: Box;
}

export function frameOf(steps: Domain, domain: Domain, box: Box): Frame {
  return { x: scale(steps, [box.left, box.right]), y: scale(domain, [box.bottom, box.top]), box };
}

/** What of a curve there is to stroke: its values or their means, decimated. */
export interface Drawn extends Column {
  readonly errors: Float64Array | null;
  /** Points that each drawn pair stands for; 1: all are drawn. */
  readonly size: number;
}

/** The points of a curve that are drawn where there is room for so many pairs of them. */
export function pointsOf({ steps, errors }: Curve, values: Float64Array, pairs: number): Drawn {
  const { kept, size } = decimate(values, pairs);
  if (size === 1) return { steps, values, errors: errors ?? null, size };
  return {
    steps: pick(steps, kept),
    values: pick(values, kept),
    errors: errors === undefined ? null : pick(errors, kept),
    size,
  };
}

function pick(from: Float64Array, indices: Uint32Array): Float64Array {
  const picked = new Float64Array(indices.length);
  for (let i = 0; i < indices.length; i++) picked[i] = from[indices[i]!]!;
  return picked;
}

/** Joins the points; a value that was not measured leaves a gap. */
export function traceLine(pen: Pen, { steps, values }: Column, { x, y }: Frame): void {
  let isOpen = false;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) isOpen = false;
    else if (isOpen) pen.lineTo(x(steps[i]!), y(value));
    else {
      pen.moveTo(x(steps[i]!), y(value));
      isOpen = true;
    }
  }
}

/** Each value holds until the next, the last for a step. Values that repeat are one stroke, so it needs no decimation. */
export function traceSteps(pen: Pen, { steps, values }: Column, { x, y }: Frame): void {
  let last = Number.NaN;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value === last) continue;
    const at = x(steps[i]!);
    if (i === 0) pen.moveTo(at, y(value));
    else {
      pen.lineTo(at, y(last));
      pen.lineTo(at, y(value));
    }
    last = value;
  }
  if (values.length > 0) pen.lineTo(x(steps.at(-1)! + 1), y(last));
}

/** The outline of what lies below the points. */
export function traceArea(pen: Pen, { steps, values }: Column, { x, y, box }: Frame): void {
  let before = -1;
  for (let i = 0; i <= values.length; i++) {
    const isMeasured = i < values.length && !Number.isNaN(values[i]!);
    if (isMeasured) {
      if (before < 0) pen.moveTo(x(steps[i]!), box.bottom);
      pen.lineTo(x(steps[i]!), y(values[i]!));
      before = i;
    } else if (before >= 0) {
      pen.lineTo(x(steps[before]!), box.bottom);
      before = -1;
    }
  }
}

/** A bar of one standard error to either side of each point. */
export function traceErrors(pen: Pen, { steps, values, errors }: Drawn, { x, y }: Frame): void {
  if (errors === null) return;
  for (let i = 0; i < values.length; i++) {
    const [value, error] = [values[i]!, errors[i]!];
    if (!(error > 0)) continue;
    pen.moveTo(x(steps[i]!), y(value - error));
    pen.lineTo(x(steps[i]!), y(value + error));
  }
}

/** Markers nearer to each other than this, in CSS pixels, would run together; they are left out, and the dash remains. */
const MARKER_ROOM = 8;

/** Where the markers of a curve go; a lone point has no line and is always marked. */
export function markerPlaces(
  { steps, values }: Column,
  { x, y }: Frame,
  pixel: number,
): (readonly [number, number])[] {
  const places = Array.from(values, (value, i) => [x(steps[i]!), y(value)] as const).filter(
    ([, up]) => !Number.isNaN(up),
  );
  if (places.length < 2) return places;
  const width = places.at(-1)![0] - places[0]![0];
  return width < MARKER_ROOM * pixel * (places.length - 1) ? [] : places;
}
