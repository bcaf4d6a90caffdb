/** A fraction in lowest terms, with a positive denominator. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Most digits of a number, and the largest exponent, that are read as a number: beyond, arithmetic would take for ever. */
const MOST_DIGITS = 400;

const DECIMAL = String.raw`(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][-+]?\d{1,3})?|\.\d+(?:[eE][-+]?\d{1,3})?`;
const PLAIN = new RegExp(`^([-+]?)(${DECIMAL})(?:/(${DECIMAL}))?$`);
const LATEX_FRACTION = new RegExp(String.raw`^([-+]?)\\[dtc]?frac\{(${DECIMAL})\}\{(${DECIMAL})\}$`);
const MIXED = /^([-+]?)(\d+) (\d+)\/(\d+)$/;

/** Numbers in running text; a minus counts where it does not stand between two things. */
const IN_TEXT = new RegExp(String.raw`(?:(?<![\w.)\]])-)?(?:${DECIMAL})(?:/(?:\d+))?`, "g");

/** The last number in a text, as it is written there; null where there is none. */
export function lastNumber(text: string): string | null {
  let last: string | null = null;
  for (const [match] of text.matchAll(IN_TEXT)) last = match;
  return last?.replace(/\.$/, "") ?? null;
}

/**
 * The exact value of a text that is one number and no more: `1,000`, `-3.50`, `1e3`, `3/4`, `\frac{3}{4}`, `1 1/2`. Null for
 * anything else, for division by zero, and for numbers of more than 400 digits.
 */
export function readNumber(text: string): Rational | null {
  const [, sign, whole, over, under] = MIXED.exec(text) ?? [];
  if (whole !== undefined) {
    const fraction = divide(decimal(over!), decimal(under!));
    return signed(sign, fraction === null ? null : sum(decimal(whole)!, fraction));
  }
  const [, minus, numerator, denominator] = PLAIN.exec(text) ?? LATEX_FRACTION.exec(text) ?? [];
  if (numerator === undefined) return null;
  const value = decimal(numerator);
  return signed(minus, denominator === undefined ? value : divide(value, decimal(denominator)));
}

export function isSameNumber(a: Rational, b: Rational): boolean {
  return a.numerator === b.numerator && a.denominator === b.denominator;
}

/** A number that matches {@link DECIMAL}. */
function decimal(text: string): Rational | null {
  const [mantissa = "", exponent = "0"] = text.replaceAll(",", "").toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const power = Number(exponent) - fraction.length;
  if (whole.length + fraction.length + Math.abs(power) > MOST_DIGITS) return null;
  const digits = BigInt(whole + fraction || "0");
  const scale = 10n ** BigInt(Math.abs(power));
  return power < 0 ? lowest(digits, scale) : lowest(digits * scale, 1n);
}

function signed(sign: string | undefined, value: Rational | null): Rational | null {
  return sign === "-" && value !== null ? { ...value, numerator: -value.numerator } : value;
}

function sum(a: Rational, b: Rational): Rational {
  return lowest(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

function divide(a: Rational | null, b: Rational | null): Rational | null {
  if (a === null || b === null || b.numerator === 0n) return null;
  return lowest(a.numerator * b.denominator, a.denominator * b.numerator);
}

/** For a numerator from 0 and a positive denominator. */
function lowest(numerator: bigint, denominator: bigint): Rational {
  let [a, b] = [numerator, denominator];
  while (b !== 0n) [a, b] = [b, a % b];
  return { numerator: numerator / a, denominator: denominator / a };
}
