import * as v from "valibot";
import { invalid } from "../errors.ts";
import type { AdapterSettings, AdapterTarget } from "../model/adapter-settings.ts";
import { checkModelConfig, type ModelConfig } from "../model/config.ts";
import { checkSchedule } from "../rl/length-schedule.ts";
import { isPairwise } from "../rl/method.ts";
import { traitsOf } from "../rl/recipes/traits.ts";
import { createTask } from "../tasks/registry.ts";
import type { Task } from "../tasks/task.ts";
import { decodeCapacity, promptTokens } from "./capacity.ts";
import { type Config, ConfigSchema, SETTINGS } from "./config-schema.ts";
import { SHOWN_CHARACTERS, schemaError } from "./schema-error.ts";

export { type Config, ConfigSchema } from "./config-schema.ts";

/**
 * Checks a config: fields, bounds, and what must hold between fields. Returns it with its type.
 * @param made the task that the config names, where files are needed to make it.
 * @throws BellowsError `config-invalid` naming the first field at fault, its value and what would be right.
 */
export function parseConfig(input: unknown, made?: Task): Config {
  const config = parseFields(input);
  // The task's settings as they came: the schema drops keys such as `__proto__`, which are to be refused.
  const task = made ?? createTask(config.task.name, (input as Config).task.settings);
  checkSchedule(config.schedule);
  checkModelConfig(modelConfigOf(config, task));
  checkTogether(config, task);
  return config;
}

/** As {@link parseConfig}, but for what must hold between fields. */
export function parseFields(input: unknown): Config {
  const result = v.safeParse(ConfigSchema, input, { abortEarly: true });
  if (!result.success) throw schemaError(result.issues[0], "config", hintAt);
  return result.output;
}

/** The model's shape; its vocabulary is that of the task. */
export function modelConfigOf(config: Config, task: Task): ModelConfig {
  return { vocab_size: task.vocabulary.size, ...config.model };
}

/** The adapters that a config asks for; undefined where all weights are trained. */
export function adaptersOf({ lora }: Config): AdapterSettings | undefined {
  const { rank, alpha, targets } = lora;
  return rank === 0 ? undefined : { rank, alpha, targets: targets.split(",") as AdapterTarget[] };
}

function checkTogether(config: Config, task: Task): void {
  const { rank } = config.lora;
  if (rank % 4 !== 0)
    throw invalid("config-invalid", "lora.rank", rank, "a multiple of 4, or 0 for no adapters");
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
  const prompt = promptTokens(config, task);
  const longest = prompt + lmax;
  const positions = config.model.max_position_embeddings;
  if (longest > positions) {
    throw invalid(
      "config-invalid",
      "model.max_position_embeddings",
      `${positions}`,
      `at least ${longest}: prompts of ${prompt} tokens and schedule.lmax (${lmax})`,
    );
  }
  if (task.script !== undefined && config.sft.maxTokens <= task.maxPromptTokens) {
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
  checkMethod(config, task, largest);
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

/** What a method and budget forcing ask of the rest. @param longest tokens of the longest sequence. */
function checkMethod(config: Config, task: Task, longest: number): void {
  const { rl, schedule, method, train, eval: evaluation } = config;
  const { objective, openings = [], promptBudget } = traitsOf(method.name);
  if (isPairwise(objective) && train.microBatchTokens < 2 * longest) {
    const right = `at least a pair of sequences (${2 * longest} tokens), as ${method.name} learns from pairs`;
    throw invalid("config-invalid", "train.microBatchTokens", `${train.microBatchTokens}`, right);
  }
  const unknown = openings.find((word) => !task.script?.vocabulary.tokens.includes(word));
  if (unknown !== undefined) {
    const right = `a method for ${task.name}, whose words do not include "${unknown}", with which responses are opened`;
    throw invalid("config-invalid", "method.name", method.name, right);
  }
  const groupSizes = [rl.groupSize, ...rl.stageGroupSizes];
  if (openings.length > 1 && groupSizes.some((size) => size % openings.length !== 0)) {
    const right = `a multiple of ${openings.length}: ${method.name} opens equal shares of a group with ${openings.join(" and ")}`;
    throw invalid("config-invalid", "rl.groupSize", `${groupSizes.join(", ")}`, right);
  }
  const stages = schedule.kind === "staged" || schedule.kind === "staircase" ? schedule.stages.length : 0;
  if (rl.stageGroupSizes.length > 0 && rl.stageGroupSizes.length !== stages) {
    const right = `one for each of the ${stages} stages of the schedule (schedule.stages), or none`;
    throw invalid("config-invalid", "rl.stageGroupSizes", `${rl.stageGroupSizes.length} group sizes`, right);
  }
  const largestBudget = task.script?.largestBudget ?? 0;
  if (promptBudget !== undefined && schedule.lmax > largestBudget) {
    const right = `at most ${largestBudget}, the largest budget that a prompt of ${method.name} can name`;
    throw invalid("config-invalid", "schedule.lmax", schedule.lmax, right);
  }
  const { forceAnswerAt } = evaluation;
  if (forceAnswerAt >= schedule.lmax) {
    const right = `below schedule.lmax (${schedule.lmax}), so that there is room for an answer`;
    throw invalid("config-invalid", "eval.forceAnswerAt", forceAnswerAt, right);
  }
  for (const [field, value] of Object.entries({ forceAnswerAt, ignoreEnds: evaluation.ignoreEnds })) {
    if (value === 0 || task.thinking !== undefined) continue;
    throw invalid("config-invalid", `eval.${field}`, value, `0, as ${task.name} has no words for it`);
  }
  const capacity = decodeCapacity(config, task);
  const needed = capacity.promptTokens + capacity.responseTokens;
  const positions = config.model.max_position_embeddings;
  if (needed > positions) {
    const right = `at least ${needed}: budget forcing takes up responses of up to schedule.lmax (${schedule.lmax}) as prompts`;
    throw invalid("config-invalid", "model.max_position_embeddings", positions, right);
  }
}

/** The smallest budget of a schedule, and the setting that it comes from. */
function smallestBudget({ kind, lmin, lmax, stages }: Config["schedule"]): { field: string; cap: number } {
  if (kind === "constant") return { field: "schedule.lmax", cap: lmax };
  const isListed = (kind === "staged" || kind === "staircase") && stages.length > 0;
  if (isListed) return { field: "schedule.stages", cap: Math.min(...stages.map((stage) => stage.cap)) };
  return { field: "schedule.lmin", cap: lmin };
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
