import type { Command } from "cac";
import { BellowsError } from "../errors.ts";
import { readTextFile } from "../host/node-program.ts";
import { RECIPES, recipeOf } from "../rl/recipes/index.ts";
import { PRESET_NOTES } from "../train/presets.ts";
import type { ConfigSources } from "../train/settings.ts";

/** Flags that make a config. */
export interface ConfigFlags {
  readonly preset?: string;
  readonly config?: string;
  readonly recipe?: string;
  readonly set?: readonly string[];
  readonly seed?: string;
  readonly steps?: string;
}

/** The one flag that may be given several times. */
const REPEATABLE = "set";

/**
 * Flags as cac parsed them, made uniform: what looks like a number is text again, `set` is always a list.
 * @throws BellowsError `input-invalid` for another flag that was given twice.
 */
export function readFlags(parsed: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const flags: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(parsed)) {
    if (name === "--") continue; // what stands behind a bare --
    if (name === REPEATABLE) flags[name] = [value].flat().map(String);
    else if (Array.isArray(value)) {
      throw new BellowsError("input-invalid", `--${name} is given ${value.length} times; once is right`, {
        field: name,
      });
    } else flags[name] = typeof value === "boolean" ? value : String(value);
  }
  return flags;
}

export function addConfigFlags(command: Command, stepsPath: "rl.steps" | "sft.steps" | null): Command {
  const presets = Object.entries(PRESET_NOTES).map(([name, note]) => `${name} (${note})`);
  command
    .option("--preset <name>", `Start from a preset: ${presets.join("; ")}`)
    .option("--config <file>", "Lay a JSON file over the preset")
    .option("--recipe <name>", `Train as a paper does: ${Object.keys(RECIPES).join(", ")}`)
    .option("--set <path=value>", "Set one setting, e.g. rl.groupSize=16; may be repeated")
    .option("--seed <number>", "The same as --set seed=<number>");
  return stepsPath === null
    ? command
    : command.option("--steps <number>", `The same as --set ${stepsPath}=<number>`);
}

/** Flags that say where a run is to be, or which one is to go on. */
export function addRunFlags(command: Command): Command {
  return command
    .option("--out <folder>", "Run folder to make; a fresh one under runs/ if left out")
    .option("--resume <run>", "Go on with a run in its own folder, up to --steps")
    .option("--log <logger>", "Metrics also to trackio, tensorboard or wandb-offline (docs/logging.md)");
}

/** @throws BellowsError `config-invalid` or `storage-failed`. */
export function sourcesFromFlags(
  flags: ConfigFlags,
  stepsPath: "rl.steps" | "sft.steps" | null,
): ConfigSources {
  const settings = settingsOf(flags);
  if (flags.steps !== undefined && stepsPath !== null) settings.push(`${stepsPath}=${flags.steps}`);
  return {
    ...(flags.preset === undefined ? {} : { preset: flags.preset }),
    ...(flags.config === undefined ? {} : { file: parseJsonFile(flags.config) }),
    ...(flags.recipe === undefined ? {} : { recipe: recipeOf(flags.recipe) }),
    settings,
  };
}

/** The single settings among the flags, as `path=value`. */
export function settingsOf({ set = [], seed }: ConfigFlags): string[] {
  return seed === undefined ? [...set] : [...set, `seed=${seed}`];
}

/** @throws BellowsError `storage-failed` or `config-invalid`. */
export function parseJsonFile(path: string): unknown {
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
