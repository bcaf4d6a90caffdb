import type * as v from "valibot";
import { BellowsError, invalid } from "../errors.ts";

/**
 * The first thing that a schema found, as an error that a user can act on. The schema's messages say what would be right.
 * @param root what holds the fields, e.g. `config`.
 * @param hintAt which settings may be meant by a path that is none; empty where nothing is like it.
 */
export function schemaError(
  issue: v.BaseIssue<unknown>,
  root: string,
  hintAt: (path: string) => string = () => "",
): BellowsError {
  const keys = (issue.path ?? []).map(({ key }) => key);
  const fieldAt = (place: readonly unknown[]) => (place.length === 0 ? root : pathOf(place));
  const field = fieldAt(keys);
  // Of an object, valibot expects "Object" itself, "never" a key that is unknown, or a certain key, which is missing.
  if (issue.type !== "strict_object" || issue.expected === "Object") {
    return invalid("config-invalid", field, shown(issue.input), issue.message);
  }
  const holding = issue.path?.at(-1)?.input;
  if (Array.isArray(holding)) {
    return invalid("config-invalid", fieldAt(keys.slice(0, -1)), shown(holding), issue.message);
  }
  const isUnknown = issue.expected === "never";
  const holder = `${fieldAt(keys.slice(0, -1))} must be ${issue.message}.`;
  const hint = (isUnknown && hintAt(keys.join("."))) || holder;
  const message = `${field} is ${isUnknown ? "not a setting" : "missing"}`;
  return new BellowsError("config-invalid", message, { field, hint });
}

/** A place as people write it: `schedule.stages[0].cap`. */
function pathOf(keys: readonly unknown[]): string {
  const parts = keys.map((key) => {
    if (typeof key === "number") return `[${key}]`;
    return `.${/^\w{1,60}$/.test(String(key)) ? key : shown(key)}`;
  });
  return parts.join("").slice(1);
}

/** So much of a value or a name is looked at. */
export const SHOWN_CHARACTERS = 60;

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}
