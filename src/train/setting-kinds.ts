// The messages of these schemas say what would be right: parseConfig (config.ts) makes errors of them.
import * as v from "valibot";

/** What a form or a help text says of a number, beside its description. */
export interface Field {
  readonly unit?: string;
  /** Bounds, both included. The upper ones are far beyond what anyone trains; they keep a slip from taking all memory. */
  readonly least?: number;
  readonly most?: number;
}

/** Any number within its bounds. */
export function number(description: string, { unit = "", least = 0, most = 1e9 }: Field = {}) {
  const right = `a number from ${least} to ${most}`;
  return v.pipe(
    v.number(right),
    v.minValue(least, right),
    v.maxValue(most, right),
    v.description(description),
    v.metadata({ unit, least, most }),
  );
}

/** A whole number within its bounds. */
export function whole(
  description: string,
  { unit = "", least = 0, most = Number.MAX_SAFE_INTEGER }: Field = {},
) {
  const right = `a whole number from ${least} to ${most}`;
  return v.pipe(
    v.number(right),
    v.safeInteger(right),
    v.minValue(least, right),
    v.maxValue(most, right),
    v.description(description),
    v.metadata({ unit, least, most }),
  );
}

/** True or false. */
export function flag(description: string) {
  const isFlag = (value: unknown) => typeof value === "boolean";
  return v.pipe(v.custom<boolean>(isFlag, "true or false"), v.description(description));
}

/** One of a few texts. */
export function choice<const T extends readonly string[]>(description: string, options: T) {
  return v.pipe(v.picklist(options, `one of ${options.join(", ")}`), v.description(description));
}

/** Valibot takes a list for an object with the keys 0, 1 …; here it is none. */
export function object(message: string) {
  return v.custom<Record<string, unknown>>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
    message,
  );
}

/** An object of just these settings. */
export function group<T extends v.ObjectEntries>(entries: T) {
  return v.strictObject(entries, `an object of ${Object.keys(entries).join(", ")}`);
}
