import { expect, test } from "vitest";
import { dryRunGpu } from "../../src/gpu/dry-run.ts";
import { NO_TOKEN } from "../../src/kernels/logprob.ts";
import { DEFAULT_ARCHITECTURE, type ModelConfig } from "../../src/model/config.ts";
import { CHUNK_FLOATS } from "../../src/model/gradients.ts";
import { checkNeed, planMemory } from "../../src/model/memory.ts";
import { Model } from "../../src/model/model.ts";
import { ParameterTable } from "../../src/model/parameters.ts";
import { defaultVariants } from "../../src/model/variants.ts";
import { expectFailure } from "../io/support.ts";
import { useGpu } from "../support/gpu.ts";
import { MODEL_SHAPES } from "../support/models.ts";

const gpu = useGpu();
const WORKLOAD = {
  batchTokens: 256,
  decoder: { sequences: 8, promptTokens: 32, responseTokens: 64 },
  reference: true,
};
const DEFAULT_LIMITS = { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27 };

/** From their config.json. */
const SMOLLM_135M: ModelConfig = {
  vocab_size: 49_152,
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  head_dim: 64,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  ...DEFAULT_ARCHITECTURE,
  attention_bias: false,
};
const QWEN2_0_5B: ModelConfig = {
  vocab_size: 151_936,
  hidden_size: 896,
  intermediate_size: 4864,
  num_hidden_layers: 24,
  num_attention_heads: 14,
  num_key_value_heads: 2,
  head_dim: 64,
  max_position_embeddings: 32_768,
  rms_norm_eps: 1e-6,
  rope_theta: 1e6,
  ...DEFAULT_ARCHITECTURE,
};

test.each([
  ["tied, with bias", MODEL_SHAPES.wide!],
  [
    "a Llama with a head of its own",
    { ...MODEL_SHAPES.grouped!, attention_bias: false, tie_word_embeddings: false },
  ],
])("what is planned is what is allocated, %s", async (_, config) => {
  const { sample, train } = planMemory(gpu().adapter, config, WORKLOAD);
  const before = gpu().buffers.bytes;
  const taken = () => gpu().buffers.bytes - before;
  await gpu().scoped(() => {
    const options = { batchTokens: WORKLOAD.batchTokens, excludedToken: NO_TOKEN, endToken: NO_TOKEN };
    const model = new Model(gpu(), { config, variants: defaultVariants(gpu()), ...options });
    model.decoder(WORKLOAD.decoder);
    expect(taken()).toBe(sample.bytes);
    model.trainingPass({ kind: "crossentropy" });
    model.optimizer();
    model.copyOfTrained("reference");
    expect(taken()).toBe(train.bytes);
  });
  await gpu().pipelines.ready();
});

test("published models: parameters, bytes and limits", async () => {
  const smol = planMemory(gpu().adapter, SMOLLM_135M, WORKLOAD);
  const qwen = planMemory(gpu().adapter, QWEN2_0_5B, WORKLOAD);
  expect(new ParameterTable(SMOLLM_135M).count).toBe(134_515_008);
  expect(new ParameterTable(QWEN2_0_5B).count).toBe(494_032_768);
  // The embedding is the largest binding, or a chunk of the optimizer; the parameters are the largest buffer.
  expect(smol.sample.maxStorageBufferBindingSize).toBe(49_152 * 576 * 4);
  expect(smol.train.maxStorageBufferBindingSize).toBe(CHUNK_FLOATS * 4);
  expect(qwen.train.maxStorageBufferBindingSize).toBe(151_936 * 896 * 4);
  expect(smol.sample.maxBufferSize).toBe(new ParameterTable(SMOLLM_135M).totalFloats * 4);
  // Parameters to sample; with slab, gradient, two moments and a reference six times as much to train.
  for (const [config, { sample, train }] of [
    [SMOLLM_135M, smol],
    [QWEN2_0_5B, qwen],
  ] as const) {
    const bytes = new ParameterTable(config).totalFloats * 4;
    expect(sample.bytes).toBeGreaterThan(bytes);
    expect(train.bytes - sample.bytes).toBeGreaterThan(5 * bytes);
    expect(train.bytes - sample.bytes).toBeLessThan(5.1 * bytes);
  }
  const need = "this model needs a device with a maxBufferSize of 538060032 bytes; this one has 268435456";
  await expectFailure(() => checkNeed(smol.sample, DEFAULT_LIMITS), "limit-exceeded", need);
  checkNeed(smol.train, { ...DEFAULT_LIMITS, maxBufferSize: 2 ** 31 - 4 });
  checkNeed(qwen.train, { maxBufferSize: 2 ** 31 - 4, maxStorageBufferBindingSize: 2 ** 31 - 4 });
});

const OPTIONS = { batchTokens: 1200, excludedToken: NO_TOKEN, endToken: NO_TOKEN };

test("a weight that no kernel can bind is refused by name, before anything is allocated", async () => {
  const dry = dryRunGpu(DEFAULT_LIMITS, gpu().adapter);
  const config = { ...MODEL_SHAPES.toy!, vocab_size: 2 ** 27 / 4 / 64 + 1, tie_word_embeddings: false };
  const message = `model.embed_tokens.weight takes ${2 ** 27 + 256} bytes; this device allows ${2 ** 27} (maxStorage`;
  const build = () => new Model(dry, { config, variants: defaultVariants(dry), ...OPTIONS });
  await expectFailure(build, "limit-exceeded", message);
  expect(dry.buffers.bytes).toBe(0);
});

test("activations that no kernel can bind are refused by name", async () => {
  const dry = dryRunGpu(DEFAULT_LIMITS, gpu().adapter);
  const config = { ...MODEL_SHAPES.toy!, vocab_size: 32_768 };
  const model = new Model(dry, { config, variants: defaultVariants(dry), ...OPTIONS });
  const build = () => model.trainingPass({ kind: "crossentropy" });
  await expectFailure(
    build,
    "limit-exceeded",
    '"logits" is to be bound with 157286400 bytes',
    "(maxStorageBuffer",
  );
});

test("a claim of endless positions is refused, not tabulated", async () => {
  const dry = dryRunGpu(DEFAULT_LIMITS, gpu().adapter);
  const config = { ...MODEL_SHAPES.toy!, max_position_embeddings: 2 ** 50 };
  const build = () => new Model(dry, { config, variants: defaultVariants(dry), ...OPTIONS });
  await expectFailure(build, "limit-exceeded", 'buffer "rotary table" needs');
});
