import type { Config } from "./config.ts";

/**
 * The toy of the project: chain arithmetic, a model of 97 thousand parameters, and the settings under which SIRI's
 * effect was found to show; three cycles of 160 steps. The other presets differ from it as they say.
 */
const paperToy: Config = {
  seed: 0,
  init: "pre-rl",
  task: { name: "chain-arithmetic", settings: {}, levelWeights: [] },
  text: { file: "", answer: "boxed", promptTokens: 256 },
  model: {
    hidden_size: 64,
    intermediate_size: 160,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 4,
    head_dim: 16,
    max_position_embeddings: 256,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    rope_scaling: null,
    attention_bias: true,
    tie_word_embeddings: true,
  },
  lora: { rank: 0, alpha: 16, targets: "q,k,v,o,gate,up,down", init: "random", merge: "off" },
  schedule: {
    kind: "stair-cosine",
    lmax: 80,
    lmin: 40,
    cycle: 160,
    compression: 0.5,
    alignment: "half",
    stages: [],
  },
  rl: {
    steps: 480,
    promptsPerStep: 16,
    groupSize: 8,
    temperature: 1,
    learningRate: 5e-4,
    warmupSteps: 0,
    decay: "constant",
    decayFloor: 0,
    beta1: 0.9,
    beta2: 0.95,
    eps: 1e-8,
    weightDecay: 0,
    gradientClip: 1,
    miniBatches: 1,
    lossAggregation: "token-mean",
    clipLow: 0.2,
    clipHigh: 0.28,
    dualClip: 0,
    advantageStd: "population",
    advantageEps: 1e-4,
    klKind: "none",
    klCoefficient: 0,
    entropyCoefficient: 0,
    exploreIn: "every-phase",
    overlong: "penalise",
    overlongBuffer: 16,
    groupFilter: "off",
    maxRollouts: 10,
    stageGroupSizes: [],
    stageStart: "continue",
    tokenBudget: 0,
  },
  method: {
    name: "grpo",
    refreshEvery: 0,
    lengthCoefficient: 0,
    lengthFrom: 0,
    preferenceBeta: 2,
    preferenceMargin: 0.25,
    nllCoefficient: 0,
    dropFraction: 0,
    chosen: "shortest",
    evalBudget: 0,
  },
  sft: {
    steps: 1800,
    batchSize: 32,
    poolBatches: 8,
    maxTokens: 200,
    learningRate: 6e-3,
    warmupSteps: 50,
    decay: "cosine",
    decayFloor: 0.1,
    beta1: 0.9,
    beta2: 0.95,
    eps: 1e-8,
    weightDecay: 0.01,
    gradientClip: 1,
  },
  eval: {
    every: 20,
    problemsPerLevel: 200,
    samples: 2,
    temperature: 0.6,
    seed: 999,
    forceAnswerAt: 0,
    ignoreEnds: 0,
  },
  train: {
    weights: "f32",
    microBatchTokens: 8192,
    decodeSequences: 256,
    checkpointEvery: 80,
    samplesEvery: 20,
  },
};

/** Named configs. Each is complete, so that a preset never changes by what another becomes. */
export const PRESETS = {
  default: {
    ...paperToy,
    rl: { ...paperToy.rl, steps: 320 },
    eval: { ...paperToy.eval, problemsPerLevel: 64 },
  },
  "paper-toy": paperToy,
  smoke: {
    ...paperToy,
    schedule: { ...paperToy.schedule, cycle: 8 },
    rl: { ...paperToy.rl, steps: 16, promptsPerStep: 4 },
    eval: { ...paperToy.eval, every: 8, problemsPerLevel: 8, samples: 1 },
    train: {
      ...paperToy.train,
      microBatchTokens: 2048,
      decodeSequences: 32,
      checkpointEvery: 8,
      samplesEvery: 4,
    },
  },
} satisfies Record<string, Config>;

export type PresetName = keyof typeof PRESETS;

/** What `bellows --help` says of each preset. */
export const PRESET_NOTES: Readonly<Record<PresetName, string>> = {
  default: "two cycles of 160 steps with a stair-cosine budget; minutes on two cores without a GPU",
  "paper-toy": "the full run: three cycles, evaluated on three times as many problems",
  smoke: "sixteen tiny steps, to see that everything works",
};
