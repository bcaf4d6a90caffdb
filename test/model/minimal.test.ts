import { expect, test } from "vitest";
import { openGpu } from "../../src/gpu/device.ts";
import { createGpu, nodeWaiter } from "../../src/host/node.ts";
import { Learner } from "../../src/model/learner.ts";
import { candidates } from "../../src/model/variants.ts";
import { STREAM } from "../../src/random.ts";
import { MODEL_SHAPES, randomModel } from "../support/models.ts";

const ADAMW = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, gradientClip: 1 };

test("a device of WebGPU's default limits and no optional feature samples and trains", async () => {
  const gpu = await openGpu(createGpu(), { waiterFor: nodeWaiter, minimal: true });
  expect(candidates(gpu)).toEqual({ matmul: ["register", "workgroup"], attention: ["direct"] });
  await gpu.scoped(async () => {
    const model = await randomModel(gpu, MODEL_SHAPES.grouped!);
    const decoder = model.decoder({ sequences: 8, promptTokens: 4, responseTokens: 12 });
    const learner = new Learner(model, model.trainingPass({ kind: "crossentropy" }), model.optimizer());
    await gpu.pipelines.ready();
    const { tokens } = await decoder.decode({
      prompts: [[5, 6, 7]],
      promptOf: new Uint32Array(8),
      randomId: Uint32Array.from({ length: 8 }, (_, i) => i),
      cap: 12,
      temperature: 1,
      seed: 1,
      stream: STREAM.trial,
      step: 0,
    });
    expect(tokens).toHaveLength(8);
    const token = Uint32Array.from({ length: 64 }, (_, i) => 2 + ((i * 7) % 290));
    const batch = {
      token,
      position: Uint32Array.from({ length: 64 }, (_, i) => i % 32),
      target: Uint32Array.from(token, (t) => t + 1),
      lengths: [32, 32],
      lossInput: new Float32Array(64).fill(1 / 64),
    };
    const losses: number[] = [];
    for (let step = 0; step < 4; step++)
      losses.push((await learner.update([batch], ADAMW, 3e-3)).statistics[0]!);
    expect(losses[3]!).toBeLessThan(losses[0]!);
  });
  gpu.close();
});
