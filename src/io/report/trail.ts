import type { Drawing } from "./chart.ts";
import type { EvalPoint } from "./data.ts";
import { percent } from "./format.ts";
import { type Content, markup } from "./markup.ts";
import { roundDomain, scale, ticks } from "./scale.ts";
import { label, markerPath, round, textWidth } from "./style.ts";
import type { Cycle } from "./summary.ts";

/** An evaluation in the plane of length and accuracy. */
interface Stop {
  readonly eval: EvalPoint;
  readonly x: number;
  readonly y: number;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const HEIGHT = 330;
const LEFT = 40;
const RIGHT = 12;
const TOP = 26;
const BOTTOM = 40;

/**
 * The way of a run through accuracy and length (SIRI figure 1): its evaluations joined in the order of time, with the
 * shortest and the longest of each cycle. Up is better, left is cheaper.
 */
export function drawTrail(evals: readonly EvalPoint[], cycles: readonly Cycle[], width: number): Drawing {
  const plot: Box = { left: LEFT, right: width - RIGHT, top: TOP, bottom: HEIGHT - BOTTOM };
  const middle = (plot.left + plot.right) / 2;
  const known = evals.filter(({ accuracy, length }) => accuracy !== null && length !== null);
  if (known.length === 0) {
    return { content: label("soft", "middle", middle, HEIGHT / 2, "nothing was measured"), height: HEIGHT };
  }
  const lengths = roundDomain(known.map((point) => point.length!));
  const accuracies = roundDomain(
    known.flatMap(({ accuracy, error }) => [
      Math.max(0, accuracy! - (error ?? 0)),
      Math.min(1, accuracy! + (error ?? 0)),
    ]),
  );
  const x = scale(lengths, [plot.left, plot.right]);
  const y = scale(accuracies, [plot.bottom, plot.top]);
  const stops = known.map((point): Stop => ({ eval: point, x: x(point.length!), y: y(point.accuracy!) }));
  const drawn = [
    label("title", "start", 0, 13, "right answers, %"),
    ticks(accuracies, 5).map((value) => [
      markup`<path class="grid" d="M${plot.left} ${round(y(value))}H${plot.right}"/>`,
      label("soft", "end", plot.left - 6, y(value) + 4, `${round(100 * value)}`),
    ]),
    ticks(lengths, width / 80).map((value) => [
      markup`<path class="grid" d="M${round(x(value))} ${plot.top}V${plot.bottom}"/>`,
      label("soft", "middle", x(value), plot.bottom + 16, `${value}`),
    ]),
    label("soft", "middle", middle, plot.bottom + 33, "tokens per response"),
    drawErrors(stops, y),
    drawPath(stops),
    drawStops(stops, cycles),
    drawNames(stops, cycles, plot),
  ];
  return { content: markup`${drawn}`, height: HEIGHT };
}

function drawErrors(stops: readonly Stop[], y: (value: number) => number): Content {
  const bars = stops
    .filter((stop) => (stop.eval.error ?? 0) > 0)
    .map(
      ({ eval: { accuracy, error }, x }) =>
        `M${round(x)} ${round(y(accuracy! - error!))}V${round(y(accuracy! + error!))}`,
    );
  return markup`<g class="blue"><path class="raw" d="${bars.join("")}"/></g>`;
}

/** Shortest stretch that has room for an arrow. */
const ARROW_ROOM = 16;

/** Segments that grow stronger with time, with arrows. */
function drawPath(stops: readonly Stop[]): Content {
  return stops.slice(1).map((to, index) => {
    const from = stops[index]!;
    const age = round(0.45 + (0.55 * (index + 1)) / (stops.length - 1));
    const line = markup`<path class="line" opacity="${age}" d="M${round(from.x)} ${round(from.y)}L${round(to.x)} ${round(to.y)}"/>`;
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    if (Math.hypot(dx, dy) < ARROW_ROOM) return markup`<g class="blue">${line}</g>`;
    const turn = round((Math.atan2(dy, dx) * 180) / Math.PI);
    const place = `translate(${round(from.x + 0.58 * dx)} ${round(from.y + 0.58 * dy)}) rotate(${turn})`;
    return markup`<g class="blue">${line}<path class="mark" opacity="${age}" transform="${place}" d="M4 0l-8-4v8z"/></g>`;
  });
}

function drawStops(stops: readonly Stop[], cycles: readonly Cycle[]): Content {
  return stops.map((stop, index) => {
    const { eval: point, x, y } = stop;
    const { step, accuracy, length } = point;
    const isEnd = index === stops.length - 1;
    const isShortest = cycles.some((cycle) => cycle.shortest === point);
    const isLongest = cycles.some((cycle) => cycle.longest === point);
    const text = `step ${step}: ${percent(accuracy)} right with ${round(length!)} tokens`;
    const shape = isEnd ? "square" : isShortest ? "triangle" : isLongest ? "diamond" : "circle";
    const colour = isEnd || index === 0 ? "ink" : isShortest ? "red" : isLongest ? "green" : "blue";
    return markup`<g class="${colour}"><path class="${index === 0 ? "hollow" : "mark"}" d="${markerPath(shape, x, y)}"/><circle class="reading" cx="${round(x)}" cy="${round(y)}" r="9"><title>${text}</title></circle></g>`;
  });
}

/** Names of the stops that matter, each where it covers no stop and no other name; left out where there is no room. */
function drawNames(stops: readonly Stop[], cycles: readonly Cycle[], plot: Box): Content {
  const taken = stops.map(({ x, y }): Box => ({ left: x - 4, right: x + 4, top: y - 4, bottom: y + 4 }));
  const [start, end] = [stops[0], stops.at(-1)];
  // Both ends first: of the names, they matter most.
  return [...new Set([start, end, ...stops])].map((stop) => {
    if (stop === undefined) return null;
    const names = [
      stop === start && "start",
      stop === end && stop !== start && "end",
      ...rolesOf(stop, cycles),
    ];
    const name = names.filter((part) => part !== false).join(", ");
    const place = placesAround(stop, BOLD * textWidth(name)).find(
      (box) => isInside(box, plot) && !taken.some((other) => overlaps(box, other)),
    );
    if (name === "" || place === undefined) return null;
    taken.push(place);
    return label("end", "start", place.left, place.bottom - 4, name);
  });
}

function rolesOf({ eval: point }: Stop, cycles: readonly Cycle[]): string[] {
  return cycles.flatMap(({ number, shortest, longest }) => {
    const cycle = cycles.length > 1 ? ` ${number}` : "";
    return [
      ...(shortest === point ? [`shortest${cycle}`] : []),
      ...(longest === point ? [`longest${cycle}`] : []),
    ];
  });
}

/** How much wider bold text is. */
const BOLD = 1.12;

/** Room for text right, left, above and below of a stop, then at its corners. */
function placesAround({ x, y }: Stop, width: number): Box[] {
  const box = (left: number, middle: number): Box => ({
    left,
    right: left + width,
    top: middle - 8,
    bottom: middle + 8,
  });
  return [
    box(x + 9, y),
    box(x - 9 - width, y),
    ...[-15, 15, -27, 27].flatMap((dy) => [
      box(x - width / 2, y + dy),
      box(x + 6, y + dy),
      box(x - 6 - width, y + dy),
    ]),
  ];
}

function isInside(box: Box, { left, right, top, bottom }: Box): boolean {
  return box.left >= left && box.right <= right + RIGHT && box.top >= top - 10 && box.bottom <= bottom;
}

function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
