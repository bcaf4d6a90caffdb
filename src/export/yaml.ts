import type { Json, JsonObject } from "../io/json.ts";

/** Plain data as YAML in blocks; scalars and lists as JSON, which YAML holds. */
export function toYaml(data: JsonObject, indent = ""): string {
  return Object.entries(data)
    .map(([key, value]) =>
      isObject(value)
        ? `${indent}${key}:\n${toYaml(value, `${indent}  `)}`
        : `${indent}${key}: ${JSON.stringify(value)}\n`,
    )
    .join("");
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
