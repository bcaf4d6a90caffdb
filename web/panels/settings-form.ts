/** What the form of settings knows beside its looks; everything follows from the schema. */
import type { Config } from "../../src/train/config.ts";
import { SETTINGS, type SettingDescription } from "../../src/train/config-schema.ts";
import { PRESETS } from "../../src/train/presets.ts";

/** Settings of published models and their task, which the page does not run. */
const ELSEWHERE = /^text\.|^model\.(rope_scaling|attention_bias|tie_word_embeddings)$/;

/** The groups of the form, in order; `run` holds what stands at the top of a config. */
export const GROUPS = [
  "run",
  "task",
  "schedule",
  "rl",
  "method",
  "eval",
  "train",
  "model",
  "lora",
  "sft",
] as const;

export type SettingGroup = (typeof GROUPS)[number];

export function groupOf(path: string): SettingGroup {
  return path.includes(".") ? (path.split(".")[0] as SettingGroup) : "run";
}

/** All settings that the form shows, in the order of the schema. */
export const SHOWN: readonly SettingDescription[] = SETTINGS.filter(({ path }) => !ELSEWHERE.test(path));

/** The settings of a group, in the order of the schema. */
export function settingsOf(group: SettingGroup): SettingDescription[] {
  return SHOWN.filter(({ path }) => groupOf(path) === group);
}

/** What a run is by: its weights, its problems, its random numbers, its method. */
const FIXED = ["seed", "init", "task.name", "task.settings", "method.name", "train.weights"];

/** When a changed setting counts: at the next step, or only in a new run. The worker's `configure` holds the same rule. */
export function takesEffect(path: string): "next-step" | "new-run" {
  const isOfModel = ["model", "lora"].includes(groupOf(path));
  return FIXED.includes(path) || isOfModel || ELSEWHERE.test(path) ? "new-run" : "next-step";
}

/** Whether a setting is looked for: each word of the query stands in its path or in its description. */
export function isFound({ path }: SettingDescription, description: string, query: string): boolean {
  const text = `${path} ${description}`.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** A number as people type it, with a point or a comma; null for what is none. */
export function readNumber(text: string): number | null {
  const trimmed = text.trim().replace(",", ".");
  const number = Number(trimmed);
  return trimmed === "" || !Number.isFinite(number) ? null : number;
}

/** Whole numbers as people list them, e.g. `8, 16 16`; null where something else is among them. */
export function readWholeNumbers(text: string): number[] | null {
  const words = text.split(/[\s,;]+/).filter((word) => word !== "");
  return words.every((word) => /^\d+$/.test(word)) ? words.map(Number) : null;
}

/** Whether an error names this setting or something in it, e.g. `schedule.stages[0].cap` in `schedule.stages`. */
export function isAbout(field: string | undefined, path: string): boolean {
  if (field === undefined || !field.startsWith(path)) return false;
  const rest = field.slice(path.length);
  return rest === "" || rest.startsWith(".") || rest.startsWith("[");
}

/** The task that the bundled model was taught. */
const TAUGHT_TASK = PRESETS.default.task.name;

/** A config for another task: what belonged to the one before goes back to its defaults. */
export function withTask(config: Config, name: string): Config {
  const init = name === TAUGHT_TASK ? "pre-rl" : "random";
  return { ...config, init, task: { name, settings: {}, levelWeights: [] } };
}
