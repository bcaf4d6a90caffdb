import { expect } from "vitest";
import { PRESETS } from "../../src/train/presets.ts";

/** The default preset with the value at a path replaced (or added), whatever it is. */
export function withSetting(path: string, value: unknown): unknown {
  const config = structuredClone(PRESETS.default) as Record<string, unknown>;
  const keys = path.split(".");
  const holder = keys.slice(0, -1).reduce((part, key) => part[key] as Record<string, unknown>, config);
  holder[keys.at(-1)!] = value;
  return config;
}

/** Matches the error for a bad config that names this field, with this text in its message. */
export function refusal(field: string, text: string): unknown {
  const message = expect.stringContaining(text);
  return expect.objectContaining({ name: "BellowsError", code: "config-invalid", field, message });
}
