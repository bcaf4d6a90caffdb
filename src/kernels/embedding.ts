import type { Slice } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { ceilDiv, foldGrid } from "../gpu/kernel.ts";
import type { Program } from "../gpu/program.ts";
import { shader } from "./sources.ts";

function forwardSpec(id: string) {
  return {
    id,
    code: shader(id),
    bindings: { token: "read", weight: "read", out: "read_write", extent: "uniform" },
    params: { width4: "u32" },
  } as const;
}

/** By the format of the weight. */
export const embeddingForward = {
  f32: forwardSpec("embedding/forward"),
  f16: forwardSpec("embedding/forward_half"),
};

export const embeddingBackward = {
  id: "embedding/backward",
  code: shader("embedding/backward"),
  bindings: {
    dout: "read",
    order: "read",
    run_token: "read",
    run_begin: "read",
    dweight: "read_write",
    extent: "uniform",
  },
  params: { width4: "u32" },
} as const;

/** `out[r] = weight[token[r]]`; `width` channels, a multiple of 4. */
export function addEmbedding(
  program: Program,
  gpu: Gpu,
  bindings: { token: Slice; weight: Slice; out: Slice; extent: Slice },
  width: number,
  format: keyof typeof embeddingForward = "f32",
): void {
  const kernel = gpu.pipelines.get(embeddingForward[format]);
  program.add(kernel, bindings, { width4: width / 4 }, (rows) => foldGrid(ceilDiv((rows * width) / 4, 64)));
}

/** `dweight[v] += Σ dout[r]` over the rows whose token is v, from the runs of {@link TokenRuns}; at most `vocabulary` runs. */
export function addEmbeddingBackward(
  program: Program,
  gpu: Gpu,
  bindings: { dout: Slice; order: Slice; run_token: Slice; run_begin: Slice; dweight: Slice; extent: Slice },
  width: number,
  vocabulary: number,
): void {
  const kernel = gpu.pipelines.get(embeddingBackward);
  program.add(kernel, bindings, { width4: width / 4 }, (rows) =>
    foldGrid(ceilDiv((Math.min(rows, vocabulary) * width) / 4, 64)),
  );
}

/** Rows sorted by their token, so that each token's gradient has one writer. */
export interface TokenRuns {
  /** Row numbers, those of equal tokens together and ascending; [rows]. */
  readonly order: Uint32Array;
  /** The distinct tokens, ascending; [runs]. */
  readonly token: Uint32Array;
  /** Where each run begins in `order`, and its length at the end; [runs + 1]. */
  readonly begin: Uint32Array;
}

/** Counting sort of the rows by token; tokens are below `vocabulary`. */
export function tokenRuns(tokens: Uint32Array, vocabulary: number): TokenRuns {
  const next = new Uint32Array(vocabulary + 1);
  for (const token of tokens) next[token + 1]! += 1;
  const runTokens: number[] = [];
  const begin: number[] = [];
  for (let token = 0; token < vocabulary; token++) {
    if (next[token + 1]! > 0) {
      runTokens.push(token);
      begin.push(next[token]!);
    }
    next[token + 1]! += next[token]!;
  }
  begin.push(tokens.length);
  const order = new Uint32Array(tokens.length);
  for (let row = 0; row < tokens.length; row++) order[next[tokens[row]!]!++] = row;
  return { order, token: Uint32Array.from(runTokens), begin: Uint32Array.from(begin) };
}
