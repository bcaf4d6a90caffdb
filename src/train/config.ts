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
  const { miniBatches, promptsPerStep, klKind, klCoefficient } = config.rl;
  if (miniBatches > promptsPerStep) {
    throw invalid(
      "config-invalid",
      "rl.miniBatches",
      `${miniBatches}`,
      `at most rl.promptsPerStep (${promptsPerStep}): groups are not split`,
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
  const field = v.getDotPath(issue) ?? "config";
  if (issue.type === "strict_object" && issue.expected === "never") return unknownSetting(field);
  if (issue.type === "strict_object" && issue.received === "undefined") {
    return new BellowsError("config-invalid", `${field} is missing; a config has every setting`, { field });
  }
  return invalid("config-invalid", field, shownValue(issue.input), rightOf(issue));
}

/** The error for a path that is no setting, with a hint at those that may be meant. */
export function unknownSetting(field: string): BellowsError {
  return new BellowsError("config-invalid", `${field} is not a setting`, { field, hint: hintAt(field) });
}

const SHOWN_CHARACTERS = 60;

function shownValue(value: unknown): string {
  const text = typeof value === "number" ? String(value) : JSON.stringify(value);
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}

function rightOf(issue: v.BaseIssue<unknown>): string {
  const { requirement } = issue as { requirement?: unknown };
  switch (issue.type) {
    case "min_value":
      return `at least ${requirement}`;
    case "max_value":
      return `at most ${requirement}`;
    case "safe_integer":
      return "a whole number";
    case "number":
    case "finite":
      return "a finite number";
    case "string":
      return "text";
    case "non_empty":
      return "text that is not empty";
    case "array":
      return "a list";
    case "picklist":
      // valibot writes the options as ("a" | "b").
      return `one of ${issue.expected?.replace(/[()"]/g, "").replaceAll(" | ", ", ")}`;
    default:
      return "an object";
  }
}

function hintAt(field: string): string {
  const [group] = field.split(".");
  const near = SETTINGS.filter(({ path }) => isNear(path, field)).map(({ path }) => path);
  const siblings = SETTINGS.map(({ path }) => path).filter((path) => path.startsWith(`${group}.`));
  const nearSiblings = near.filter((path) => siblings.includes(path));
  if (nearSiblings.length > 0) return `Did you mean ${nearSiblings.slice(0, 3).join(" or ")}?`;
  if (near.length > 0) return `Did you mean ${near.slice(0, 3).join(" or ")}?`;
  if (siblings.length > 0) return `There are ${siblings.join(", ")}.`;
  return `There are ${Object.keys(ConfigSchema.entries).join(", ")}.`;
}

/** Whether the last names of two paths are alike: one within the other, or up to two letters off. */
function isNear(path: string, wanted: string): boolean {
  const [a, b] = [path, wanted].map((text) => text.split(".").at(-1)!.toLowerCase().replaceAll("_", "")) as [
    string,
    string,
  ];
  if (b.length < 3) return a === b;
  return a.includes(b) || b.includes(a) || editDistance(a, b) <= 2;
}

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
