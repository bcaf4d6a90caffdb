import type { Command } from "cac";
import { BellowsError } from "../errors.ts";
import { readTextFile } from "../host/node-program.ts";
import type { Config } from "../train/config.ts";
import { PRESET_NOTES } from "../train/presets.ts";
import { composeConfig } from "../train/settings.ts";

/** Flags that make a config. */
export interface ConfigFlags {
  readonly preset?: string;
  readonly config?: string;
  readonly set?: string | readonly string[];
  readonly seed?: number | string;
  readonly steps?: number | string;
}

export function addConfigFlags(command: Command, stepsPath: "rl.steps" | "sft.steps" | null): Command {
  const presets = Object.entries(PRESET_NOTES).map(([name, note]) => `${name} (${note})`);
  command
    .option("--preset <name>", `Start from a preset: ${presets.join("; ")}`)
    .option("--config <file>", "Lay a JSON file over the preset")
    .option("--set <path=value>", "Set one setting, e.g. rl.groupSize=16; may be repeated")
    .option("--seed <number>", "The same as --set seed=<number>");
  return stepsPath === null
    ? command
    : command.option("--steps <number>", `The same as --set ${stepsPath}=<number>`);
}

/** A repeated flag arrives as an array, a single one as a value. */
export function listOf(flag: string | readonly string[] | undefined): string[] {
  if (flag === undefined) return [];
  return typeof flag === "string" ? [flag] : [...flag];
}

/** @throws BellowsError `config-invalid` or `storage-failed`. */
export function configFromFlags(flags: ConfigFlags, stepsPath: "rl.steps" | "sft.steps" | null): Config {
  const settings = listOf(flags.set);
  if (flags.seed !== undefined) settings.push(`seed=${flags.seed}`);
  if (flags.steps !== undefined && stepsPath !== null) settings.push(`${stepsPath}=${flags.steps}`);
  return composeConfig({
    ...(flags.preset === undefined ? {} : { preset: String(flags.preset) }),
    ...(flags.config === undefined ? {} : { file: parseJsonFile(String(flags.config)) }),
    settings,
  });
}

function parseJsonFile(path: string): unknown {
  const text = readTextFile(path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BellowsError("config-invalid", `${path} is not JSON: ${(cause as Error).message}`, {
      field: "config",
      cause,
    });
  }
}
