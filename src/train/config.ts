import * as v from "valibot";
import { BellowsError, invalid } from "../errors.ts";
import { checkModelConfig, type ModelConfig } from "../model/config.ts";
import { MAX_BATCH_TOKENS } from "../model/gradients.ts";
import { AGGREGATIONS } from "../rl/aggregation.ts";
import { DECAYS } from "../rl/learning-rate.ts";
import { checkSchedule, SCHEDULE_KINDS } from "../rl/length-schedule.ts";
import { createTask } from "../tasks/registry.ts";
import type { Task } from "../tasks/task.ts";

/** What a form or a help text says about a setting, beside its description. */
interface Field {
  readonly unit?: string;
  /** Bounds, both included. */
  readonly least?: number;
  readonly most?: number;
}

function number(description: string, { unit = "", least = -Infinity, most = Infinity }: Field = {}) {
  return v.pipe(
    v.number(),
    v.finite(),
    v.minValue(least),
    v.maxValue(most),
    v.description(description),
    v.metadata({ unit, least, most }),
  );
}

function whole(description: string, { unit = "", least = 0, most = Number.MAX_SAFE_INTEGER }: Field = {}) {
  return v.pipe(
    v.number(),
    v.safeInteger(),
    v.minValue(least),
    v.maxValue(most),
    v.description(description),
    v.metadata({ unit, least, most }),
  );
}

function choice<const T extends readonly string[]>(description: string, options: T) {
  return v.pipe(v.picklist(options), v.description(description));
}

const adamw = {
  beta1: number("AdamW's decay of the mean gradient", { least: 0, most: 0.9999 }),
  beta2: number("AdamW's decay of the mean squared gradient", { least: 0, most: 0.99999 }),
  eps: number("AdamW's ε, added to the root of the mean squared gradient", { least: 1e-12, most: 1 }),
  weightDecay: number("decoupled weight decay, applied to every parameter", { least: 0, most: 10 }),
  gradientClip: number("global norm to which gradients are clipped; 0: not at all", { least: 0 }),
};

const rate = {
  learningRate: number("learning rate after warm-up and before decay", { least: 0, most: 1 }),
  warmupSteps: whole("steps of linear warm-up", { unit: "steps" }),
  decay: choice("how the learning rate falls after warm-up", DECAYS),
  decayFloor: number("fraction of the learning rate that decay ends at", { least: 0, most: 1 }),
};

/** Everything a run depends on. A run is a function of this, the adapter and the starting checkpoint. */
export const ConfigSchema = v.strictObject({
  seed: whole("seed of every random number of the run", { most: Number.MAX_SAFE_INTEGER }),
  init: v.pipe(
    v.string(),
    v.nonEmpty(),
    v.description(
      "where the weights come from: `pre-rl` (bundled), `random`, or the path of a checkpoint folder",
    ),
  ),
  task: v.strictObject({
    name: v.pipe(v.string(), v.description("which task: see `bellows train --help`")),
    settings: v.pipe(
      v.record(v.string(), v.number()),
      v.description("settings of the task that differ from its defaults"),
    ),
    levelWeights: v.pipe(
      v.array(number("", { least: 0 })),
      v.description("how often each difficulty is drawn, relative to the others; empty: all alike"),
    ),
  }),
  model: v.strictObject({
    hidden_size: whole("width of the residual stream", { unit: "channels", least: 4 }),
    intermediate_size: whole("width of the SwiGLU layer", { unit: "channels", least: 4 }),
    num_hidden_layers: whole("number of layers", { unit: "layers", least: 1 }),
    num_attention_heads: whole("query heads", { unit: "heads", least: 1 }),
    num_key_value_heads: whole("key and value heads; a divisor of the query heads", {
      unit: "heads",
      least: 1,
    }),
    head_dim: whole("channels of a head; a multiple of 8", { unit: "channels", least: 8 }),
    max_position_embeddings: whole("longest sequence, prompt and response together", {
      unit: "tokens",
      least: 2,
    }),
    rms_norm_eps: number("ε of RMSNorm", { least: 1e-12, most: 1 }),
    rope_theta: number("base of the rotary frequencies", { least: 1 }),
  }),
  schedule: v.strictObject({
    kind: choice("shape of the length budget L(t)", SCHEDULE_KINDS),
    lmax: whole("largest budget; also the length at which evaluation stops", { unit: "tokens", least: 1 }),
    lmin: whole("smallest budget", { unit: "tokens", least: 1 }),
    cycle: whole("steps of one cycle of compression and expansion", { unit: "steps", least: 1 }),
    alignment: choice("where `stair` is low: the first half of a cycle, or its middle", ["half", "centred"]),
    stages: v.pipe(
      v.array(
        v.strictObject({
          step: whole("first step of the stage", { unit: "steps" }),
          cap: whole("budget of the stage", { unit: "tokens", least: 1 }),
        }),
      ),
      v.description("for `staged` and `staircase`: the budget from each step on"),
    ),
  }),
  rl: v.strictObject({
    steps: whole("rollouts, each followed by its updates", { unit: "steps", least: 1 }),
    promptsPerStep: whole("prompts of a rollout", { unit: "prompts", least: 1 }),
    groupSize: whole("responses to each prompt: the group that a response is measured against", {
      unit: "responses",
      least: 2,
    }),
    temperature: number("sampling temperature in training", { least: 0.01, most: 100 }),
    ...rate,
    ...adamw,
    miniBatches: whole("updates per rollout, each on its share of the groups; 1 is on-policy", { least: 1 }),
    lossAggregation: choice("how the losses of tokens become one", AGGREGATIONS),
    clipLow: number("ε below: the ratio is clipped at 1 − clipLow", { least: 0, most: 1 }),
    clipHigh: number("ε above: the ratio is clipped at 1 + clipHigh", { least: 0 }),
    dualClip: number("bound c of the loss where the advantage is negative; 0: none", { least: 0 }),
    advantageStd: choice("deviation that advantages are divided by", ["sample", "population", "none"]),
    advantageEps: number("added to that deviation", { least: 0, most: 1 }),
    klKind: choice("estimator of the KL penalty to the starting policy", ["none", "k1", "k2", "k3"]),
    klCoefficient: number("weight of the KL penalty", { least: 0 }),
    entropyCoefficient: number("weight of the entropy bonus", { least: -1, most: 1 }),
    overlong: choice(
      "a truncated response: penalised like a wrong one, masked out of the loss, or punished softly",
      ["penalise", "mask", "soft"],
    ),
    overlongBuffer: whole("tokens before the cap over which the soft punishment grows", {
      unit: "tokens",
      least: 1,
    }),
    groupFilter: choice("dynamic sampling: train on every group, or only on those that mix right and wrong", [
      "off",
      "mixed",
    ]),
    maxRollouts: whole("most rollouts that dynamic sampling makes for one step", {
      unit: "rollouts",
      least: 1,
    }),
  }),
  sft: v.strictObject({
    steps: whole("updates", { unit: "steps", least: 1 }),
    batchSize: whole("teacher traces of an update", { unit: "traces", least: 1 }),
    poolBatches: whole("batches that are drawn together and sorted by length; 1 mixes lengths", {
      unit: "batches",
      least: 1,
    }),
    maxTokens: whole("a trace is cut at this length, prompt included", { unit: "tokens", least: 2 }),
    ...rate,
    ...adamw,
  }),
  eval: v.strictObject({
    every: whole("steps between evaluations; 0: only at the start and the end", { unit: "steps" }),
    problemsPerLevel: whole("problems of each difficulty", { unit: "problems", least: 1 }),
    samples: whole("responses to each problem", { unit: "responses", least: 1 }),
    temperature: number("sampling temperature in evaluation; 0 is greedy", { least: 0, most: 100 }),
    seed: whole("seed of the evaluation problems: runs of different seeds are judged by the same problems"),
  }),
  train: v.strictObject({
    microBatchTokens: whole(
      "most tokens of a forward and backward pass; changes memory and speed, not results",
      {
        unit: "tokens",
        least: 16,
        most: MAX_BATCH_TOKENS,
      },
    ),
    decodeSequences: whole(
      "most sequences that are sampled together; changes memory and speed, not results",
      {
        unit: "sequences",
        least: 1,
        most: 65_536,
      },
    ),
    checkpointEvery: whole("steps between checkpoints; 0: only at the end", { unit: "steps" }),
    samplesEvery: whole("steps between steps whose rollouts are logged whole; 0: none", { unit: "steps" }),
  }),
});

export type Config = v.InferOutput<typeof ConfigSchema>;

/** A part of a config, at any depth. */
export type ConfigPatch = { [K in keyof Config]?: Config[K] extends object ? Partial<Config[K]> : Config[K] };

/**
 * Checks a config: fields, bounds, and what must hold between fields. Returns it with its type.
 * @throws BellowsError `config-invalid` naming the first field at fault, its value and what would be right.
 */
export function parseConfig(input: unknown): Config {
  const result = v.safeParse(ConfigSchema, input, { abortEarly: true });
  if (!result.success) throw asBellowsError(result.issues[0]);
  const config = result.output;
  const task = createTask(config.task.name, config.task.settings);
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
  const { kind, lmin, lmax, stages } = config.schedule;
  const smallest =
    stages.length > 0 ? Math.min(...stages.map((stage) => stage.cap)) : kind === "constant" ? lmax : lmin;
  if (smallest < shortest) {
    const field =
      stages.length > 0 ? "schedule.stages" : kind === "constant" ? "schedule.lmax" : "schedule.lmin";
    throw invalid(
      "config-invalid",
      field,
      `${smallest}`,
      `at least ${shortest}, the shortest right answer of ${task.name}`,
    );
  }
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

function asBellowsError(issue: v.BaseIssue<unknown>): BellowsError {
  const field = v.getDotPath(issue) ?? "config";
  if (issue.type === "strict_object" && issue.expected === "never") {
    return new BellowsError("config-invalid", `${field} is not a setting`, {
      field,
      hint: nearestHint(field),
    });
  }
  const value = issue.input === undefined ? "missing" : (JSON.stringify(issue.input) ?? String(issue.input));
  return new BellowsError("config-invalid", `${field} is ${value}; it must be ${rightOf(issue)}`, { field });
}

function rightOf(issue: v.BaseIssue<unknown>): string {
  const { requirement } = issue as { requirement?: unknown };
  switch (issue.type) {
    case "min_value":
      return `at least ${String(requirement)}`;
    case "max_value":
      return `at most ${String(requirement)}`;
    case "safe_integer":
      return "a whole number";
    case "finite":
      return "a finite number";
    case "picklist":
      return `one of ${String(issue.expected).replace(/[()"]/g, "").split(" | ").join(", ")}`;
    default:
      return `of type ${String(issue.expected)}`;
  }
}

/** Every setting by its path, e.g. `rl.groupSize`. */
export function settingPaths(): string[] {
  const paths: string[] = [];
  for (const [group, schema] of Object.entries(ConfigSchema.entries)) {
    const entries = "entries" in schema ? Object.keys(schema.entries) : [];
    if (entries.length === 0) paths.push(group);
    for (const entry of entries) paths.push(`${group}.${entry}`);
  }
  return paths;
}

function nearestHint(field: string): string {
  const paths = settingPaths();
  const last = field.split(".").at(-1)!.toLowerCase();
  const near = paths.filter((path) => {
    const name = path.split(".").at(-1)!.toLowerCase();
    return name.includes(last) || last.includes(name) || editDistance(name, last) <= 2;
  });
  if (near.length > 0) return `Did you mean ${near.slice(0, 3).join(" or ")}?`;
  const group = field.split(".")[0]!;
  const siblings = paths.filter((path) => path.startsWith(`${group}.`));
  return siblings.length > 0
    ? `There are: ${siblings.join(", ")}.`
    : `There are: ${Object.keys(ConfigSchema.entries).join(", ")}.`;
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
