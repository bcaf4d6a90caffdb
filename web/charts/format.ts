/** Numbers as the page's language writes them. What was not measured is a dash. */

const formats = new Map<string, Intl.NumberFormat>();

/** A number with at most so many digits after the point: for axes. */
export function decimal(locale: string, digits: number): (value: number) => string {
  return written(locale, { maximumFractionDigits: digits });
}

/** A number with so many digits after the point: for columns and readings, which then keep their width. */
export function fixed(locale: string, digits: number): (value: number) => string {
  return written(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A share in percent, with its sign and a digit after the point. */
export function percent(locale: string): (value: number) => string {
  return written(locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

/** A share in whole percent, with its sign: for axes. */
export function wholePercent(locale: string): (value: number) => string {
  return written(locale, { style: "percent", maximumFractionDigits: 0 });
}

function written(locale: string, options: Intl.NumberFormatOptions): (value: number) => string {
  const key = JSON.stringify([locale, options]);
  const format = formats.get(key) ?? new Intl.NumberFormat(locale, options);
  formats.set(key, format);
  return (value) => (Number.isNaN(value) ? "–" : format.format(value));
}
