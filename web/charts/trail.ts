import { type Content, type Markup, markup } from "../../src/io/report/markup.ts";
import { type Domain, roundDomain, scale, ticks } from "../../src/io/report/scale.ts";
import { label, type Marker, markerPath, round, type Style, textWidth } from "../../src/io/report/style.ts";
import type { RunView } from "../state/run-view.ts";
import type { ChartWords } from "../text/charts.en.ts";
import { columnsOf } from "./columns.ts";
import type { View } from "./figures.ts";
import { decimal, fixed, percent } from "./format.ts";
import type { Box } from "./paths.ts";
import { runStyle } from "./styles.ts";

/** An evaluation in the plane of length and accuracy. */
export interface Stop {
  readonly step: number;
  /** Tokens per response. */
  readonly length: number;
  readonly accuracy: number;
  /** Standard error of the accuracy; NaN where it is not known. */
  readonly error: number;
  /** `shortest` and `longest` are of their cycle. */
  readonly role: "start" | "end" | "shortest" | "longest" | null;
  /** From 1. */
  readonly cycle: number;
}

/** The way of one run. */
export interface Trail {
  readonly name: string;
  readonly style: Style;
  /** In the order of time. */
  readonly stops: readonly Stop[];
}

/** The trails of the runs that are shown. */
export function trailsOf({ runs, current, overlay, words }: View): Trail[] {
  const drawn = overlay ? runs : current === null ? [] : [current];
  return drawn.map((run) => ({
    name: overlay ? run.name.value : words.curves.trail.name,
    style: overlay ? runStyle(run.slot) : { colour: "blue", dash: "", marker: "circle" },
    stops: stopsOf(run),
  }));
}

/** A run's evaluations that measured both length and accuracy. */
export function stopsOf(run: RunView): Stop[] {
  const columns = columnsOf(run);
  const accuracies = columns.evaluation("eval/acc");
  const errors = columns.evaluation("eval/acc_se").values;
  const lengths = columns.evaluation("eval/mean_length").values;
  const { kind, cycle } = run.config.value.schedule;
  const repeats = kind === "cosine" || kind === "stair" || kind === "stair-cosine";
  const stops = Array.from(accuracies.steps, (step, i) => ({
    step,
    length: lengths[i]!,
    accuracy: accuracies.values[i]!,
    error: errors[i]!,
    // An evaluation at the seam shows what the cycle before it has made.
    cycle: repeats ? Math.max(1, Math.ceil(step / cycle)) : 1,
  })).filter(({ length, accuracy }) => !Number.isNaN(length + accuracy));
  const [shortest, longest] = repeats ? turnsOf(stops) : [new Set(), new Set()];
  return stops.map((stop, index) => ({
    ...stop,
    role:
      index === 0
        ? "start"
        : index === stops.length - 1
          ? "end"
          : shortest.has(stop)
            ? "shortest"
            : longest.has(stop)
              ? "longest"
              : null,
  }));
}

/** Of each cycle the stop with the shortest responses, and the one with the longest after it. */
function turnsOf<S extends { readonly cycle: number; readonly length: number }>(
  stops: readonly S[],
): [Set<S>, Set<S>] {
  const shortest = new Set<S>();
  const longest = new Set<S>();
  for (const cycle of new Set(stops.map((stop) => stop.cycle))) {
    const inside = stops.filter((stop) => stop.cycle === cycle);
    const low = inside.reduce((best, stop) => (stop.length < best.length ? stop : best));
    const after = inside.slice(inside.indexOf(low) + 1);
    shortest.add(low);
    if (after.length > 0)
      longest.add(after.reduce((best, stop) => (stop.length > best.length ? stop : best)));
  }
  return [shortest, longest];
}

/** A stop on the drawing. */
interface Place {
  readonly stop: Stop;
  readonly x: number;
  readonly y: number;
}

const HEIGHT = 330;
const MARGIN = { left: 40, right: 14, top: 26, bottom: 40 };

/** Something drawn from (0, 0), and how high it came to be, in pixels. */
export interface Drawing {
  readonly content: Markup;
  readonly height: number;
}

/**
 * Trails so many pixels wide (SIRI figure 1): evaluations joined in the order of time. Up is better, left is cheaper.
 * @param chosen a stop of the trails that is ringed.
 */
export function drawTrails(
  trails: readonly Trail[],
  width: number,
  words: ChartWords,
  chosen?: Stop,
): Drawing {
  const box: Box = {
    left: MARGIN.left,
    right: width - MARGIN.right,
    top: MARGIN.top,
    bottom: HEIGHT - MARGIN.bottom,
  };
  const middle = (box.left + box.right) / 2;
  const stops = trails.flatMap((trail) => trail.stops);
  if (stops.length === 0) {
    return { content: label("soft", "middle", middle, HEIGHT / 2, words.empty), height: HEIGHT };
  }
  const lengths = roundDomain(stops.map(({ length }) => length));
  const accuracies = roundDomain(
    stops.flatMap(({ accuracy, error }) => [
      Math.max(0, accuracy - (error || 0)),
      Math.min(1, accuracy + (error || 0)),
    ]),
  );
  const x = scale(lengths, [box.left, box.right]);
  const y = scale(accuracies, [box.bottom, box.top]);
  const drawn = trails.map((trail) => {
    const places = trail.stops.map((stop): Place => ({ stop, x: x(stop.length), y: y(stop.accuracy) }));
    return { trail, places };
  });
  const taken = drawn.flatMap(({ places }) => places.map(({ x, y }) => around(x, y, 4)));
  const ways = drawn.flatMap(({ places }) => wayOf(places));
  const content = [
    drawAxes(lengths, accuracies, x, y, box, words),
    drawn.map(({ trail, places }) => [drawErrors(places, trail, y), drawPath(places, trail)]),
    drawn.map(({ trail, places }) => drawStops(places, trail, words)),
    drawn.map(({ places }) => drawChosen(places.find(({ stop }) => stop === chosen))),
    drawn.map(({ places }) => drawNames(places, taken, ways, box, drawn.length > 1, words)),
  ];
  return { content: markup`${content}`, height: HEIGHT };
}

function drawAxes(
  lengths: Domain,
  accuracies: Domain,
  x: (length: number) => number,
  y: (accuracy: number) => number,
  { left, right, top, bottom }: Box,
  words: ChartWords,
): Content {
  const number = decimal(words.locale, 2);
  return [
    label("", "start", 0, 13, words.accuracyAxis),
    ticks(accuracies, 5).map((value) => [
      markup`<path class="grid" d="M${left} ${round(y(value))}H${right}"/>`,
      label("soft", "end", left - 6, y(value) + 4, number(round(100 * value))),
    ]),
    ticks(lengths, (right - left) / 80).map((value) => [
      markup`<path class="grid" d="M${round(x(value))} ${top}V${bottom}"/>`,
      label("soft", "middle", x(value), bottom + 16, number(value)),
    ]),
    label("soft", "middle", (left + right) / 2, bottom + 33, words.tokens),
  ];
}

function drawErrors(places: readonly Place[], { style }: Trail, y: (accuracy: number) => number): Content {
  const bars = places
    .filter(({ stop }) => stop.error > 0)
    .map(
      ({ stop: { accuracy, error }, x }) =>
        `M${round(x)} ${round(y(accuracy - error))}V${round(y(accuracy + error))}`,
    );
  return markup`<g class="${style.colour}"><path class="raw" d="${bars.join("")}"/></g>`;
}

/** Shortest stretch that has room for an arrow, in pixels. */
const ARROW_ROOM = 16;

/** Segments that grow stronger with time, with arrows. */
function drawPath(places: readonly Place[], { style }: Trail): Content {
  const dashes = style.dash !== "" && markup` stroke-dasharray="${style.dash}"`;
  return places.slice(1).map((to, index) => {
    const from = places[index]!;
    const age = round(0.45 + (0.55 * (index + 1)) / (places.length - 1));
    const line = markup`<path class="line"${dashes} opacity="${age}" d="M${round(from.x)} ${round(from.y)}L${round(to.x)} ${round(to.y)}"/>`;
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const turn = round((Math.atan2(dy, dx) * 180) / Math.PI);
    const place = `translate(${round(from.x + 0.58 * dx)} ${round(from.y + 0.58 * dy)}) rotate(${turn})`;
    const arrow =
      Math.hypot(dx, dy) >= ARROW_ROOM &&
      markup`<path class="mark" opacity="${age}" transform="${place}" d="M4 0l-8-4v8z"/>`;
    return markup`<g class="${style.colour}">${[line, arrow]}</g>`;
  });
}

/** Turns of a cycle have shapes of their own, which no trail uses: down for shortest, up for longest. */
const TURNS = { shortest: "M-4.2-3.4h8.4l-4.2 7.4z", longest: "M-4.2 3.4h8.4l-4.2-7.4z" };

function drawStops(places: readonly Place[], { style }: Trail, words: ChartWords): Content {
  return places.map(({ stop, x, y }) => {
    const { role } = stop;
    const isTurn = role === "shortest" || role === "longest";
    const marker: Marker = role === "start" ? "ring" : (style.marker ?? "circle");
    const isHollow = marker === "ring" || marker === "cross";
    const path = isTurn ? TURNS[role] : markerPath(marker, 0, 0);
    const size = role === null ? 0.8 : 1.4;
    return markup`<g class="${style.colour}" transform="translate(${round(x)} ${round(y)}) scale(${size})"><path class="${isHollow && !isTurn ? "hollow" : "mark"}" d="${path}"/><title>${stopText(stop, words)}</title></g>`;
  });
}

function drawChosen(place: Place | undefined): Content {
  return (
    place !== undefined &&
    markup`<circle class="ink line" cx="${round(place.x)}" cy="${round(place.y)}" r="9"/>`
  );
}

/** A stop in words. */
export function stopText({ step, accuracy, length }: Stop, words: ChartWords): string {
  return words.stop(step, percent(words.locale)(accuracy), fixed(words.locale, 1)(length));
}

/** What a stop is called; "" for one between the turns. */
export function stopName({ role, cycle }: Stop, words: ChartWords): string {
  switch (role) {
    case null:
      return "";
    case "start":
    case "end":
      return words[role];
    case "shortest":
    case "longest":
      return words[role](cycle);
  }
}

/** Pixels between two names on a line. */
const APART = 6;
/** Pixels from one to the next of the points that stand for a line. */
const STRIDE = 6;

/** The lines between stops, as small boxes along them. */
function wayOf(places: readonly Place[]): Box[] {
  return places.slice(1).flatMap((to, index) => {
    const from = places[index]!;
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const count = Math.ceil(Math.hypot(dx, dy) / STRIDE);
    return Array.from({ length: count }, (_, i) =>
      around(from.x + (dx * i) / count, from.y + (dy * i) / count, 1),
    );
  });
}

/** How much wider bold text is. */
const BOLD = 1.12;

/**
 * Names of the stops that matter, each where it covers no stop and no other name; left out where there is no room. Of several
 * trails only the ends are named.
 * @param taken what may not be covered; the names are added.
 * @param ways what is covered only where there is no other room.
 */
function drawNames(
  places: readonly Place[],
  taken: Box[],
  ways: readonly Box[],
  box: Box,
  endsOnly: boolean,
  words: ChartWords,
): Content {
  const [start, end] = [places[0], places.at(-1)];
  // Both ends first: of the names, they matter most.
  return [...new Set([start, end, ...(endsOnly ? [] : places)])].map((place) => {
    const name = place === undefined ? "" : stopName(place.stop, words);
    if (place === undefined || name === "") return null;
    const rooms = roomsAround(place, BOLD * textWidth(name)).filter(
      (room) => isInside(room, box) && !taken.some((other) => overlaps(room, other)),
    );
    const room = rooms.find((room) => !ways.some((way) => overlaps(room, way))) ?? rooms[0];
    if (room === undefined) return null;
    taken.push({ ...room, left: room.left - APART, right: room.right + APART });
    return label("end", "start", room.left, room.bottom - 4, name);
  });
}

function around(x: number, y: number, reach: number): Box {
  return { left: x - reach, right: x + reach, top: y - reach, bottom: y + reach };
}

/** Room for text right, left, above and below of a stop, then at its corners. */
function roomsAround({ x, y }: Place, width: number): Box[] {
  const room = (left: number, middle: number): Box => ({
    left,
    right: left + width,
    top: middle - 8,
    bottom: middle + 8,
  });
  return [
    room(x + 9, y),
    room(x - 9 - width, y),
    ...[-15, 15, -27, 27].flatMap((dy) => [
      room(x - width / 2, y + dy),
      room(x + 6, y + dy),
      room(x - 6 - width, y + dy),
    ]),
  ];
}

function isInside(room: Box, { left, right, top, bottom }: Box): boolean {
  return room.left >= left && room.right <= right && room.top >= top - 10 && room.bottom <= bottom;
}

function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
