import { BellowsError } from "../errors.ts";
import type { Config } from "../train/config.ts";
import { SETTINGS } from "../train/config-schema.ts";
import type { MarkerRecord } from "./protocol.ts";

/** What a run is by: with another of these it would be another run. */
const FIXED = /^(seed|init|task\.name|task\.settings|model\..*)$/;

/** The settings in which two configs differ, in the order of the schema. */
export function changesBetween(from: Config, to: Config): MarkerRecord["changes"] {
  return SETTINGS.map(({ path }) => ({ path, from: settingAt(from, path), to: settingAt(to, path) })).filter(
    (change) => JSON.stringify(change.from) !== JSON.stringify(change.to),
  );
}

/**
 * Checks that a run can go on under such changes after `step` steps.
 * @throws BellowsError `config-invalid` naming the first setting that cannot change.
 */
export function checkChanges(changes: MarkerRecord["changes"], step: number): void {
  for (const { path, from, to } of changes) {
    if (FIXED.test(path)) {
      throw new BellowsError(
        "config-invalid",
        `${path} cannot change within a run; it is ${JSON.stringify(from)}`,
        { field: path, hint: "Reset starts a new run with the new setting." },
      );
    }
    if (path === "rl.steps" && Number(to) < step) {
      throw new BellowsError(
        "config-invalid",
        `rl.steps is ${to}; it must be at least ${step}, the steps that are done`,
        { field: path },
      );
    }
  }
}

/** The value at a path of the schema, e.g. `rl.groupSize` or `seed`. */
function settingAt(config: Config, path: string): unknown {
  const [group, name] = path.split(".") as [keyof Config, string | undefined];
  const value: unknown = config[group];
  return name === undefined ? value : (value as Readonly<Record<string, unknown>>)[name];
}
