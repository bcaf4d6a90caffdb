import { BellowsError } from "../errors.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

const encoder = new TextEncoder();

/** An indented JSON file. Throws as {@link checkJson} does. */
export function encodeJson(value: object, what: string): Uint8Array {
  checkJson(value, what);
  return encoder.encode(`${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Checks that JSON gives back exactly this value (but for −0, which becomes 0).
 * @throws BellowsError `input-invalid` naming the place that does not survive, e.g. NaN or a typed array.
 */
export function checkJson(value: unknown, place: string): void {
  if (value === null || typeof value === "string" || typeof value === "boolean") return;
  if (typeof value === "number" && Number.isFinite(value)) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkJson(item, `${place}[${index}]`);
  } else if (isPlainObject(value)) {
    for (const [key, item] of Object.entries(value)) checkJson(item, `${place}.${key}`);
  } else {
    throw new BellowsError(
      "input-invalid",
      `${place} is ${shown(value)}; it must be plain data: null, a boolean, a finite number, a string, ` +
        "or a list or an object of these",
      { field: place },
    );
  }
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Reads a JSON object from UTF-8 bytes that may be anything.
 * @throws BellowsError `checkpoint-invalid` naming `what` if it is not text, not JSON, not an object, or has a
 *   key twice, of which every reader would keep another one.
 */
export function decodeJson(bytes: Uint8Array, what: string): JsonObject {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    const reason = (cause as Error).message.replaceAll(/\p{Cc}/gu, "?");
    throw new BellowsError("checkpoint-invalid", `${what} is not JSON in UTF-8: ${reason}`, { cause });
  }
  if (!isJsonObject(value)) {
    throw new BellowsError("checkpoint-invalid", `${what} is ${shown(value)}; it must be a JSON object`);
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) {
    throw new BellowsError(
      "checkpoint-invalid",
      `${what} has the key ${shown(twice)} twice in one object; it must have it once`,
    );
  }
  return value;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The first key that an object in this valid JSON text has twice. */
function duplicateKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  let lastString = "";
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}:]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (token === ":") {
      const key: string = JSON.parse(lastString);
      const keys = open.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    } else lastString = token;
  }
  return undefined;
}

/** Refuses a file for the value of one of its fields. */
export function refuse(file: string, field: string, value: unknown, right: string): never {
  throw new BellowsError("checkpoint-invalid", `${file}: ${field} is ${shown(value)}; it must be ${right}`, {
    field,
  });
}

/** A value in an error message: short, whatever it is. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(shorten(value));
  if (Array.isArray(value)) {
    const flat = value.length < 20 && value.every((item) => item === null || typeof item !== "object");
    return flat ? shorten(`[${value.map(shown).join(", ")}]`) : `a list of ${value.length}`;
  }
  if (value === undefined) return "missing";
  if (typeof value === "object" && value !== null) return "an object";
  return shorten(String(value));
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
