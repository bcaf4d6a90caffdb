import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Program } from "../gpu/program.ts";
import { addAttention } from "../kernels/attention.ts";
import { addEmbedding } from "../kernels/embedding.ts";
import { addLogprob } from "../kernels/logprob.ts";
import { addMatmulNt, addMatmulNtResidual } from "../kernels/matmul.ts";
import { addRmsnorm } from "../kernels/rmsnorm.ts";
import { addRope } from "../kernels/rope.ts";
import { addSwiglu } from "../kernels/swiglu.ts";
import type { Activations } from "./activations.ts";
import type { AdaptedMatrix, AdapterTable } from "./adapters.ts";
import type { BatchBuffers } from "./batch.ts";
import { headLayout, logitStride, type ModelConfig } from "./config.ts";
import { type ParameterTable, qkvFloats } from "./parameters.ts";
import type { Variants } from "./variants.ts";
import { flatWeights, type Weights, weightVariant } from "./weights.ts";

/** What the passes of a model are built from. */
export interface ModelContext {
  readonly gpu: Gpu;
  readonly config: ModelConfig;
  readonly table: ParameterTable;
  readonly variants: Variants;
  /** A token that can never be sampled, or NO_TOKEN. */
  readonly excludedToken: number;
  /** The model's own weights where they are not what is trained; else undefined. */
  readonly frozen: Weights | undefined;
  /** Where the parameters of adapters lie, if these are what is trained. */
  readonly adapters: AdapterTable | undefined;
}

/** What a policy consists of. */
export interface Policy {
  readonly weights: Weights;
  /** Laid out as the context's `adapters` say; undefined where it has none. */
  readonly adapters: Slice | undefined;
}

/**
 * The policy that parameters make: all of a model, or those of adapters on its frozen weights.
 * @param trained undefined for a model of which nothing can be trained.
 */
export function policyOf({ frozen, adapters }: ModelContext, trained: Slice | undefined): Policy {
  if (frozen === undefined) return { weights: flatWeights(trained!), adapters: undefined };
  return { weights: frozen, adapters: adapters === undefined ? undefined : trained };
}

/** Embedding and layers up to the rotated keys and values of layer `lastLayer`: all that a prefill needs. */
export function addPrefill(
  program: Program,
  model: ModelContext,
  policy: Policy,
  batch: BatchBuffers,
  acts: Activations,
): void {
  addEmbeddingOf(program, model, policy, batch, acts);
  for (let l = 0; l < model.config.num_hidden_layers; l++) {
    addAttentionInput(program, model, policy, batch, acts, l);
    if (l < model.config.num_hidden_layers - 1) addRestOfLayer(program, model, policy, batch, acts, l);
  }
}

/** The whole forward pass of a packed batch, up to log-prob and entropy of each target at `temperature`. */
export function addForward(
  program: Program,
  model: ModelContext,
  policy: Policy,
  batch: BatchBuffers,
  acts: Activations,
  temperature: number,
): void {
  const { gpu, config, table, variants } = model;
  const { weights } = policy;
  const { extent } = batch;
  addEmbeddingOf(program, model, policy, batch, acts);
  for (let l = 0; l < config.num_hidden_layers; l++) {
    addAttentionInput(program, model, policy, batch, acts, l);
    addRestOfLayer(program, model, policy, batch, acts, l);
  }
  const norm = { inp: acts.last, out: acts.finalNorm, scale: acts.finalNormScale, extent };
  const weight = weights.bind(table.finalNorm);
  addRmsnorm(program, gpu, { ...norm, weight }, config.hidden_size, config.rms_norm_eps);
  addMatmulNt(
    program,
    gpu,
    weightVariant(weights, variants.matmul),
    { inp: acts.finalNorm, weight: weights.bind(table.head), out: acts.logits, extent },
    { outputs: config.vocab_size, inputs: config.hidden_size },
  );
  addLogprob(
    program,
    gpu,
    {
      logits: acts.logits,
      target_token: batch.target,
      logprob: acts.logprob,
      lse: acts.logSumExp,
      entropy: acts.entropy,
      extent,
    },
    { vocabulary: config.vocab_size, stride: logitStride(config), excluded: model.excludedToken },
    temperature,
  );
}

function addEmbeddingOf(
  program: Program,
  { gpu, config, table }: ModelContext,
  { weights }: Policy,
  { token, extent }: BatchBuffers,
  acts: Activations,
): void {
  const out = acts.layers[0]!.inp;
  const weight = weights.bind(table.embedding);
  addEmbedding(program, gpu, { token, weight, out, extent }, config.hidden_size, weights.format);
}

/** RMSNorm and the Q, K, V projections of a layer, with bias and rotation. */
function addAttentionInput(
  program: Program,
  model: ModelContext,
  policy: Policy,
  { position, extent }: BatchBuffers,
  acts: Activations,
  l: number,
): void {
  const { gpu, config, table, variants } = model;
  const { weights } = policy;
  const layer = acts.layers[l]!;
  const ranges = table.layers[l]!;
  const C = config.hidden_size;
  const norm = { inp: layer.inp, out: layer.inputNorm, scale: layer.inputNormScale, extent };
  addRmsnorm(program, gpu, { ...norm, weight: weights.bind(ranges.inputNorm) }, C, config.rms_norm_eps);
  addMatmulNt(
    program,
    gpu,
    weightVariant(weights, variants.matmul),
    { inp: layer.inputNorm, weight: weights.bind(ranges.qkvWeight), out: layer.qkv, extent },
    { outputs: qkvFloats(config), inputs: C },
  );
  addAdaptersOf(program, model, policy, acts, l, "qkvWeight", layer.inputNorm, layer.qkv, extent);
  const bias = ranges.qkvBias && weights.bind(ranges.qkvBias);
  addRope(program, gpu, { qkv: layer.qkv, bias, position, rotary: acts.rotary, extent }, headLayout(config));
}

/** Attention, output projection and MLP of a layer. */
function addRestOfLayer(
  program: Program,
  model: ModelContext,
  policy: Policy,
  batch: BatchBuffers,
  acts: Activations,
  l: number,
): void {
  const { gpu, config, table, variants } = model;
  const { weights } = policy;
  const matmul = weightVariant(weights, variants.matmul);
  const layer = acts.layers[l]!;
  const ranges = table.layers[l]!;
  const { extent } = batch;
  const out = acts.layers[l + 1]?.inp ?? acts.last;
  const C = config.hidden_size;
  const F = config.intermediate_size;
  addAttention(
    program,
    gpu,
    variants.attention,
    { qkv: layer.qkv, tile: batch.tile, out: layer.attention, lse: layer.lse },
    headLayout(config),
    () => batch.tiles,
  );
  const outputWeight = weights.bind(ranges.outputWeight);
  addMatmulNtResidual(
    program,
    gpu,
    matmul,
    { inp: layer.attention, weight: outputWeight, residual: layer.inp, out: layer.middle, extent },
    { outputs: C, inputs: config.num_attention_heads * config.head_dim },
  );
  addAdaptersOf(program, model, policy, acts, l, "outputWeight", layer.attention, layer.middle, extent);
  const norm = { inp: layer.middle, out: layer.postNorm, scale: layer.postNormScale, extent };
  addRmsnorm(program, gpu, { ...norm, weight: weights.bind(ranges.postNorm) }, C, config.rms_norm_eps);
  addMatmulNt(
    program,
    gpu,
    matmul,
    { inp: layer.postNorm, weight: weights.bind(ranges.gateUpWeight), out: layer.gateUp, extent },
    { outputs: 2 * F, inputs: C },
  );
  addAdaptersOf(program, model, policy, acts, l, "gateUpWeight", layer.postNorm, layer.gateUp, extent);
  addSwiglu(program, gpu, { inp: layer.gateUp, out: layer.hidden, extent }, F);
  addMatmulNtResidual(
    program,
    gpu,
    matmul,
    { inp: layer.hidden, weight: weights.bind(ranges.downWeight), residual: layer.middle, out, extent },
    { outputs: C, inputs: F },
  );
  addAdaptersOf(program, model, policy, acts, l, "downWeight", layer.hidden, out, extent);
}

/** The adapters of one matmul of layer `l`, where it has any. */
function addAdaptersOf(
  program: Program,
  model: ModelContext,
  policy: Policy,
  acts: Activations,
  l: number,
  matrix: AdaptedMatrix,
  inp: Slice,
  out: Slice,
  extent: Slice,
): void {
  const { gpu, variants } = model;
  const slices = { low: acts.layers[l]!.low[matrix], out, extent };
  model.adapters?.passes.addAdapters(
    program,
    model,
    policy,
    { layer: l, matrix },
    slices,
    (low, weight, shape) =>
      addMatmulNt(program, gpu, variants.matmul, { inp, weight, out: low, extent }, shape),
  );
}
