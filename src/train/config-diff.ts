import type { Config } from "./config.ts";
import { SETTINGS } from "./config-schema.ts";

/** A setting in which two configs differ. */
export interface Difference {
  /** E.g. `rl.groupSize`. */
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** The value of a setting, by its path: `rl.groupSize` or `seed`. */
export function settingOf(config: Config, path: string): unknown {
  const [group, name] = path.split(".") as [keyof Config, string?];
  const value = config[group];
  return name === undefined ? value : (value as Record<string, unknown>)[name];
}

/** The config with one setting changed; the rest is shared. Nothing is checked: `parseConfig` does that. */
export function withSetting(config: Config, path: string, value: unknown): Config {
  const [group, name] = path.split(".") as [keyof Config, string?];
  const changed = name === undefined ? value : { ...(config[group] as object), [name]: value };
  return { ...config, [group]: changed };
}

/** In what `to` differs from `from`, in the order of the schema. */
export function differences(from: Config, to: Config): Difference[] {
  return SETTINGS.map(({ path }) => ({ path, from: settingOf(from, path), to: settingOf(to, path) })).filter(
    (setting) => !isEqual(setting.from, setting.to),
  );
}

/** Whether two pieces of plain data are the same; the order of an object's keys does not count. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  return (
    Array.isArray(a) === Array.isArray(b) &&
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isEqual(left[key], right[key]))
  );
}
