import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { ceilDiv, foldGrid } from "../gpu/kernel.ts";
import type { Program } from "../gpu/program.ts";
import { shader } from "./sources.ts";

/** Target of a row that is not part of the loss; also "no token is excluded". */
export const NO_TOKEN = 0xffff_ffff;

export const logprobForward = {
  id: "logprob/forward",
  code: shader("logprob/forward"),
  bindings: {
    logits: "read",
    target_token: "read",
    logprob: "read_write",
    lse: "read_write",
    entropy: "read_write",
    extent: "uniform",
  },
  params: { vocabulary: "u32", stride: "u32", excluded: "u32", inverse_temperature: "f32" },
} as const;

export const logprobBackward = {
  id: "logprob/backward",
  code: shader("logprob/backward"),
  bindings: {
    logits: "read_write",
    target_token: "read",
    lse: "read",
    entropy: "read",
    dlogprob: "read",
    dentropy: "read",
    extent: "uniform",
  },
  params: { vocabulary: "u32", stride4: "u32", excluded: "u32", inverse_temperature: "f32" },
} as const;

/** What turns logits into a distribution. */
export interface LogitShape {
  readonly vocabulary: number;
  /** Floats from one row of logits to the next; a multiple of 4. */
  readonly stride: number;
  /** A token that can never be sampled, or {@link NO_TOKEN}. */
  readonly excluded: number;
}

/**
 * Lanes that share a row of logits. It follows from the vocabulary alone, so the sampler and the training
 * pass always sum in the same order (shaders/lib/softmax_row.wgsl).
 */
export function lanesPerRow(vocabulary: number): number {
  if (vocabulary <= 256) return 1;
  return vocabulary <= 4096 ? 8 : 64;
}

/** Log-prob, log-sum-exp and entropy of each row's target under softmax(logits / temperature). */
export function addLogprob(
  program: Program,
  gpu: Gpu,
  bindings: { logits: Slice; target_token: Slice; logprob: Slice; lse: Slice; entropy: Slice; extent: Slice },
  shape: LogitShape,
  temperature: number,
): void {
  const lanes = lanesPerRow(shape.vocabulary);
  program.add(
    gpu.pipelines.get(logprobForward, { LANES: lanes }),
    bindings,
    { ...shape, inverse_temperature: 1 / temperature },
    (rows) => foldGrid(ceilDiv(rows * lanes, 64)),
  );
}

/** Replaces logits by their gradient, given the gradients by log-prob and by entropy. */
export function addLogprobBackward(
  program: Program,
  gpu: Gpu,
  bindings: {
    logits: Slice;
    target_token: Slice;
    lse: Slice;
    entropy: Slice;
    dlogprob: Slice;
    dentropy: Slice;
    extent: Slice;
  },
  shape: LogitShape,
  temperature: number,
): void {
  const { vocabulary, stride, excluded } = shape;
  program.add(
    gpu.pipelines.get(logprobBackward),
    bindings,
    { vocabulary, stride4: stride / 4, excluded, inverse_temperature: 1 / temperature },
    (rows) => foldGrid(ceilDiv((rows * stride) / 4, 64)),
  );
}
