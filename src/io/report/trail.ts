import type { Drawing } from "./chart.ts";
import type { EvalPoint } from "./data.ts";
import { percent } from "./format.ts";
import { type Content, markup } from "./markup.ts";
import { drawNames, type Named, planeOf } from "./plane.ts";
import { roundDomain } from "./scale.ts";
import { label, markerPath, round } from "./style.ts";
import type { Cycle } from "./summary.ts";

/** An evaluation in the plane of length and accuracy. */
interface Stop {
  readonly eval: EvalPoint;
  readonly x: number;
  readonly y: number;
}

const HEIGHT = 330;

/**
 * The way of a run through accuracy and length (SIRI figure 1): its evaluations joined in the order of time, with the
 * shortest and the longest of each cycle. Up is better, left is cheaper.
 */
export function drawTrail(evals: readonly EvalPoint[], cycles: readonly Cycle[], width: number): Drawing {
  const known = evals.filter(({ accuracy, length }) => accuracy !== null && length !== null);
  if (known.length === 0) {
    return {
      content: label("soft", "middle", width / 2, HEIGHT / 2, "nothing was measured"),
      height: HEIGHT,
    };
  }
  const lengths = roundDomain(known.map((point) => point.length!));
  const accuracies = roundDomain(
    known.flatMap(({ accuracy, error }) => [
      Math.max(0, accuracy! - (error ?? 0)),
      Math.min(1, accuracy! + (error ?? 0)),
    ]),
  );
  const { x, y, box, frame } = planeOf(lengths, accuracies, width, HEIGHT);
  const stops = known.map((point): Stop => ({ eval: point, x: x(point.length!), y: y(point.accuracy!) }));
  const drawn = [
    frame,
    drawErrors(stops, y),
    drawPath(stops),
    drawStops(stops, cycles),
    drawNames(namesOf(stops, cycles), box),
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

/** The stops that matter have names. Both ends first: of the names, they matter most. */
function namesOf(stops: readonly Stop[], cycles: readonly Cycle[]): Named[] {
  const [start, end] = [stops[0]!, stops.at(-1)!];
  return [...new Set([start, end, ...stops])].map((stop) => {
    const names = [
      stop === start && "start",
      stop === end && stop !== start && "end",
      ...rolesOf(stop, cycles),
    ];
    return { x: stop.x, y: stop.y, name: names.filter((part) => part !== false).join(", ") };
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
