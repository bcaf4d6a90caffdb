import type { Gpu } from "../gpu/device.ts";
import type { ModelConfig } from "./config.ts";
import { ParameterTable } from "./parameters.ts";
import { matmulRate, type Variants } from "./variants.ts";

/** The most tokens a second that a device can sample and train with a model. */
export interface SpeedBound {
  readonly sampling: number;
  readonly training: number;
}

/** Rows that a measurement takes at most: more tell no more of a large model, and take long without a GPU. */
const MOST_ROWS = 256;

/**
 * Floating-point operations of the matmuls of one token's forward pass: two for each weight that is multiplied with. An embedding
 * that is not the head is looked up.
 */
export function forwardFlops(config: ModelConfig): number {
  const { matrixFloats, embedding, head } = new ParameterTable(config);
  return 2 * (matrixFloats - (head === embedding ? 0 : embedding.size));
}

/**
 * What the matmuls of a model allow, found by timing its largest on this device. Attention, norms, softmax and optimizer come to
 * it: on lavapipe, SmolLM-135M's shape was trained at half of its bound and sampled at seven tenths. A training pass is three
 * forward passes, or two where weights are frozen beneath adapters.
 * @param batch tokens of a micro-batch, sequences that are sampled at a time, and whether adapters alone are trained.
 */
export async function boundSpeed(
  gpu: Gpu,
  config: ModelConfig,
  { matmul, decodeMatmul }: Variants,
  batch: { readonly tokens: number; readonly sequences: number; readonly frozen: boolean },
): Promise<SpeedBound> {
  const flops = forwardFlops(config);
  const training = await matmulRate(gpu, matmul, config, Math.min(batch.tokens, MOST_ROWS));
  const sampling = await matmulRate(gpu, decodeMatmul, config, Math.min(batch.sequences, MOST_ROWS));
  return { sampling: sampling / flops, training: training / (flops * (batch.frozen ? 2 : 3)) };
}
