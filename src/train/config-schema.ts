import * as v from "valibot";
import { MAX_HEAD_DIM } from "../kernels/attention.ts";
import type { RopeScaling } from "../kernels/rope.ts";
import { ADAPTER_TARGETS } from "../model/adapter-settings.ts";
import { MAX_BATCH_TOKENS } from "../model/gradients.ts";
import { WEIGHT_FORMATS } from "../model/weights.ts";
import { AGGREGATIONS } from "../rl/aggregation.ts";
import { DECAYS } from "../rl/learning-rate.ts";
import { EXPLORATIONS, SCHEDULE_KINDS } from "../rl/length-schedule.ts";
import { METHOD_NAMES } from "../rl/recipes/traits.ts";
import { ANSWER_PATTERNS } from "../tasks/text/settings.ts";
import { choice, type Field, flag, group, number, object, whole } from "./setting-kinds.ts";

/** Most steps of a run, most tokens of a response, most stages of a schedule. */
export const MAX_STEPS = 1_000_000;
const MAX_TOKENS = 1_000_000;
const MAX_STAGES = 1000;

// The messages of the schema say what would be right: parseConfig (config.ts) makes an error of them.
const STAGES = `a list of up to ${MAX_STAGES} objects of step and cap`;
const GROUP_SIZES = `a list of up to ${MAX_STAGES} group sizes`;
const TARGETS = `names of ${ADAPTER_TARGETS.join(", ")} with commas between them`;
const ADAPTERS = "random or the path of a folder with adapters";
const INIT = "pre-rl, two-modes, random or the path of a checkpoint folder";

const ROPE_SCALING = "null, or an object of rope_type (linear or llama3) and its numbers";

/** The numbers of each kind of scaling. */
const SCALING_NUMBERS: Readonly<Record<string, readonly string[]>> = {
  linear: ["factor"],
  llama3: ["factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"],
};

/** Null, or a scaling with just its numbers, which `checkModelConfig` looks at. */
function isScaling(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === null;
  const { rope_type, ...numbers } = value as Record<string, unknown>;
  const wanted = Object.entries(SCALING_NUMBERS).find(([type]) => type === rope_type)?.[1];
  return (
    wanted !== undefined &&
    Object.keys(numbers).length === wanted.length &&
    wanted.every((name) => typeof numbers[name] === "number")
  );
}

/** Whether a text names matrices, each once. */
function isTargets(text: string): boolean {
  const names = text.split(",");
  return (
    new Set(names).size === names.length && names.every((name) => ADAPTER_TARGETS.some((t) => t === name))
  );
}

const adamw = {
  beta1: number("AdamW's decay of the mean gradient", { least: 0, most: 0.9999 }),
  beta2: number("AdamW's decay of the mean squared gradient", { least: 0, most: 0.99999 }),
  eps: number("AdamW's ε, added to the root of the mean squared gradient", { least: 1e-12, most: 1 }),
  weightDecay: number("decoupled weight decay, applied to every parameter", { least: 0, most: 10 }),
  gradientClip: number("global norm to which gradients are clipped; 0: not at all"),
};

const rate = {
  learningRate: number("learning rate after warm-up and before decay", { least: 0, most: 1 }),
  warmupSteps: whole("steps of linear warm-up", { unit: "steps", most: MAX_STEPS }),
  decay: choice("how the learning rate falls after warm-up", DECAYS),
  decayFloor: number("fraction of the learning rate that decay ends at", { least: 0, most: 1 }),
};

/** Everything a run depends on. A run is a function of this, the adapter and the starting checkpoint. */
export const ConfigSchema = group({
  seed: whole("seed of every random number of the run"),
  init: v.pipe(
    v.string(INIT),
    v.nonEmpty(INIT),
    v.description(
      "where the weights come from: `pre-rl` or `two-modes` (bundled), `random`, or the path of a checkpoint folder",
    ),
  ),
  task: group({
    name: v.pipe(v.string("the name of a task"), v.description("what is trained: the kind of problem")),
    settings: v.pipe(
      object("an object of numbers"),
      v.record(v.string(), v.number("a number")),
      v.description("settings of the task that differ from its defaults"),
    ),
    levelWeights: v.pipe(
      v.array(number("weight of a difficulty"), "a list of numbers"),
      v.description("how often each difficulty is drawn, relative to the others; empty: all alike"),
    ),
  }),
  text: group({
    file: v.pipe(
      v.string("the path of a file"),
      v.description("of text: file of problems, a JSON object of prompt and answer a line"),
    ),
    answer: choice(
      "of text: where a response says its answer: \\boxed{x}, #### x, <answer>x</answer>, or the last number",
      ANSWER_PATTERNS,
    ),
    promptTokens: whole("of text: most tokens of a prompt", {
      unit: "tokens",
      least: 1,
      most: MAX_TOKENS,
    }),
  }),
  model: group({
    hidden_size: whole("width of the residual stream; a multiple of 4", {
      unit: "channels",
      least: 4,
      most: 65_536,
    }),
    intermediate_size: whole("width of the SwiGLU layer; a multiple of 4", {
      unit: "channels",
      least: 4,
      most: 262_144,
    }),
    num_hidden_layers: whole("number of layers", { unit: "layers", least: 1, most: 1024 }),
    num_attention_heads: whole("query heads", { unit: "heads", least: 1, most: 1024 }),
    num_key_value_heads: whole("key and value heads; a divisor of the query heads", {
      unit: "heads",
      least: 1,
      most: 1024,
    }),
    head_dim: whole("channels of a head; a multiple of 8", {
      unit: "channels",
      least: 8,
      most: MAX_HEAD_DIM,
    }),
    max_position_embeddings: whole("longest sequence, prompt and response together", {
      unit: "tokens",
      least: 2,
      most: 2 * MAX_TOKENS,
    }),
    rms_norm_eps: number("ε of RMSNorm", { least: 1e-12, most: 1 }),
    rope_theta: number("base of the rotary frequencies", { least: 1 }),
    rope_scaling: v.pipe(
      v.custom<RopeScaling | null>(isScaling, ROPE_SCALING),
      v.description(
        "how the rotary frequencies differ from those of rope_theta, as in config.json; null: not at all",
      ),
    ),
    attention_bias: flag("whether queries, keys and values have a bias: Qwen2's have, Llama's have not"),
    tie_word_embeddings: flag("whether the token embedding is the head too"),
  }),
  lora: group({
    rank: whole(
      "rank r of adapters that are trained in place of the weights, which stay as they are (LoRA); a multiple of 4; 0: none, all weights are trained",
      { unit: "dimensions", most: 1024 },
    ),
    alpha: number("α: what an adapter adds is multiplied by α / rank", { least: 1e-3, most: 1e6 }),
    targets: v.pipe(
      v.string(TARGETS),
      v.check(isTargets, TARGETS),
      v.description(
        "the matrices of a layer that get an adapter: names of q, k, v, o, gate, up, down with commas between them",
      ),
    ),
    init: v.pipe(
      v.string(ADAPTERS),
      v.nonEmpty(ADAPTERS),
      v.description("where adapters come from: `random`, or the path of a folder in the layout of PEFT"),
    ),
    merge: choice(
      "whether a run leaves in the end, as checkpoint `merged`, the model with its adapters merged in",
      ["off", "on"],
    ),
  }),
  schedule: group({
    kind: choice("shape of the length budget L(t)", SCHEDULE_KINDS),
    lmax: whole("largest budget; also the length at which evaluation stops", {
      unit: "tokens",
      least: 1,
      most: MAX_TOKENS,
    }),
    lmin: whole("smallest budget", { unit: "tokens", least: 1, most: MAX_TOKENS }),
    cycle: whole("steps of one cycle of compression and expansion", {
      unit: "steps",
      least: 1,
      most: MAX_STEPS,
    }),
    compression: number(
      "fraction of a cycle in which the budget falls; the paper's ½ leaves as much for expansion",
      {
        least: 0.01,
        most: 0.99,
      },
    ),
    alignment: choice("where `stair` is low: the first half of a cycle, or its middle", ["half", "centred"]),
    stages: v.pipe(
      v.array(
        group({
          step: whole("first step of the stage", { unit: "steps", most: MAX_STEPS }),
          cap: whole("budget of the stage", { unit: "tokens", least: 1, most: MAX_TOKENS }),
        }),
        STAGES,
      ),
      v.maxLength(MAX_STAGES, STAGES),
      v.description("for `staged` and `staircase`: the budget from each step on"),
    ),
  }),
  rl: group({
    steps: whole("rollouts, each followed by its updates", { unit: "steps", least: 1, most: MAX_STEPS }),
    promptsPerStep: whole("prompts of a rollout", { unit: "prompts", least: 1, most: 65_536 }),
    groupSize: whole("responses to each prompt: the group that a response is measured against", {
      unit: "responses",
      least: 2,
      most: 1024,
    }),
    temperature: number("sampling temperature in training", { least: 0.01, most: 100 }),
    ...rate,
    ...adamw,
    miniBatches: whole("updates per rollout, each on its share of the groups; 1 is on-policy", {
      unit: "updates",
      least: 1,
      most: 65_536,
    }),
    lossAggregation: choice("how the losses of tokens become one", AGGREGATIONS),
    clipLow: number("ε below: the ratio is clipped at 1 − clipLow", { least: 0, most: 1 }),
    clipHigh: number("ε above: the ratio is clipped at 1 + clipHigh"),
    dualClip: number("bound c of the loss where the advantage is negative; 0: none"),
    advantageStd: choice("deviation that advantages are divided by", ["sample", "population", "none"]),
    advantageEps: number("added to that deviation", { least: 0, most: 1 }),
    klKind: choice("estimator of the KL penalty to the starting policy", ["none", "k1", "k2", "k3"]),
    klCoefficient: number("weight of the KL penalty"),
    entropyCoefficient: number("weight of the entropy bonus", { least: -1, most: 1 }),
    exploreIn: choice(
      "when the entropy bonus counts and clipHigh may exceed clipLow: in every phase, or while the budget expands alone",
      EXPLORATIONS,
    ),
    overlong: choice(
      "a truncated response: penalised like a wrong one, masked out of the loss, or punished softly",
      ["penalise", "mask", "soft"],
    ),
    overlongBuffer: whole("tokens before the cap over which the soft punishment grows", {
      unit: "tokens",
      least: 1,
      most: MAX_TOKENS,
    }),
    groupFilter: choice("dynamic sampling: train on every group, or only on those that mix right and wrong", [
      "off",
      "mixed",
    ]),
    maxRollouts: whole("most rollouts that dynamic sampling makes for one step", {
      unit: "rollouts",
      least: 1,
      most: 1024,
    }),
    stageGroupSizes: v.pipe(
      v.array(
        whole("responses to each prompt in a stage", { unit: "responses", least: 2, most: 1024 }),
        GROUP_SIZES,
      ),
      v.maxLength(MAX_STAGES, GROUP_SIZES),
      v.description("group size in each stage of the schedule; empty: `groupSize` throughout"),
    ),
    stageStart: choice("what a new stage of the schedule does to optimizer and reference policy", [
      "continue",
      "restart",
    ]),
    tokenBudget: whole(
      "the run ends with the step that has generated so many tokens in all; 0: no such end",
      {
        unit: "tokens",
      },
    ),
  }),
  method: group({
    name: choice("whose rewards, pairs and losses are used; a recipe sets it", METHOD_NAMES),
    refreshEvery: whole("steps after which the reference policy becomes the policy; 0: never", {
      unit: "steps",
      most: MAX_STEPS,
    }),
    lengthCoefficient: number("weight of the method's own length term"),
    lengthFrom: whole("first step at which the length term counts", { unit: "steps", most: MAX_STEPS }),
    preferenceBeta: number("β of SimPO and DPO", { least: 1e-4, most: 1000 }),
    preferenceMargin: number("SimPO's target margin over β", { most: 1000 }),
    nllCoefficient: number(
      "weight of the mean negative log-prob of chosen responses beside the preference loss",
    ),
    dropFraction: number("fraction of pairs, those of the smallest margin, that is left out", { most: 0.99 }),
    chosen: choice("which response is chosen or imitated", [
      "shortest",
      "first-solution",
      "reflection",
      "all",
    ]),
    evalBudget: whole("budget named in prompts of the evaluation, where prompts name one; 0: schedule.lmax", {
      unit: "tokens",
      most: 99,
    }),
  }),
  sft: group({
    steps: whole("updates", { unit: "steps", least: 1, most: MAX_STEPS }),
    batchSize: whole("teacher traces of an update", { unit: "traces", least: 1, most: 65_536 }),
    poolBatches: whole("batches that are drawn together and sorted by length; 1 mixes lengths", {
      unit: "batches",
      least: 1,
      most: 1024,
    }),
    maxTokens: whole("a trace is cut at this length, prompt included", {
      unit: "tokens",
      least: 2,
      most: 2 * MAX_TOKENS,
    }),
    ...rate,
    ...adamw,
  }),
  eval: group({
    every: whole("steps between evaluations; 0: only at the start and the end", {
      unit: "steps",
      most: MAX_STEPS,
    }),
    problemsPerLevel: whole("problems of each difficulty", { unit: "problems", least: 1, most: 100_000 }),
    samples: whole("responses to each problem", { unit: "responses", least: 1, most: 1024 }),
    temperature: number("sampling temperature in evaluation; 0 is greedy", { least: 0, most: 100 }),
    seed: whole("seed of the evaluation problems: runs of different seeds are judged by the same problems"),
    forceAnswerAt: whole("budget forcing: thinking is cut at so many tokens and an answer forced; 0: off", {
      unit: "tokens",
      most: MAX_TOKENS,
    }),
    ignoreEnds: whole("budget forcing: how often the start of an answer is replaced by `wait`", {
      unit: "times",
      most: 16,
    }),
  }),
  train: group({
    weights: choice(
      "format on the GPU of weights that are not trained; f16 takes half the memory, rounds them, and needs shader-f16",
      WEIGHT_FORMATS,
    ),
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
    checkpointEvery: whole("steps between checkpoints; 0: only at the end", {
      unit: "steps",
      most: MAX_STEPS,
    }),
    samplesEvery: whole("steps between steps whose rollouts are logged whole; 0: none", {
      unit: "steps",
      most: MAX_STEPS,
    }),
  }),
});

export type Config = v.InferOutput<typeof ConfigSchema>;

/** What a form or a help text says of a setting. */
export interface SettingDescription {
  /** E.g. `rl.groupSize`. */
  readonly path: string;
  readonly description: string;
  /** Of a number; empty where it has none. */
  readonly unit: string;
  /** Bounds, both included; every number has them. */
  readonly least?: number;
  readonly most?: number;
  /** The values to choose from, where there are a few. */
  readonly options?: readonly string[];
}

/** Every setting, in the order of the schema. */
export const SETTINGS: readonly SettingDescription[] = Object.entries(ConfigSchema.entries).flatMap(
  ([group, schema]) =>
    "entries" in schema
      ? Object.entries(schema.entries).map(([name, entry]) => describe(`${group}.${name}`, entry))
      : [describe(group, schema)],
);

function describe(path: string, schema: v.GenericSchema): SettingDescription {
  const { unit = "", ...bounds } = v.getMetadata(schema) as Field;
  const options = "options" in schema ? { options: schema.options as readonly string[] } : {};
  return { path, description: v.getDescription(schema) ?? "", unit, ...bounds, ...options };
}
