/** Changes to a config that someone proposes: a finding, a question, a form. */
import { BellowsError, type ErrorData } from "../../src/errors.ts";
import { type Config, parseConfig } from "../../src/train/config.ts";
import { differences, withSetting } from "./config-diff.ts";

/** One change: a setting by its path, e.g. `rl.groupSize`, and its new value. */
export interface Edit {
  readonly path: string;
  readonly value: unknown;
}

/** The config with all edits made, one after the other. Nothing is checked: {@link configError} does that. */
export function withEdits(config: Config, edits: readonly Edit[]): Config {
  return edits.reduce((edited, { path, value }) => withSetting(edited, path, value), config);
}

/** What is wrong with a config that is being typed; null where it can be run. */
export function configError(config: Config): ErrorData | null {
  try {
    parseConfig(config);
    return null;
  } catch (error) {
    if (error instanceof BellowsError) return error.toData();
    throw error;
  }
}

/** Whether edits change something and leave a config that can be run. */
export function isUseful(config: Config, edits: readonly Edit[]): boolean {
  const edited = withEdits(config, edits);
  return differences(config, edited).length > 0 && configError(edited) === null;
}
