import { type Content, markup } from "./markup.ts";
import { decimate, measured, type Point, smooth, unbroken } from "./series.ts";
import { markerPath, round, type Style } from "./style.ts";

/** What a curve is drawn from. */
export interface Series {
  readonly name: string;
  /** `steps`: a value holds until the next; `area`: filled down to the axis. */
  readonly shape: "line" | "steps" | "area";
  readonly points: readonly Point[];
  readonly style: Style;
  /** The curve is a centred mean over so many points, with the points themselves faint behind it; 1: as it is. */
  readonly window?: number;
}

/** Where curves go, in pixels. */
export interface Plot {
  readonly x: (step: number) => number;
  readonly y: (value: number) => number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Markers closer than this would run into each other and are left out. */
const MARKER_ROOM = 7;

export function drawCurve({ shape, points, style, window = 1 }: Series, plot: Plot): Content {
  const buckets = bucketsOf(plot);
  if (shape === "steps")
    return markup`<g class="${style.colour}">${stroke(stepPath(points, plot), style)}</g>`;
  const raw = decimate(points, buckets);
  const mean = window > 1 ? decimate(smooth(points, window), buckets) : raw;
  return markup`<g class="${style.colour}">${[
    shape === "area" && markup`<path class="area" d="${areaPath(raw, plot)}"/>`,
    shape === "line" && window > 1 && markup`<path class="raw" d="${linePath(raw, plot)}"/>`,
    errorBars(raw, plot),
    stroke(linePath(mean, plot), style),
    drawMarks(mean, plot, style),
  ]}</g>`;
}

/** What a legend shows of a curve: 24 pixels wide, around the height y. */
export function drawSample({ shape, style }: Series, x: number, y: number): Content {
  const left = round(x);
  const area = shape === "area" && markup`<path class="area" d="M${left} ${y - 5}h24v10h-24z"/>`;
  const line = stroke(`M${left} ${shape === "area" ? y - 5 : y}h24`, style);
  return markup`<g class="${style.colour}">${[area, line, marks(style, [[x + 12, y]])]}</g>`;
}

/** Tells which points of a curve are drawn; "" if all are. */
export function omission({ shape, points }: Series, plot: Plot): string {
  const buckets = bucketsOf(plot);
  if (shape === "steps" || decimate(points, buckets) === points) return "";
  return `Drawn: lowest and highest of every ${round(points.length / buckets)} points.`;
}

/** One for each pixel. */
function bucketsOf({ left, right }: Plot): number {
  return Math.max(1, Math.floor(right - left));
}

function drawMarks(points: readonly Point[], { x, y }: Plot, style: Style): Content {
  const places = measured(points).map((point): [number, number] => [x(point.x), y(point.y)]);
  // A lone point has no line, so it is marked in any case.
  if (places.length === 1) return marks({ ...style, marker: style.marker ?? "circle" }, places);
  const isTight = places.length > 0 && places.at(-1)![0] - places[0]![0] < MARKER_ROOM * (places.length - 1);
  return !isTight && marks(style, places);
}

function marks({ marker }: Style, places: readonly (readonly [number, number])[]): Content {
  if (marker === null || places.length === 0) return null;
  const path = places.map(([x, y]) => markerPath(marker, x, y)).join("");
  return markup`<path class="${marker === "ring" || marker === "cross" ? "hollow" : "mark"}" d="${path}"/>`;
}

function stroke(path: string, { dash, bold }: Style): Content {
  if (path === "") return null;
  const dashes = dash !== "" && markup` stroke-dasharray="${dash}"`;
  return markup`<path class="line${bold === true && " bold"}"${dashes} d="${path}"/>`;
}

function errorBars(points: readonly Point[], { x, y }: Plot): Content {
  const bars = measured(points).flatMap((point) => {
    const error = point.error ?? 0;
    return error > 0 ? `M${round(x(point.x))} ${round(y(point.y - error))}V${round(y(point.y + error))}` : [];
  });
  return bars.length > 0 && markup`<path class="error" d="${bars.join("")}"/>`;
}

function linePath(points: readonly Point[], { x, y }: Plot): string {
  return unbroken(points)
    .map((stretch) => `M${stretch.map((point) => `${round(x(point.x))} ${round(y(point.y))}`).join(" ")}`)
    .join("");
}

function areaPath(points: readonly Point[], plot: Plot): string {
  return unbroken(points)
    .map((stretch) => `${linePath(stretch, plot)}V${plot.bottom}H${round(plot.x(stretch[0]!.x))}z`)
    .join("");
}

/** Each value holds for a step; values that repeat are one stroke, so a budget needs no decimation. */
function stepPath(points: readonly Point[], { x, y }: Plot): string {
  return unbroken(points)
    .map((stretch) => {
      const jumps = stretch.filter((point, index) => index === 0 || point.y !== stretch[index - 1]!.y);
      const path = jumps.map((point, index) => {
        const [across, up] = [round(x(point.x)), round(y(point.y))];
        return index === 0 ? `M${across} ${up}` : `H${across}V${up}`;
      });
      return `${path.join("")}H${round(x(stretch.at(-1)!.x + 1))}`;
    })
    .join("");
}
