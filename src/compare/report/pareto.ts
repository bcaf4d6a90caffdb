import type { Drawing } from "../../io/report/chart.ts";
import { type Content, type Markup, markup } from "../../io/report/markup.ts";
import { drawNames, type Plane, planeOf } from "../../io/report/plane.ts";
import { roundDomain } from "../../io/report/scale.ts";
import { label, markerPath, round, type Style } from "../../io/report/style.ts";
import type { Estimate } from "./seeds.ts";

/** A method in the plane of length and accuracy. */
export interface ParetoPoint {
  readonly name: string;
  readonly length: Estimate;
  readonly accuracy: Estimate;
  readonly style: Style;
}

/** The points that none other beats: as accurate or more, with as few tokens or fewer. From short to long. */
export function paretoFront<P extends ParetoPoint>(points: readonly P[]): P[] {
  const isBeaten = (point: P) =>
    points.some(
      (other) =>
        other.accuracy.mean >= point.accuracy.mean &&
        other.length.mean <= point.length.mean &&
        (other.accuracy.mean > point.accuracy.mean || other.length.mean < point.length.mean),
    );
  return points.filter((point) => !isBeaten(point)).sort((a, b) => a.length.mean - b.length.mean);
}

const HEIGHT = 460;
const GAP = 16;

/**
 * SIRI figure 1: points with standard errors, and their front. Beneath, once more and larger, those close to the best, where
 * they are three or more and not all.
 */
export function drawPareto(points: readonly ParetoPoint[], width: number): Drawing {
  if (points.length === 0) {
    return {
      content: label("soft", "middle", width / 2, HEIGHT / 2, "nothing was measured"),
      height: HEIGHT,
    };
  }
  const close = closeToBest(points);
  const whole = drawPlane(points, width);
  if (close.length < 3 || close.length === points.length) return { content: whole, height: HEIGHT };
  const below = HEIGHT + GAP;
  return {
    content: markup`${whole}<g transform="translate(0 ${below})">${drawPlane(close, width)}</g>`,
    height: below + HEIGHT,
  };
}

/** The points whose accuracy is at most 0.1 below the best. */
function closeToBest(points: readonly ParetoPoint[]): readonly ParetoPoint[] {
  const best = Math.max(...points.map(({ accuracy }) => accuracy.mean));
  return points.filter(({ accuracy }) => accuracy.mean >= best - 0.1);
}

/** Points in a plane of their own, whose axes hold them and their errors, with their front and what names have room. */
function drawPlane(points: readonly ParetoPoint[], width: number): Markup {
  const plane = planeOf(
    roundDomain(points.flatMap(({ length }) => ends(length))),
    roundDomain(points.flatMap(({ accuracy }) => ends(accuracy))),
    width,
    HEIGHT,
  );
  const front = paretoFront(points);
  // Of the names, those on the front matter most.
  const places = [...new Set([...front, ...points])].map(({ length, accuracy, name }) => ({
    x: plane.x(length.mean),
    y: plane.y(accuracy.mean),
    name,
  }));
  const drawn = [
    plane.frame,
    drawFront(front, plane),
    points.map((point) => drawPoint(point, plane)),
    drawNames(places, plane.box),
  ];
  return markup`${drawn}`;
}

function ends({ mean, error }: Estimate): number[] {
  return [mean - (error ?? 0), mean + (error ?? 0)];
}

/** Stairs: between two points of the front, the shorter one is the best there is. */
function drawFront(front: readonly ParetoPoint[], { x, y, box }: Plane): Content {
  const [first, ...others] = front;
  const rest = others.map(({ length, accuracy }) => `H${round(x(length.mean))}V${round(y(accuracy.mean))}`);
  const path = `M${round(x(first!.length.mean))} ${box.bottom}V${round(y(first!.accuracy.mean))}${rest.join("")}H${box.right}`;
  return markup`<g class="ink"><path class="raw" stroke-dasharray="5 4" d="${path}"/></g>`;
}

function drawPoint({ length, accuracy, name, style }: ParetoPoint, { x, y }: Plane): Content {
  const [across, up] = [round(x(length.mean)), round(y(accuracy.mean))];
  const [left, right] = ends(length).map((value) => round(x(value)));
  const [low, high] = ends(accuracy).map((value) => round(y(value)));
  const shape = style.marker ?? "circle";
  const look = shape === "ring" || shape === "cross" ? "hollow" : "mark";
  const text = `${name}: ${round(100 * accuracy.mean)}% right with ${round(length.mean)} tokens`;
  return markup`<g class="${style.colour}"><path class="error" d="M${left!} ${up}H${right!}M${across} ${low!}V${high!}"/><path class="${look}" d="${markerPath(shape, across, up)}"/><circle class="reading" cx="${across}" cy="${up}" r="9"><title>${text}</title></circle></g>`;
}
