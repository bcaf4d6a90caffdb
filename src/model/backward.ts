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
import type { BatchBuffers } from "./batch.ts";
import { headLayout, logitStride } from "./config.ts";
import type { ModelContext } from "./forward.ts";
import type { Gradients } from "./gradients.ts";
import { bindRange, qkvFloats, type Range } from "./parameters.ts";

/**
 * The backward pass of a packed batch: from the gradients by log-prob and entropy, which a loss kernel left in
 * `acts.gradient`, to the gradient slabs of every parameter. Must follow `addForward` on the same batch.
 */
export function addBackward(
  program: Program,
  model: ModelContext,
  weights: Slice,
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
  const linear = linearBackward(program, model, weights, extent, gradients);
  const norm = normBackward(program, model, weights, extent, gradients);

  linear(acts.logits, acts.finalNorm, d.norm, table.head, config.vocab_size, config.hidden_size);
  norm(acts.last, acts.finalNormScale, d.norm, d.residual, table.finalNorm, false);
  for (let l = config.num_hidden_layers - 1; l >= 0; l--) {
    const layer = acts.layers[l]!;
    const ranges = table.layers[l]!;
    const C = config.hidden_size;
    const F = config.intermediate_size;

    linear(d.residual, layer.hidden, d.hidden, ranges.downWeight, C, F);
    addSwigluBackward(program, gpu, { inp: layer.gateUp, dout: d.hidden, dinp: d.gateUp, extent }, F);
    linear(d.gateUp, layer.postNorm, d.norm, ranges.gateUpWeight, 2 * F, C);
    norm(layer.middle, layer.postNormScale, d.norm, d.residual, ranges.postNorm, true);

    const heads = config.num_attention_heads * config.head_dim;
    linear(d.residual, layer.attention, d.attention, ranges.outputWeight, C, heads);
    const { qkv, lse, attention: out } = layer;
    addAttentionBackward(
      program,
      gpu,
      model.variants.attention,
      { qkv, tile: batch.tile, out, lse, dout: d.attention, delta: d.delta, dqkv: d.qkv },
      headLayout(config),
      () => batch.tiles,
    );
    const dbias = ranges.qkvBias && gradients.ofVector(ranges.qkvBias);
    const rope = { dqkv: d.qkv, position: batch.position, rotary: acts.rotary, dbias, extent };
    addRopeBackward(program, gpu, rope, headLayout(config), gradients.vectors);
    linear(d.qkv, layer.inputNorm, d.norm, ranges.qkvWeight, qkvFloats(config), C);
    norm(layer.inp, layer.inputNormScale, d.norm, d.residual, ranges.inputNorm, true);
  }
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

/** Both gradients of `out = inp · weightᵀ`. */
function linearBackward(
  program: Program,
  { gpu, variants }: ModelContext,
  weights: Slice,
  extent: Slice,
  gradients: Gradients,
) {
  return (dout: Slice, inp: Slice, dinp: Slice, range: Range, outputs: number, inputs: number): void => {
    const shape = { outputs, inputs };
    const weight = bindRange(weights, range);
    addMatmulNn(program, gpu, variants.matmul, { dout, weight, dinp, extent }, shape);
    const dweight = gradients.ofMatrix(range);
    addMatmulTn(program, gpu, variants.matmul, { dout, inp, dweight, extent }, shape, gradients.matrices);
  };
}

function normBackward(
  program: Program,
  { gpu, config }: ModelContext,
  weights: Slice,
  extent: Slice,
  gradients: Gradients,
) {
  return (inp: Slice, scale: Slice, dout: Slice, dinp: Slice, range: Range, residual: boolean): void => {
    const weight = bindRange(weights, range);
    const dweight = gradients.ofVector(range);
    const bindings = { inp, weight, scale, dout, dinp, dweight, extent };
    addRmsnormBackward(program, gpu, bindings, config.hidden_size, gradients.vectors, residual);
  };
}
