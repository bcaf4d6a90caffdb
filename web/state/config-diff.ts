/** Differences between configs, as they are read. */
import type { Config } from "../../src/train/config.ts";
import { isEqual, settingOf } from "../../src/train/config-diff.ts";
import { SETTINGS } from "../../src/train/config-schema.ts";

export { type Difference, differences, settingOf, withSetting } from "../../src/train/config-diff.ts";

/** A value of a setting as it is read: `stair`, `0.0005`, `[1,0,0]`. */
export function showValue(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * Names for runs that are compared: by what their configs differ in, e.g. `lmin 40, seed 1`. The last name of a path is enough
 * unless two settings that differ share it. Configs that are all alike have empty names.
 */
export function namesByDifference(configs: readonly Config[]): string[] {
  const first = configs[0];
  if (first === undefined) return [];
  const differing = SETTINGS.map(({ path }) => path).filter((path) =>
    configs.some((config) => !isEqual(settingOf(first, path), settingOf(config, path))),
  );
  const names = shortNames(differing);
  return configs.map((config) =>
    differing.map((path, i) => `${names[i]} ${showValue(settingOf(config, path))}`).join(", "),
  );
}

/** The last name of each path; the whole path where another one ends alike. */
function shortNames(paths: readonly string[]): string[] {
  const lastName = (path: string) => path.split(".").at(-1)!;
  return paths.map((path) => {
    const isShared = paths.some((other) => other !== path && lastName(other) === lastName(path));
    return isShared ? path : lastName(path);
  });
}
