import { readFileSync } from "node:fs";
import { Safetensors } from "../../src/io/safetensors.ts";
import { fileOfBytes } from "../../src/io/storage.ts";
import { NO_TOKEN } from "../../src/kernels/logprob.ts";
import type { PackedBatch } from "../../src/model/batch.ts";
import { DEFAULT_ARCHITECTURE, type ModelConfig } from "../../src/model/config.ts";

/** What test/fixtures/model/make_gradients.py computed with PyTorch in double precision. */
export interface TorchFixture {
  readonly config: ModelConfig;
  readonly temperature: number;
  readonly excluded: number;
  /** A tensor by its name, e.g. `grpo.model.norm.weight`. */
  tensor(name: string): Float32Array<ArrayBuffer>;
  /** The batch, with 1 float of loss input a token, or with 4; its four sequences make two pairs. */
  batch(floats: 1 | 4): PackedBatch;
}

export const GRPO_SETTINGS = {
  clipLow: 0.2,
  clipHigh: 0.28,
  dualClip: 3,
  entropyCoefficient: 0.01,
  klCoefficient: 0.05,
  klKind: "k3",
} as const;

export const PREFERENCE_SETTINGS = { beta: 1.5, margin: 0.3, nllCoefficient: 0.2 } as const;

/** All tensors of a safetensors file below test/fixtures/model. */
export async function readTensors(file: string): Promise<(name: string) => Float32Array<ArrayBuffer>> {
  const bytes = readFileSync(new URL(`../fixtures/model/${file}`, import.meta.url));
  const opened = await Safetensors.open(fileOfBytes(bytes), file);
  const values = new Map<string, Float32Array<ArrayBuffer>>();
  for (const [name, { shape }] of opened.tensors) {
    const target = new Float32Array(shape.reduce((product, n) => product * n, 1));
    await opened.copy(name, target);
    values.set(name, target);
  }
  return (name) => {
    const found = values.get(name);
    if (found === undefined) throw new Error(`${file} has no tensor ${name}`);
    return found;
  };
}

/** What makes its second model a Llama. */
const LLAMA = {
  attention_bias: false,
  tie_word_embeddings: false,
  rope_scaling: {
    rope_type: "llama3",
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 32,
  },
} as const;

export async function torchFixture(architecture: "qwen2" | "llama"): Promise<TorchFixture> {
  const isLlama = architecture === "llama";
  const tensor = await readTensors(isLlama ? "llama-gradients.safetensors" : "gradients.safetensors");
  return {
    config: {
      vocab_size: 29,
      hidden_size: 16,
      intermediate_size: 24,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      head_dim: 8,
      max_position_embeddings: 64,
      rms_norm_eps: 1e-6,
      rope_theta: 10_000,
      ...(isLlama ? LLAMA : DEFAULT_ARCHITECTURE),
    },
    temperature: 0.8,
    excluded: 0,
    tensor,
    batch(floats) {
      const lengths = Array.from(tensor("lengths"));
      const counted = tensor("counted");
      const columns = ["weight", "advantage", "old_logprob", "ref_logprob"].map(tensor);
      const rows = counted.length;
      return {
        token: Uint32Array.from(tensor("tokens")),
        position: Uint32Array.from(lengths.flatMap((length) => Array.from({ length }, (_, i) => i))),
        target: Uint32Array.from(tensor("targets"), (token, row) => (counted[row] === 1 ? token : NO_TOKEN)),
        lengths,
        lossInput: Float32Array.from(
          { length: rows * floats },
          (_, i) => columns[i % floats]![Math.floor(i / floats)]!,
        ),
      };
    },
  };
}
