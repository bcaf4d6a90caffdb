import type { Slice } from "../gpu/buffers.ts";
import type { Program } from "../gpu/program.ts";
import { addAttentionBackward } from "../kernels/attention.ts";
import { addEmbeddingBackward } from "../kernels/embedding.ts";
import { addLogprobBackward } from "../kernels/logprob.ts";
import { addMatmulNn, addMatmulTn } from "../kernels/matmul.ts";
import { addRmsnormBackward } from "../kernels/rmsnorm.ts";
import { addRopeBackward } from "../kernels/rope.ts";
import { addSwigluBackward } from "../kernels/swiglu.ts";
import type { Activations } from "./activations.ts";
import type { AdaptedMatrix } from "./adapters.ts";
import type { BatchBuffers } from "./batch.ts";
import { headLayout, logitStride } from "./config.ts";
import type { ModelContext, Policy } from "./forward.ts";
import { type Gradients, VECTOR_SLABS } from "./gradients.ts";
import { qkvFloats, type Range } from "./parameters.ts";
import { weightVariant } from "./weights.ts";

/**
 * The backward pass of a packed batch: from the gradients by log-prob and entropy, which a loss kernel left in
 * `acts.gradient`, to the gradient slabs of everything that is trained. Must follow `addForward` on the same batch.
 */
export function addBackward(
  program: Program,
  model: ModelContext,
  policy: Policy,
  batch: BatchBuffers,
  acts: Activations,
  gradients: Gradients,
  temperature: number,
): void {
  const { gpu, config, table } = model;
  const { extent } = batch;
  const d = acts.gradient;
  addLogprobBackward(
    program,
    gpu,
    {
      logits: acts.logits,
      target_token: batch.target,
      lse: acts.logSumExp,
      entropy: acts.entropy,
      dlogprob: d.logprob,
      dentropy: d.entropy,
      extent,
    },
    { vocabulary: config.vocab_size, stride: logitStride(config), excluded: model.excludedToken },
    temperature,
  );
  const isFrozen = model.frozen !== undefined;
  const linear = linearBackward(program, model, policy, extent, gradients);
  const norm = normBackward(program, model, policy, extent, gradients);
  /** A matmul of a layer, with its adapters. */
  const adapted = (
    l: number,
    matrix: AdaptedMatrix,
    dout: Slice,
    inp: Slice,
    dinp: Slice,
    outputs: number,
    inputs: number,
  ) => {
    linear(dout, inp, dinp, table.layers[l]![matrix], outputs, inputs);
    const slices = { dout, inp, low: acts.layers[l]!.low[matrix], dlow: d.low, dinp, extent };
    model.adapters?.passes.addAdaptersBackward(
      program,
      model,
      policy,
      gradients,
      { layer: l, matrix },
      slices,
    );
  };

  linear(acts.logits, acts.finalNorm, d.norm, table.head, config.vocab_size, config.hidden_size);
  norm(acts.last, acts.finalNormScale, d.norm, d.residual, table.finalNorm, false);
  for (let l = config.num_hidden_layers - 1; l >= 0; l--) {
    const layer = acts.layers[l]!;
    const ranges = table.layers[l]!;
    const C = config.hidden_size;
    const F = config.intermediate_size;

    adapted(l, "downWeight", d.residual, layer.hidden, d.hidden, C, F);
    addSwigluBackward(program, gpu, { inp: layer.gateUp, dout: d.hidden, dinp: d.gateUp, extent }, F);
    adapted(l, "gateUpWeight", d.gateUp, layer.postNorm, d.norm, 2 * F, C);
    norm(layer.middle, layer.postNormScale, d.norm, d.residual, ranges.postNorm, true);

    const heads = config.num_attention_heads * config.head_dim;
    adapted(l, "outputWeight", d.residual, layer.attention, d.attention, C, heads);
    const { qkv, lse, attention: out } = layer;
    addAttentionBackward(
      program,
      gpu,
      model.variants.attention,
      { qkv, tile: batch.tile, out, lse, dout: d.attention, delta: d.delta, dqkv: d.qkv },
      headLayout(config),
      () => batch.tiles,
    );
    const dbias = ranges.qkvBias && !isFrozen ? gradients.ofVector(ranges.qkvBias) : undefined;
    const rope = { dqkv: d.qkv, position: batch.position, rotary: acts.rotary, dbias, extent };
    addRopeBackward(program, gpu, rope, headLayout(config), gradients.vectors);
    adapted(l, "qkvWeight", d.qkv, layer.inputNorm, d.norm, qkvFloats(config), C);
    norm(layer.inp, layer.inputNormScale, d.norm, d.residual, ranges.inputNorm, true);
  }
  if (isFrozen) return;
  addEmbeddingBackward(
    program,
    gpu,
    {
      dout: d.residual,
      order: batch.order,
      run_token: batch.runToken,
      run_begin: batch.runBegin,
      dweight: gradients.ofMatrix(table.embedding),
      extent,
    },
    config.hidden_size,
    config.vocab_size,
  );
}

/** Both gradients of `out = inp · weightᵀ`; that of a frozen weight is not wanted. */
function linearBackward(
  program: Program,
  { gpu, variants, frozen }: ModelContext,
  { weights }: Policy,
  extent: Slice,
  gradients: Gradients,
) {
  return (dout: Slice, inp: Slice, dinp: Slice, range: Range, outputs: number, inputs: number): void => {
    const shape = { outputs, inputs };
    const weight = weights.bind(range);
    const variant = weightVariant(weights, variants.matmul);
    addMatmulNn(program, gpu, variant, { dout, weight, dinp, extent }, shape);
    if (frozen !== undefined) return;
    const dweight = gradients.ofMatrix(range);
    addMatmulTn(program, gpu, variants.matmul, { dout, inp, dweight, extent }, shape, gradients.matrices);
  };
}

function normBackward(
  program: Program,
  { gpu, config, frozen }: ModelContext,
  { weights }: Policy,
  extent: Slice,
  gradients: Gradients,
) {
  const width = config.hidden_size;
  // The kernel computes both gradients. Those of frozen weights all go to the same place, where nobody reads them.
  const unread = frozen && gpu.buffers.storage("gradient of frozen norms", VECTOR_SLABS * width * 4);
  const slabs = frozen ? { count: VECTOR_SLABS, stride: width } : gradients.vectors;
  return (inp: Slice, scale: Slice, dout: Slice, dinp: Slice, range: Range, residual: boolean): void => {
    const weight = weights.bind(range);
    const dweight = unread ?? gradients.ofVector(range);
    const bindings = { inp, weight, scale, dout, dinp, dweight, extent };
    addRmsnormBackward(program, gpu, bindings, width, slabs, residual);
  };
}
