import { BellowsError, invalid } from "../errors.ts";
import type { Recipe, RecipeBase } from "../rl/recipes/recipe.ts";
import { type Config, parseConfig } from "./config.ts";
import { PRESETS, type PresetName } from "./presets.ts";

/** Where a config comes from: a preset, what the checkpoint says, a file laid over it, a recipe over all, then single settings. */
export interface ConfigSources {
  readonly preset?: string;
  /** What a published checkpoint says by itself: any part of a config. */
  readonly published?: object;
  /** Parsed JSON: any part of a config. */
  readonly file?: unknown;
  /** Goes by the lengths and the cycle of preset, file and settings. */
  readonly recipe?: Recipe;
  /** `path=value` each, e.g. `rl.groupSize=16`; the value is JSON, or text where it is none. */
  readonly settings?: readonly string[];
}

/**
 * Puts a config together and checks it.
 * @throws BellowsError `config-invalid` naming the setting at fault.
 */
export function composeConfig(sources: ConfigSources): Config {
  return parseConfig(layConfig(sources));
}

/**
 * Puts a config together without checking it.
 * @throws BellowsError `config-invalid` for a preset, a file or a setting that is none.
 */
export function layConfig({
  preset = "default",
  published,
  file,
  recipe,
  settings = [],
}: ConfigSources): Record<string, unknown> {
  if (!Object.hasOwn(PRESETS, preset)) {
    throw invalid("config-invalid", "preset", preset, `one of ${Object.keys(PRESETS).join(", ")}`);
  }
  const config: Record<string, unknown> = structuredClone(PRESETS[preset as PresetName]);
  if (published !== undefined) merge(config, published as Record<string, unknown>);
  if (file !== undefined) {
    if (!isObject(file)) {
      throw new BellowsError("config-invalid", "a config file must hold a JSON object", { field: "config" });
    }
    merge(config, file);
  }
  const patches = settings.map(parseSetting);
  if (recipe !== undefined) {
    for (const patch of patches) mergeBase(config, patch);
    if (!isObject(config.schedule) || !isObject(config.rl)) return config; // the check says what is wrong
    // Not checked yet: what the recipe is laid over need not be a config that could run by itself.
    merge(config, recipe.settings(recipeBase(config as unknown as Config)));
  }
  for (const patch of patches) merge(config, patch); // what was asked for by name outdoes the recipe
  return config;
}

/** Lays of a setting only what recipes go by: others may fit nothing but the recipe. */
function mergeBase(config: Record<string, unknown>, { schedule }: Record<string, unknown>): void {
  if (!isObject(schedule)) return;
  const base = Object.entries(schedule).filter(([name]) => ["lmax", "lmin", "cycle"].includes(name));
  merge(config, { schedule: Object.fromEntries(base) });
}

/**
 * The config of a run of SFT: it teaches a fresh model, whatever the preset would start from.
 * @throws BellowsError `config-invalid` where adapters are to be trained: a fresh model has nothing that they could go by.
 */
export function sftConfigOf(config: Config): Config {
  const { rank } = config.lora;
  if (rank > 0) throw invalid("config-invalid", "lora.rank", rank, "0 in SFT, which teaches a fresh model");
  return { ...config, init: "random" };
}

/** What a recipe goes by, in a config. */
export function recipeBase({ schedule }: Config): RecipeBase {
  const { lmax, lmin, cycle, compression } = schedule;
  return { lmax, lmin, cycle, compression };
}

/** The part of a config that a setting `path=value` stands for: `rl.groupSize=16` is {"rl": {"groupSize": 16}}. */
function parseSetting(setting: string): Record<string, unknown> {
  const [, path, value] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
  if (path === undefined || value === undefined) {
    throw new BellowsError(
      "config-invalid",
      `"${setting}" is no setting; it must be of the form path=value`,
      { field: "set", hint: "For example: --set rl.groupSize=16" },
    );
  }
  const [first, ...rest] = path.split(".") as [string, ...string[]];
  return { [first]: rest.reduceRight((inner, key) => ({ [key]: inner }), parseValue(value)) };
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
    // As an own property even where the key is `__proto__`, so that the check meets it.
    else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  }
}
