/** How the report writes numbers. What was not measured is a dash. */

const NONE = "–";
const MINUS = "−";

export function fixed(value: number | null, digits: number): string {
  if (value === null) return NONE;
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `${MINUS}${text}` : text;
}

/** 0.4875 is 48.8%. */
export function percent(value: number | null, digits = 1): string {
  return value === null ? NONE : `${fixed(100 * value, digits)}%`;
}

/** In percentage points, without unit: 0.4875 ± 0.0206 is 48.8 ± 2.1. */
export function withError(value: number | null, error: number | null): string {
  if (value === null) return NONE;
  const points = fixed(100 * value, 1);
  return error === null ? points : `${points} ± ${fixed(100 * error, 1)}`;
}

/** With its sign. */
export function signed(value: number | null, digits: number): string {
  if (value === null) return NONE;
  const text = fixed(value, digits);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

/** 795617 is 795,617. */
export function count(value: number | null): string {
  return value === null ? NONE : String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** As {@link count}, but 33415914 is 33.4 million. */
export function amount(value: number | null): string {
  return value !== null && value >= 1e7 ? `${fixed(value / 1e6, 1)} million` : count(value);
}

/** 95 is 1 min 35 s. */
export function duration(seconds: number | null): string {
  if (seconds === null) return NONE;
  if (seconds < 60) return `${fixed(seconds, seconds < 10 ? 1 : 0)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

/** 1 step, 2 steps. */
export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}
