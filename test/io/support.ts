import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { BellowsError, type ErrorCode } from "../../src/errors.ts";
import type { Checkpoint } from "../../src/io/checkpoint.ts";
import type { VocabularyDescription } from "../../src/io/hugging-face.ts";
import { joinPath, type Storage } from "../../src/io/storage.ts";
import { DEFAULT_ARCHITECTURE, type ModelConfig } from "../../src/model/config.ts";
import { ParameterTable } from "../../src/model/parameters.ts";

export const TINY: ModelConfig = {
  vocab_size: 7,
  hidden_size: 16,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 8,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
  ...DEFAULT_ARCHITECTURE,
};

const LLAMA3 = {
  rope_type: "llama3",
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 32,
} as const;

/** Models that go to transformers and come back (test/fixtures/io/round_trip.py). */
export const ROUND_TRIPS: Readonly<Record<string, ModelConfig>> = {
  qwen2: TINY,
  "qwen2-untied": { ...TINY, tie_word_embeddings: false, rope_scaling: { rope_type: "linear", factor: 2.5 } },
  llama: { ...TINY, num_hidden_layers: 2, attention_bias: false },
  "llama-untied": {
    ...TINY,
    attention_bias: false,
    tie_word_embeddings: false,
    rope_scaling: LLAMA3,
    head_dim: 16,
  },
};

export const WORDS: VocabularyDescription = {
  tokens: ["<pad>", "<eos>", "1", "+", "=", "wait", ">"],
  pad: 0,
  end: 1,
};

/**
 * A checkpoint whose element i of tensor t is t + i / 1024 in the parameters, `offset` more than that, the
 * same over 8 in the first moment, and its square in the second: exact in single precision, unlike each other.
 */
export function sampleCheckpoint(offset = 0, config = TINY): Required<Omit<Checkpoint, "adapters">> {
  const table = new ParameterTable(config);
  const parameters = new Float32Array(table.totalFloats);
  for (const [t, tensor] of table.parameters.entries()) {
    for (let i = 0; i < tensor.size; i++) parameters[tensor.offset + i] = offset + t + i / 1024;
  }
  return {
    config,
    vocabulary: WORDS,
    parameters,
    optimizer: { firstMoment: parameters.map((x) => x / 8), secondMoment: parameters.map((x) => x * x) },
    trainer: {
      state: { step: 40 + offset, best: 0.1 + 0.2, order: [3, 1, 2], nested: { none: null } },
      logBytes: {},
    },
  };
}

/** Runs `body` with the path of a folder that is removed afterwards. */
export async function withFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "bellows-io-"));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Expects `body` to fail with this code and a message that holds each of `parts`. */
export async function expectFailure(
  body: () => unknown,
  code: ErrorCode,
  ...parts: readonly string[]
): Promise<BellowsError> {
  let failure: unknown;
  try {
    await body();
  } catch (error) {
    failure = error;
  }
  expect(failure, "it must fail").toBeInstanceOf(BellowsError);
  const error = failure as BellowsError;
  expect(error.code, error.message).toBe(code);
  for (const part of parts) expect(error.message).toContain(part);
  return error;
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Every file of a storage, as text, by its path. */
export async function snapshot(storage: Storage, folder = ""): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of await storage.list(folder)) {
    const path = joinPath(folder, name);
    const children = await snapshot(storage, path);
    const isFile = Object.keys(children).length === 0 && (await storage.list(path)).length === 0;
    Object.assign(files, children);
    if (isFile) files[path] = await storage.read(path).then(latin1, () => "(empty folder)");
  }
  return files;
}

/** One character a byte, so that every difference shows. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(chunks));
}
