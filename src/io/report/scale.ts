/** Both ends included. */
export type Domain = readonly [low: number, high: number];

/** Maps a domain linearly onto pixels. */
export function scale([low, high]: Domain, [from, to]: Domain): (value: number) => number {
  return (value) => from + ((value - low) / (high - low)) * (to - from);
}

/** Round numbers within a domain, 1, 2 or 5 times a power of ten apart: about `count` of them. */
export function ticks([low, high]: Domain, count: number): number[] {
  const step = roundStep((high - low) / count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Multiples, and not sums, so that errors do not pile up; the division takes away what 3 · 0.1 leaves.
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** The smallest domain with round ends that holds all values; [0, 1] if there are none. */
export function roundDomain(values: readonly number[], count = 4): Domain {
  if (values.length === 0) return [0, 1];
  const low = values.reduce((least, value) => Math.min(least, value));
  const high = values.reduce((most, value) => Math.max(most, value));
  if (low === high)
    return low === 0 ? [0, 1] : roundDomain([low - Math.abs(low) / 2, low + Math.abs(low) / 2]);
  const step = roundStep((high - low) / count);
  return [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
}

/** The smallest of 1, 2, 5, 10 … times a power of ten that is no smaller. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((choice) => choice * power >= least * (1 - 1e-9))!;
  return factor * power;
}
