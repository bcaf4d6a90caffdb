import * as v from "valibot";
import { BellowsError, invalid } from "../errors.ts";
import { checkModelConfig, type ModelConfig } from "../model/config.ts";
import { checkSchedule } from "../rl/length-schedule.ts";
import { createTask } from "../tasks/registry.ts";
import type { Task } from "../tasks/task.ts";
import { type Config, ConfigSchema, SETTINGS } from "./config-schema.ts";

export { type Config, ConfigSchema } from "./config-schema.ts";

/**
 * Checks a config: fields, bounds, and what must hold between fields. Returns it with its type.
 * @throws BellowsError `config-invalid` naming the first field at fault, its value and what would be right.
 */
export function parseConfig(input: unknown): Config {
  const result = v.safeParse(ConfigSchema, input, { abortEarly: true });
  if (!result.success) throw asBellowsError(result.issues[0]);
  const config = result.output;
  // The task's settings as they came: the schema drops keys such as `__proto__`, which are to be refused.
  const task = createTask(config.task.name, (input as Config).task.settings);
  checkSchedule(config.schedule);
  checkModelConfig(modelConfigOf(config, task));
  checkTogether(config, task);
  return config;
}

/** The model's shape; its vocabulary is that of the task. */
export function modelConfigOf(config: Config, task: Task): ModelConfig {
  return { vocab_size: task.vocabulary.tokens.length, ...config.model };
}

function checkTogether(config: Config, task: Task): void {
  const { levelWeights } = config.task;
  if (levelWeights.length > 0) {
    if (levelWeights.length !== task.levels.length) {
      throw invalid(
        "config-invalid",
        "task.levelWeights",
        `${levelWeights.length} weights`,
        `one for each of the ${task.levels.length} levels`,
      );
    }
    if (!levelWeights.some((weight) => weight > 0)) {
      throw invalid("config-invalid", "task.levelWeights", "all zero", "positive for at least one level");
    }
  }
  const shortest = Math.min(...task.levels.map((level) => level.shortestResponse));
  const smallest = smallestBudget(config.schedule);
  if (smallest.cap < shortest) {
    throw invalid(
      "config-invalid",
      smallest.field,
      smallest.cap,
      `at least ${shortest}, the shortest right answer of ${task.name}`,
    );
  }
  const { lmax } = config.schedule;
  const longest = task.maxPromptTokens + lmax;
  const positions = config.model.max_position_embeddings;
  if (longest > positions) {
    throw invalid(
      "config-invalid",
      "model.max_position_embeddings",
      `${positions}`,
      `at least ${longest}: prompts of ${task.maxPromptTokens} tokens and schedule.lmax (${lmax})`,
    );
  }
  if (config.sft.maxTokens <= task.maxPromptTokens) {
    throw invalid(
      "config-invalid",
      "sft.maxTokens",
      `${config.sft.maxTokens}`,
      `at least ${task.maxPromptTokens + 1}: prompts of ${task.maxPromptTokens} tokens and one of the trace`,
    );
  }
  if (config.sft.maxTokens > positions) {
    throw invalid(
      "config-invalid",
      "sft.maxTokens",
      `${config.sft.maxTokens}`,
      `at most model.max_position_embeddings (${positions})`,
    );
  }
  const largest = Math.max(longest, config.sft.maxTokens);
  if (config.train.microBatchTokens < largest) {
    throw invalid(
      "config-invalid",
      "train.microBatchTokens",
      `${config.train.microBatchTokens}`,
      `at least one whole sequence (${largest} tokens)`,
    );
  }
  const { miniBatches, promptsPerStep, overlong, overlongBuffer, klKind, klCoefficient } = config.rl;
  if (miniBatches > promptsPerStep) {
    throw invalid(
      "config-invalid",
      "rl.miniBatches",
      `${miniBatches}`,
      `at most rl.promptsPerStep (${promptsPerStep}): groups are not split`,
    );
  }
  if (overlong === "soft" && overlongBuffer >= smallest.cap) {
    throw invalid(
      "config-invalid",
      "rl.overlongBuffer",
      overlongBuffer,
      `below the smallest budget (${smallest.field} is ${smallest.cap}), or every token is punished there`,
    );
  }
  if (klKind === "none" && klCoefficient > 0) {
    throw invalid("config-invalid", "rl.klCoefficient", `${klCoefficient}`, "0 while rl.klKind is none");
  }
}

/** The smallest budget of a schedule, and the setting that it comes from. */
function smallestBudget({ kind, lmin, lmax, stages }: Config["schedule"]): { field: string; cap: number } {
  if (kind === "constant") return { field: "schedule.lmax", cap: lmax };
  const isListed = (kind === "staged" || kind === "staircase") && stages.length > 0;
  if (isListed) return { field: "schedule.stages", cap: Math.min(...stages.map((stage) => stage.cap)) };
  return { field: "schedule.lmin", cap: lmin };
}

/** The first thing that the schema found, as an error that a user can act on. */
function asBellowsError(issue: v.BaseIssue<unknown>): BellowsError {
  const keys = (issue.path ?? []).map(({ key }) => key);
  const field = fieldAt(keys);
  // Of an object, valibot expects "Object" itself, "never" a key that is unknown, or a certain key, which is missing.
  if (issue.type !== "strict_object" || issue.expected === "Object") {
    return invalid("config-invalid", field, shown(issue.input), issue.message);
  }
  const holding = issue.path?.at(-1)?.input;
  if (Array.isArray(holding)) {
    return invalid("config-invalid", fieldAt(keys.slice(0, -1)), shown(holding), issue.message);
  }
  const isUnknown = issue.expected === "never";
  const holder = `${fieldAt(keys.slice(0, -1))} must be ${issue.message}.`;
  const hint = (isUnknown && hintAt(keys.join("."))) || holder;
  const message = `${field} is ${isUnknown ? "not a setting" : "missing"}`;
  return new BellowsError("config-invalid", message, { field, hint });
}

/** A place in a config as people write it: `schedule.stages[0].cap`. */
function fieldAt(keys: readonly unknown[]): string {
  if (keys.length === 0) return "config";
  const parts = keys.map((key) => {
    if (typeof key === "number") return `[${key}]`;
    return `.${/^\w{1,60}$/.test(String(key)) ? key : shown(key)}`;
  });
  return parts.join("").slice(1);
}

const SHOWN_CHARACTERS = 60;

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}

const GROUPS = Object.keys(ConfigSchema.entries);
const PATHS = SETTINGS.map(({ path }) => path);

/** Which settings may be meant by a path that is none; empty where nothing is like it. */
function hintAt(wanted: string): string {
  if (PATHS.includes(wanted)) return `Write it as {"${wanted.replace(".", '": {"')}": …}}.`;
  const [group] = wanted.split(".");
  const siblings = alike(
    PATHS.filter((path) => path.startsWith(`${group}.`)),
    wanted,
  );
  const near = siblings.length > 0 ? siblings : alike([...new Set([...GROUPS, ...PATHS])], wanted);
  return near.length > 0 ? `Did you mean ${near.slice(0, 3).join(" or ")}?` : "";
}

/**
 * The paths whose last name is that of `wanted`; where there are none, those where it is like it, the likest first: one
 * holds the other, or few letters differ.
 */
function alike(paths: readonly string[], wanted: string): string[] {
  const b = lastName(wanted);
  if (b.length < 2) return [];
  const near = paths
    .map((path) => ({ path, a: lastName(path) }))
    .map(({ path, a }) => ({ path, a, distance: editDistance(a, b) }))
    .filter(({ a, distance }) => {
      return a.includes(b) || (a.length > 3 && b.includes(a)) || distance <= 0.4 * b.length;
    })
    .sort((one, other) => one.distance - other.distance);
  const exact = near.filter(({ distance }) => distance === 0);
  return (exact.length > 0 ? exact : near).map(({ path }) => path);
}

function lastName(path: string): string {
  return path.split(".").at(-1)!.slice(0, SHOWN_CHARACTERS).toLowerCase().replaceAll("_", "");
}

/** Levenshtein's distance: insertions, deletions and substitutions of one letter. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + Number(a[i - 1] !== b[j - 1]);
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
