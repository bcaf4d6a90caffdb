import { type Content, markup } from "./markup.ts";
import { type Domain, scale, ticks } from "./scale.ts";
import { boldWidth, label, round } from "./style.ts";

/** A rectangle, in pixels. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Something at a place in a drawing, in pixels, with a name; "": none. */
export interface Named {
  readonly x: number;
  readonly y: number;
  readonly name: string;
}

/** The plane of length (across, tokens) and accuracy (upwards, a fraction): up is better, left is cheaper. */
export interface Plane {
  readonly x: (length: number) => number;
  readonly y: (accuracy: number) => number;
  readonly box: Box;
  /** Axes and grid. */
  readonly frame: Content;
}

const LEFT = 40;
const RIGHT = 12;
const TOP = 26;
const BOTTOM = 40;

/** Lays out the plane in a drawing of a width and height in pixels. */
export function planeOf(lengths: Domain, accuracies: Domain, width: number, height: number): Plane {
  const box: Box = { left: LEFT, right: width - RIGHT, top: TOP, bottom: height - BOTTOM };
  const x = scale(lengths, [box.left, box.right]);
  const y = scale(accuracies, [box.bottom, box.top]);
  const frame = [
    label("title", "start", 0, 13, "right answers, %"),
    ticks(accuracies, 5).map((value) => [
      markup`<path class="grid" d="M${box.left} ${round(y(value))}H${box.right}"/>`,
      label("soft", "end", box.left - 6, y(value) + 4, `${round(100 * value)}`),
    ]),
    ticks(lengths, width / 80).map((value) => [
      markup`<path class="grid" d="M${round(x(value))} ${box.top}V${box.bottom}"/>`,
      label("soft", "middle", x(value), box.bottom + 16, `${value}`),
    ]),
    label("soft", "middle", (box.left + box.right) / 2, box.bottom + 33, "tokens per response"),
  ];
  return { x, y, box, frame };
}

/**
 * The names of places, each where it covers no place and no other name; left out where there is no room. The first
 * have the choice.
 */
export function drawNames(places: readonly Named[], plot: Box): Content {
  const taken = places.map(({ x, y }): Box => ({ left: x - 4, right: x + 4, top: y - 4, bottom: y + 4 }));
  return places.map((place) => {
    if (place.name === "") return null;
    const room = placesAround(place, boldWidth(place.name)).find(
      (box) => isInside(box, plot) && !taken.some((other) => overlaps(box, other)),
    );
    if (room === undefined) return null;
    taken.push(room);
    return [drawLeader(place, room), label("end", "start", room.left, room.bottom - 4, place.name)];
  });
}

/** A line to a name that stands so far off that it could be another's. */
function drawLeader({ x, y }: Named, { left, right, top, bottom }: Box): Content {
  const isAbove = bottom < y;
  const gap = isAbove ? y - bottom : top - y;
  if (gap < 12) return null;
  const across = round(Math.min(Math.max(x, left + 4), right - 4));
  const [from, to] = isAbove ? [y - 5, bottom] : [y + 5, top + 2];
  return markup`<path class="change" d="M${round(x)} ${round(from)}L${across} ${round(to)}"/>`;
}

/** Room for text right, left, above and below of a place, then at its corners. */
function placesAround({ x, y }: Named, width: number): Box[] {
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
