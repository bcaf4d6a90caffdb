import type { Config } from "../../src/train/config.ts";
import { SETTINGS } from "../../src/train/config-schema.ts";

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

/** A value of a setting as it is read: `stair`, `0.0005`, `[1,0,0]`. */
export function showValue(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * Names for runs that are compared: by what their configs differ in, e.g. `lmin 40, seed 1`. The last name of a path is enough
 * unless two settings that differ share it. Configs that are all alike are named by their place: `1`, `2`.
 */
export function namesByDifference(configs: readonly Config[]): string[] {
  const first = configs[0];
  if (first === undefined) return [];
  const differing = SETTINGS.map(({ path }) => path).filter((path) =>
    configs.some((config) => !isEqual(settingOf(first, path), settingOf(config, path))),
  );
  const names = shortNames(differing);
  const described = configs.map((config) =>
    differing.map((path, i) => `${names[i]} ${showValue(settingOf(config, path))}`).join(", "),
  );
  return described.map((name, i) => {
    const alike = described.filter((other) => other === name).length;
    if (alike === 1) return name;
    const place = described.slice(0, i + 1).filter((other) => other === name).length;
    return name === "" ? `${place}` : `${name} (${place})`;
  });
}

/** The last name of each path; the whole path where another one ends alike. */
function shortNames(paths: readonly string[]): string[] {
  const lastName = (path: string) => path.split(".").at(-1)!;
  return paths.map((path) => {
    const isShared = paths.some((other) => other !== path && lastName(other) === lastName(path));
    return isShared ? path : lastName(path);
  });
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
