/** A measurement; y is null where there is none, which leaves a gap. */
export interface Point {
  readonly x: number;
  readonly y: number | null;
  /** Standard error of y, drawn as a bar to either side. */
  readonly error?: number | null;
}

/** A point that was measured. */
export type Measured = Point & { readonly y: number };

/**
 * The mean over a window around each point, which unlike an exponential average shifts no peak. At the ends it is the
 * mean over what there is of the window. Gaps stay gaps.
 * @param window odd number of points.
 */
export function smooth(points: readonly Point[], window: number): Point[] {
  const reach = (window - 1) / 2;
  return points.map(({ x, y }, index) => {
    if (y === null) return { x, y };
    const around = measured(points.slice(Math.max(0, index - reach), index + reach + 1));
    return { x, y: around.reduce((sum, point) => sum + point.y, 0) / around.length };
  });
}

/** A window for that many points: a fortieth of them to either side, at most an eighth of a cycle in all; 1: none. */
export function smoothingWindow(count: number, cycle: number): number {
  const reach = Math.min(Math.floor(count / 40), Math.floor(cycle / 16));
  return 2 * reach + 1;
}

/**
 * At most two points for each of `buckets` equal shares of the series: its lowest and its highest, in their order. So
 * no extreme is lost. A series that is short enough comes back as it is.
 */
export function decimate(points: readonly Point[], buckets: number): readonly Point[] {
  if (points.length <= 2 * buckets) return points;
  const size = points.length / buckets;
  return Array.from({ length: buckets }, (_, bucket) => {
    const share = points.slice(Math.floor(bucket * size), Math.floor((bucket + 1) * size));
    const there = measured(share);
    if (there.length === 0) return share.slice(0, 1);
    const lowest = there.reduce((best, point) => (point.y < best.y ? point : best));
    const highest = there.reduce((best, point) => (point.y > best.y ? point : best));
    if (lowest === highest) return [lowest];
    return lowest.x < highest.x ? [lowest, highest] : [highest, lowest];
  }).flat();
}

/** The points between gaps. */
export function unbroken(points: readonly Point[]): Measured[][] {
  const stretches: Measured[][] = [];
  let open = false;
  for (const point of points) {
    if (isMeasured(point)) {
      if (!open) stretches.push([]);
      stretches.at(-1)!.push(point);
    }
    open = point.y !== null;
  }
  return stretches;
}

export function measured(points: readonly Point[]): Measured[] {
  return points.filter(isMeasured);
}

function isMeasured(point: Point): point is Measured {
  return point.y !== null;
}
