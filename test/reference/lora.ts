import { linearBackward, linearForward } from "./matmul.ts";

/** A linear layer with a LoRA adapter: weight W [N, K] stays as it is, down A [R, K] and up B [N, R] are learnt. */
export interface LoraLayer {
  readonly weight: Float64Array;
  readonly down: Float64Array;
  readonly up: Float64Array;
  readonly inputs: number;
  readonly rank: number;
  /** α / r */
  readonly scale: number;
}

/**
 * LoRA (Hu et al., 2106.09685, §4.1): what fine-tuning adds to a weight has low rank, so it is learnt as a product of
 * two narrow matrices:
 *   low = A x,   out = W x + scale · B low
 * B starts at zero, so that the layer starts as it was.
 */
export function loraForward(inp: Float64Array, { weight, down, up, inputs, rank, scale }: LoraLayer) {
  const low = linearForward(inp, down, inputs);
  const added = linearForward(low, up, rank);
  const out = linearForward(inp, weight, inputs).map((value, i) => value + scale * added[i]!);
  return { low, out };
}

/** Two linear layers in a row, beside a third; W gets no gradient, but hands on that of its input. */
export function loraBackward(inp: Float64Array, layer: LoraLayer, dout: Float64Array) {
  const { weight, down, up, inputs, rank, scale } = layer;
  const scaled = dout.map((value) => scale * value);
  const { dinp: dlow, dweight: dup } = linearBackward(linearForward(inp, down, inputs), up, rank, scaled);
  const { dinp: throughDown, dweight: ddown } = linearBackward(inp, down, inputs, dlow);
  const { dinp: throughWeight } = linearBackward(inp, weight, inputs, dout);
  return { dlow, dup, ddown, dinp: throughWeight.map((value, i) => value + throughDown[i]!) };
}
