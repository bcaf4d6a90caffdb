import type { Slice } from "../gpu/buffers.ts";
import type { Program } from "../gpu/program.ts";
import { addLora, addLoraBackwardInput, addLoraBackwardLow, addLoraBackwardWeight } from "../kernels/lora.ts";
import { addMatmulTn, type LinearShape } from "../kernels/matmul.ts";
import type { AdaptedMatrix } from "./adapters.ts";
import type { ModelContext, Policy } from "./forward.ts";
import type { Gradients } from "./gradients.ts";
import { bindRange } from "./parameters.ts";

/** Which matmul of the model adapters are beside. */
export interface AdapterPlace {
  readonly layer: number;
  readonly matrix: AdaptedMatrix;
}

/**
 * Adds to `out`, which holds what a matmul of the model computed, what its adapters make of the same input; nothing where it
 * has none.
 * @param slices.low gets A x, [rows, low of the group]; there where the matmul has adapters.
 * @param addLow appends the matmul of the input with a weight, into `low`.
 */
export function addAdapters(
  program: Program,
  { gpu, adapters }: ModelContext,
  policy: Policy,
  { layer, matrix }: AdapterPlace,
  { low, out, extent }: { low: Slice | undefined; out: Slice; extent: Slice },
  addLow: (low: Slice, weight: Slice, shape: LinearShape) => void,
): void {
  const group = adapters?.layers[layer]?.[matrix];
  if (group === undefined) return;
  const flat = policy.adapters!;
  addLow(low!, bindRange(flat, group.down), { outputs: group.low, inputs: group.inputs });
  for (const { range, shape } of group.ups) {
    addLora(program, gpu, { low: low!, weight: bindRange(flat, range), out, extent }, shape);
  }
}

/**
 * Gradients of {@link addAdapters}: those of its A and B go to the slabs, that of the input is added to `dinp`.
 * @param slices.low as the forward pass left it.
 * @param slices.dlow room for its gradient.
 */
export function addAdaptersBackward(
  program: Program,
  { gpu, adapters, variants }: ModelContext,
  policy: Policy,
  gradients: Gradients,
  { layer, matrix }: AdapterPlace,
  slices: {
    readonly dout: Slice;
    readonly inp: Slice;
    readonly low: Slice | undefined;
    readonly dlow: Slice | undefined;
    readonly dinp: Slice;
    readonly extent: Slice;
  },
): void {
  const group = adapters?.layers[layer]?.[matrix];
  if (group === undefined) return;
  const { dout, inp, dinp, extent } = slices;
  const [flat, low, dlow] = [policy.adapters!, slices.low!, slices.dlow!];
  for (const { range, shape } of group.ups) {
    const weight = bindRange(flat, range);
    addLoraBackwardLow(program, gpu, { dout, weight, dlow, extent }, shape);
    const dweight = gradients.ofMatrix(range);
    addLoraBackwardWeight(program, gpu, { dout, low, dweight, extent }, shape, gradients.matrices);
  }
  const { inputs } = group;
  const down = { dout: dlow, inp, dweight: gradients.ofMatrix(group.down), extent };
  addMatmulTn(program, gpu, variants.matmul, down, { outputs: group.low, inputs }, gradients.matrices);
  const weight = bindRange(flat, group.down);
  addLoraBackwardInput(program, gpu, { dout: dlow, weight, dinp, extent }, { rank: group.low, inputs });
}
