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
import type { BatchBuffers } from "./batch.ts";
import { headLayout, logitStride, type ModelConfig } from "./config.ts";
import { bindRange, type ParameterTable, qkvFloats } from "./parameters.ts";
import type { Variants } from "./variants.ts";

/** What the passes of a model are built from. */
export interface ModelContext {
  readonly gpu: Gpu;
  readonly config: ModelConfig;
  readonly table: ParameterTable;
  readonly variants: Variants;
  /** A token that can never be sampled, or NO_TOKEN. */
  readonly excludedToken: number;
}

/** Embedding and layers up to the rotated keys and values of layer `lastLayer`: all that a prefill needs. */
export function addPrefill(
  program: Program,
  model: ModelContext,
  weights: Slice,
  batch: BatchBuffers,
  acts: Activations,
): void {
  addEmbeddingOf(program, model, weights, batch, acts);
  for (let l = 0; l < model.config.num_hidden_layers; l++) {
    addAttentionInput(program, model, weights, batch, acts, l);
    if (l < model.config.num_hidden_layers - 1) addRestOfLayer(program, model, weights, batch, acts, l);
  }
}

/** The whole forward pass of a packed batch, up to log-prob and entropy of each target at `temperature`. */
export function addForward(
  program: Program,
  model: ModelContext,
  weights: Slice,
  batch: BatchBuffers,
  acts: Activations,
  temperature: number,
): void {
  const { gpu, config, table, variants } = model;
  const { extent } = batch;
  addEmbeddingOf(program, model, weights, batch, acts);
  for (let l = 0; l < config.num_hidden_layers; l++) {
    addAttentionInput(program, model, weights, batch, acts, l);
    addRestOfLayer(program, model, weights, batch, acts, l);
  }
  const norm = { inp: acts.last, out: acts.finalNorm, scale: acts.finalNormScale, extent };
  const weight = bindRange(weights, table.finalNorm);
  addRmsnorm(program, gpu, { ...norm, weight }, config.hidden_size, config.rms_norm_eps);
  addMatmulNt(
    program,
    gpu,
    variants.matmul,
    { inp: acts.finalNorm, weight: bindRange(weights, table.head), out: acts.logits, extent },
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
  weights: Slice,
  { token, extent }: BatchBuffers,
  acts: Activations,
): void {
  const out = acts.layers[0]!.inp;
  const weight = bindRange(weights, table.embedding);
  addEmbedding(program, gpu, { token, weight, out, extent }, config.hidden_size);
}

/** RMSNorm and the Q, K, V projections of a layer, with bias and rotation. */
function addAttentionInput(
  program: Program,
  { gpu, config, table, variants }: ModelContext,
  weights: Slice,
  { position, extent }: BatchBuffers,
  acts: Activations,
  l: number,
): void {
  const layer = acts.layers[l]!;
  const ranges = table.layers[l]!;
  const C = config.hidden_size;
  const norm = { inp: layer.inp, out: layer.inputNorm, scale: layer.inputNormScale, extent };
  addRmsnorm(program, gpu, { ...norm, weight: bindRange(weights, ranges.inputNorm) }, C, config.rms_norm_eps);
  addMatmulNt(
    program,
    gpu,
    variants.matmul,
    { inp: layer.inputNorm, weight: bindRange(weights, ranges.qkvWeight), out: layer.qkv, extent },
    { outputs: qkvFloats(config), inputs: C },
  );
  const bias = ranges.qkvBias && bindRange(weights, ranges.qkvBias);
  addRope(program, gpu, { qkv: layer.qkv, bias, position, rotary: acts.rotary, extent }, headLayout(config));
}

/** Attention, output projection and MLP of a layer. */
function addRestOfLayer(
  program: Program,
  { gpu, config, table, variants }: ModelContext,
  weights: Slice,
  batch: BatchBuffers,
  acts: Activations,
  l: number,
): void {
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
  const outputWeight = bindRange(weights, ranges.outputWeight);
  addMatmulNtResidual(
    program,
    gpu,
    variants.matmul,
    { inp: layer.attention, weight: outputWeight, residual: layer.inp, out: layer.middle, extent },
    { outputs: C, inputs: config.num_attention_heads * config.head_dim },
  );
  const norm = { inp: layer.middle, out: layer.postNorm, scale: layer.postNormScale, extent };
  addRmsnorm(program, gpu, { ...norm, weight: bindRange(weights, ranges.postNorm) }, C, config.rms_norm_eps);
  addMatmulNt(
    program,
    gpu,
    variants.matmul,
    { inp: layer.postNorm, weight: bindRange(weights, ranges.gateUpWeight), out: layer.gateUp, extent },
    { outputs: 2 * F, inputs: C },
  );
  addSwiglu(program, gpu, { inp: layer.gateUp, out: layer.hidden, extent }, F);
  addMatmulNtResidual(
    program,
    gpu,
    variants.matmul,
    { inp: layer.hidden, weight: bindRange(weights, ranges.downWeight), residual: layer.middle, out, extent },
    { outputs: C, inputs: F },
  );
}
