/** How far two sets of curves are apart, measured by how far curves of the same set are. */
export interface Agreement {
  /** Mean of each window, ours and theirs. */
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  /** Deviation of the mean of a window from seed to seed, pooled over windows and both sides. */
  readonly deviation: number;
  /** The largest difference of two means in standard errors. */
  readonly largest: number;
}

/**
 * Compares curves window by window.
 * @param ours [seeds][steps]
 * @param theirs [seeds][steps], as long
 * @param window steps that are averaged
 */
export function compareCurves(
  ours: readonly (readonly number[])[],
  theirs: readonly (readonly number[])[],
  window: number,
): Agreement {
  const sides = [ours, theirs].map((curves) => curves.map((curve) => windows(curve, window)));
  const means = sides.map((curves) => transpose(curves).map(mean));
  let squares = 0;
  let freedom = 0;
  for (const [side, curves] of sides.entries()) {
    for (const curve of curves) {
      for (const [w, value] of curve.entries()) squares += (value - means[side]![w]!) ** 2;
    }
    freedom += (curves.length - 1) * means[side]!.length;
  }
  const deviation = Math.sqrt(squares / freedom);
  const standardError = deviation * Math.sqrt(1 / ours.length + 1 / theirs.length);
  const [a, b] = means as [number[], number[]];
  const largest = Math.max(...a.map((value, w) => Math.abs(value - b[w]!) / standardError));
  return { ours: a, theirs: b, deviation, largest };
}

function windows(curve: readonly number[], size: number): number[] {
  return Array.from({ length: Math.floor(curve.length / size) }, (_, w) =>
    mean(curve.slice(w * size, (w + 1) * size)),
  );
}

function transpose(rows: readonly (readonly number[])[]): number[][] {
  return rows[0]!.map((_, column) => rows.map((row) => row[column]!));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
