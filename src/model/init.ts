import { BellowsError } from "../errors.ts";
import { Random, STREAM } from "../random.ts";
import type { ModelConfig } from "./config.ts";
import { ParameterTable } from "./parameters.ts";

/** Most floats of all parameters together: 4 GiB, which is more than any device binds at once. */
const MAX_FLOATS = 2 ** 30;

/**
 * Random initial parameters, flat: embeddings with deviation 1/√C, linear layers 1/√fan_in, those that write to
 * the residual stream (o_proj, down_proj) half of that; norm weights one, biases zero.
 * @throws BellowsError `limit-exceeded` for a model that no device can train.
 */
export function initialParameters(config: ModelConfig, seed: number): Float32Array<ArrayBuffer> {
  const table = new ParameterTable(config);
  if (table.totalFloats > MAX_FLOATS) {
    throw new BellowsError(
      "limit-exceeded",
      `a model of ${table.count} parameters; no device trains more than ${MAX_FLOATS}`,
      { field: "model", hint: "Make hidden_size, intermediate_size or num_hidden_layers smaller." },
    );
  }
  const flat = new Float32Array(table.totalFloats);
  for (const [index, { name, shape, offset, size }] of table.parameters.entries()) {
    const values = flat.subarray(offset, offset + size);
    if (name.endsWith("norm.weight")) values.fill(1);
    if (shape.length < 2) continue;
    const fanIn = shape[1]!;
    const deviation = (/(o_proj|down_proj)\.weight$/.test(name) ? 0.5 : 1) / Math.sqrt(fanIn);
    const random = new Random(seed, STREAM.init, index);
    for (let i = 0; i < size; i++) values[i] = random.normal() * deviation;
  }
  return flat;
}
