import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { openGpu } from "../../src/gpu/device.ts";
import { readOnce } from "../../src/gpu/readback.ts";
import { createGpu, nodeWaiter } from "../../src/host/node.ts";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { loadWeights, readAdapters } from "../../src/io/checkpoint.ts";
import { openTensors } from "../../src/io/weight-files.ts";
import { NO_TOKEN } from "../../src/kernels/logprob.ts";
import { ADAPTER_TARGETS, type AdapterSettings } from "../../src/model/adapter-settings.ts";
import { AdapterTable, initialAdapters, mergeAdapters } from "../../src/model/adapters.ts";
import type { PackedBatch } from "../../src/model/batch.ts";
import { logitStride } from "../../src/model/config.ts";
import { fromHalf, toHalves } from "../../src/model/half.ts";
import { initialParameters } from "../../src/model/init.ts";
import { Learner } from "../../src/model/learner.ts";
import { Model } from "../../src/model/model.ts";
import { ParameterTable } from "../../src/model/parameters.ts";
import { Scorer } from "../../src/model/scorer.ts";
import { defaultVariants } from "../../src/model/variants.ts";
import type { WeightFormat } from "../../src/model/weights.ts";
import { STREAM } from "../../src/random.ts";
import { pack } from "../../src/rl/pack.ts";
import { expectSameBits, relativeError } from "../support/compare.ts";
import { requireFeature, useGpu } from "../support/gpu.ts";
import { MODEL_SHAPES, type ModelParts, optionsOf, randomModel } from "../support/models.ts";
import { unpadRows } from "../support/padding.ts";
import { integers, normals } from "../support/random.ts";

const gpu = useGpu();
afterEach(() => gpu().buffers.destroyAll());

const ADAMW = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, gradientClip: 0 };
const ALL: AdapterSettings = { rank: 4, alpha: 6, targets: ADAPTER_TARGETS };
const SOME: AdapterSettings = { rank: 8, alpha: 16, targets: ["k", "v", "o", "up"] };

/** Logits of every row of a batch, as the training forward pass computes them. */
async function logitsOf(model: Model, batch: PackedBatch): Promise<Float32Array> {
  const { config } = model.context;
  const scorer = new Scorer(model, model.trained, 1);
  await gpu().pipelines.ready();
  await scorer.score(batch);
  const logits = new Float32Array(await readOnce(gpu(), model.activations.logits));
  const stride = logitStride(config);
  return unpadRows(logits.slice(0, batch.token.length * stride), config.vocab_size, stride);
}

describe("adapters that PEFT made, against PyTorch", async () => {
  const storage = new NodeStorage(fileURLToPath(new URL("../fixtures/lora", import.meta.url)));
  const { config, parameters } = await loadWeights(storage, "base");
  const { table, adapters } = await readAdapters(storage, "adapter", config);
  const file = await openTensors(storage, "", "expected.safetensors");
  const expected = async (name: string) => {
    const { shape } = file.tensors.get(name)!;
    const values = new Float32Array(shape.reduce((product, n) => product * n, 1));
    await file.copy(name, values);
    return values;
  };
  const token = Uint32Array.from(await expected("tokens"));
  const targets = Uint32Array.from(token, (_, i) => token[i + 1] ?? NO_TOKEN);
  const batch: PackedBatch = {
    token,
    position: Uint32Array.from(token, (_, i) => i),
    target: targets,
    lengths: [token.length],
    lossInput: Float32Array.from(targets, (target) => (target === NO_TOKEN ? 0 : 1 / (token.length - 1))),
  };

  test("their settings", () => {
    expect(adapters.settings).toEqual({ rank: 4, alpha: 6, targets: ["q", "v", "o", "gate", "up", "down"] });
  });

  function modelOf(parameters: Float32Array<ArrayBuffer>, parts: ModelParts = {}): Model {
    const variants = defaultVariants(gpu());
    const tokens = { excludedToken: NO_TOKEN, endToken: 1, batchTokens: 64 };
    const model = new Model(gpu(), { config, variants, ...tokens, ...optionsOf(config, parts) });
    model.writeParameters(parameters);
    return model;
  }

  function adapted(weights: WeightFormat = "f32"): Model {
    const model = modelOf(parameters, { adapters: adapters.settings, weights });
    model.writeTrained(adapters.values);
    return model;
  }

  test("logits without and with them", async () => {
    const plain = modelOf(parameters);
    expect(relativeError(await logitsOf(plain, batch), await expected("base_logits"))).toBeLessThan(1e-5);
    expect(relativeError(await logitsOf(adapted(), batch), await expected("logits"))).toBeLessThan(1e-5);
  });

  test("loss and the gradient of every adapter", async () => {
    const model = adapted();
    const learner = new Learner(model, model.trainingPass({ kind: "crossentropy" }), model.optimizer());
    await gpu().pipelines.ready();
    const { statistics, gradientNorm } = await gpu().scoped(() => learner.update([batch], ADAMW, 0));
    let loss = 0;
    for (let at = 0; at < statistics.length; at += 16) loss += statistics[at]!;
    expect(loss).toBeCloseTo((await expected("loss"))[0]!, 5);
    const gradient = new Float32Array(await readOnce(gpu(), model.gradients.total));
    let squares = 0;
    for (const { name, offset, size } of table.parameters) {
      const wanted = await expected(`gradient.${name}`);
      expect(relativeError(gradient.subarray(offset, offset + size), wanted), name).toBeLessThan(1e-4);
      for (const value of wanted) squares += value * value;
    }
    expect(gradientNorm).toBeCloseTo(Math.sqrt(squares), 4);
  });

  test("merged into the model", async () => {
    const base = new ParameterTable(config);
    const merged = mergeAdapters(base, table, parameters, adapters.values);
    for (const { name, offset, size } of base.parameters) {
      const wanted = await expected(`merged.${name}`);
      expect(relativeError(merged.subarray(offset, offset + size), wanted), name).toBeLessThan(1e-6);
    }
    expect(
      relativeError(await logitsOf(modelOf(merged), batch), await expected("merged_logits")),
    ).toBeLessThan(1e-5);
  });

  test("on weights in half precision: logits and gradients of the rounded weights, to the bit", async ({
    skip,
  }) => {
    requireFeature(gpu(), "shader-f16", skip);
    const { matrixFloats } = new ParameterTable(config);
    const rounded = parameters.map((value, i) =>
      i < matrixFloats ? fromHalf(toHalves(Float32Array.of(value))[0]!) : value,
    );
    const half = adapted("f16");
    const full = adapted();
    full.writeParameters(rounded);
    expectSameBits("logits", await logitsOf(half, batch), await logitsOf(full, batch));
    expectSameBits("parameters", await half.readParameters(), rounded);
    const gradients: Float32Array[] = [];
    for (const model of [half, full]) {
      const learner = new Learner(model, model.trainingPass({ kind: "crossentropy" }), model.optimizer());
      await gpu().pipelines.ready();
      await gpu().scoped(() => learner.update([batch], ADAMW, 0));
      gradients.push(new Float32Array(await readOnce(gpu(), model.gradients.total)));
    }
    expectSameBits("gradients", gradients[0]!, gradients[1]!);
  });
});

const CASES = Object.keys(MODEL_SHAPES).flatMap((shape) => [
  { shape, adapters: ALL, name: "all", weights: "f32" as const },
  { shape, adapters: SOME, name: "some", weights: "f16" as const },
]);

describe.each(CASES)("$name matrices of the $shape model adapted, weights in $weights", (options) => {
  const config = MODEL_SHAPES[options.shape]!;

  test("the sampler's log-probs are those of the training forward pass, to the bit", async ({ skip }) => {
    if (options.weights === "f16") requireFeature(gpu(), "shader-f16", skip);
    const model = await randomModel(gpu(), config, options);
    model.writeTrained(normals(5, model.layout.totalFloats, 0.2));
    const decoder = model.decoder({ sequences: 9, promptTokens: 12, responseTokens: 24 });
    const scorer = new Scorer(model, model.trained, 0.8);
    await gpu().pipelines.ready();
    const prompts = [1, 7, 12].map((length, i) => [...integers(i, length, 2, config.vocab_size)]);
    const promptOf = Uint32Array.from({ length: 9 }, (_, i) => i % 3);
    const request = { prompts, promptOf, randomId: promptOf.map((_, i) => i), cap: 24, temperature: 0.8 };
    const { tokens, logprobs } = await gpu().scoped(() =>
      decoder.decode({ ...request, seed: 3, step: 1, stream: STREAM.trial }),
    );
    const packed = pack(
      tokens.map((response, i) => {
        return { prompt: prompts[i % 3]!, response, lossInput: new Float32Array(response.length) };
      }),
    );
    const { logprob } = await scorer.score(packed);
    const scored = logprob.filter((_, row) => packed.target[row] !== NO_TOKEN);
    expectSameBits("log-probs", Float32Array.from(logprobs.flatMap((part) => [...part])), scored);
  });

  test("an update moves the adapters and nothing else; at first they change nothing", async ({ skip }) => {
    if (options.weights === "f16") requireFeature(gpu(), "shader-f16", skip);
    const tokens = [...integers(9, 48, 2, config.vocab_size)];
    const traces = [tokens.slice(0, 20), tokens.slice(20)].map((trace) => {
      const [prompt, response] = [trace.slice(0, 4), trace.slice(4)];
      return { prompt, response, lossInput: new Float32Array(response.length).fill(1 / 40) };
    });
    const batch = pack(traces);
    const plain = await randomModel(gpu(), config);
    const model = await randomModel(gpu(), config, options);
    const start = initialAdapters(new AdapterTable(config, options.adapters), 1);
    model.writeTrained(start);
    const before = await model.readParameters();
    plain.writeParameters(before);
    expectSameBits("logits at first", await logitsOf(model, batch), await logitsOf(plain, batch));

    const learner = new Learner(model, model.trainingPass({ kind: "crossentropy" }), model.optimizer());
    await gpu().pipelines.ready();
    const losses: number[] = [];
    for (let step = 0; step < 4; step++) {
      const { statistics } = await learner.update([batch], ADAMW, 1e-2);
      losses.push(statistics[0]!);
    }
    expect(losses[3]!).toBeLessThan(losses[0]!);
    expectSameBits("parameters of the model", await model.readParameters(), before);
    const after = await model.readTrained();
    for (const { name, offset, size } of model.layout.parameters) {
      const moved = after.subarray(offset, offset + size).some((value, i) => value !== start[offset + i]);
      expect(moved, name).toBe(true);
    }
  });
});

test("weights in half precision alone are for sampling: nothing of them is trained", async ({ skip }) => {
  requireFeature(gpu(), "shader-f16", skip);
  const model = await randomModel(gpu(), MODEL_SHAPES.toy!, { weights: "f16" });
  expect(() => model.trainingPass({ kind: "crossentropy" })).toThrow(
    "train.weights is f16; it must be f32 where all weights are trained (lora.rank is 0)",
  );
  const beyond = initialParameters(MODEL_SHAPES.toy!, 1);
  beyond[1000] = 7e4;
  expect(() => model.writeParameters(beyond)).toThrow("model.embed_tokens.weight has an element 70000");
});

test("weights in half precision are refused in words where the device has no shader-f16", async () => {
  const plain = await openGpu(createGpu(), { waiterFor: nodeWaiter, minimal: true });
  await expect(randomModel(plain, MODEL_SHAPES.toy!, { weights: "f16" })).rejects.toThrow(
    "train.weights is f16; it must be f32, as this device has no shader-f16",
  );
  plain.close();
});
