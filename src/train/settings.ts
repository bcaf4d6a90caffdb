import { BellowsError } from "../errors.ts";
import { type Config, parseConfig } from "./config.ts";
import { PRESETS, type PresetName } from "./presets.ts";

/** Where a config comes from: a preset, a file laid over it, then single settings. */
export interface ConfigSources {
  readonly preset?: string;
  /** Parsed JSON: any part of a config. */
  readonly file?: unknown;
  /** `path=value` each, e.g. `rl.groupSize=16`; the value is JSON, or text where it is none. */
  readonly settings?: readonly string[];
}

/**
 * Puts a config together and checks it.
 * @throws BellowsError `config-invalid` naming the setting at fault.
 */
export function composeConfig({ preset = "default", file, settings = [] }: ConfigSources): Config {
  if (!Object.hasOwn(PRESETS, preset)) {
    throw new BellowsError(
      "config-invalid",
      `preset is ${preset}; it must be one of ${Object.keys(PRESETS).join(", ")}`,
      {
        field: "preset",
      },
    );
  }
  const config: Record<string, unknown> = structuredClone(PRESETS[preset as PresetName]);
  if (file !== undefined) {
    if (!isObject(file)) throw new BellowsError("config-invalid", "a config file must hold a JSON object");
    merge(config, file);
  }
  for (const setting of settings) {
    const equals = setting.indexOf("=");
    if (equals < 1) {
      throw new BellowsError(
        "config-invalid",
        `"${setting}" is no setting; it must be of the form path=value`,
        {
          hint: "For example: --set rl.groupSize=16",
        },
      );
    }
    assign(config, setting.slice(0, equals).split("."), parseValue(setting.slice(equals + 1)));
  }
  return parseConfig(config);
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Lays `patch` over `target`: objects are merged, everything else is replaced. */
function merge(target: Record<string, unknown>, patch: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(patch)) {
    const old = Object.hasOwn(target, key) ? target[key] : undefined;
    if (isObject(old) && isObject(value)) merge(old, value);
    else define(target, key, value);
  }
}

function assign(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let holder = target;
  for (const [depth, key] of path.slice(0, -1).entries()) {
    const next = Object.hasOwn(holder, key) ? holder[key] : undefined;
    if (!isObject(next)) {
      const field = path.slice(0, depth + 1).join(".");
      throw new BellowsError("config-invalid", `${path.join(".")} is not a setting: ${field} has no parts`, {
        field: path.join("."),
      });
    }
    holder = next;
  }
  define(holder, path.at(-1)!, value);
}

/** As an own property even where the key is `__proto__`, so that the check meets it. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}
