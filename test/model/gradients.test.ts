import { describe, expect, test } from "vitest";
import { Learner } from "../../src/model/learner.ts";
import { Model } from "../../src/model/model.ts";
import type { Objective } from "../../src/model/training-pass.ts";
import { candidates, type Variants } from "../../src/model/variants.ts";
import { relativeError } from "../support/compare.ts";
import { sharedGpu, useGpu } from "../support/gpu.ts";
import {
  GRPO_SETTINGS,
  PREFERENCE_SETTINGS,
  type TorchFixture,
  torchFixture,
} from "../support/torch-fixture.ts";

const LIMIT = 1e-4;
const fixture = await torchFixture("qwen2");
const llama = await torchFixture("llama");
const { matmul, attention } = candidates(await sharedGpu());
const VARIANTS: Variants[] = matmul.map((variant, i) => ({
  matmul: variant,
  decodeMatmul: variant,
  attention: attention[Math.min(i, attention.length - 1)]!,
}));

const { temperature } = fixture;

/** By the names that the fixture has for them. */
const OBJECTIVES: Record<string, Objective> = {
  crossentropy: { kind: "crossentropy" },
  grpo: { kind: "grpo", temperature, settings: GRPO_SETTINGS },
  sequence_ratio: { kind: "sequence-ratio", temperature, settings: GRPO_SETTINGS },
  simpo: { kind: "preference", temperature, settings: { ...PREFERENCE_SETTINGS, loss: "simpo" } },
  dpo: { kind: "preference", temperature, settings: { ...PREFERENCE_SETTINGS, loss: "dpo" } },
};

describe.each(VARIANTS)("whole model against PyTorch, matmul $matmul, attention $attention", (variants) => {
  const gpu = useGpu();

  test.each(Object.entries(OBJECTIVES))("%s: loss and the gradient of every parameter", (name, objective) =>
    expectGradients(fixture, name, objective),
  );

  test("a Llama without bias, with a head of its own and a scaled rotation", () =>
    expectGradients(llama, "crossentropy", { kind: "crossentropy" }));

  async function expectGradients(fixture: TorchFixture, name: string, objective: Objective): Promise<void> {
    const model = new Model(gpu(), {
      config: fixture.config,
      variants,
      batchTokens: 64,
      excludedToken: fixture.excluded,
      endToken: 1,
    });
    const { table } = model.context;
    const flat = new Float32Array(table.totalFloats);
    for (const { name, offset } of table.parameters) flat.set(fixture.tensor(name), offset);
    model.writeParameters(flat);
    const learner = new Learner(model, model.trainingPass(objective), model.optimizer());
    await gpu().pipelines.ready();
    const settings = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, gradientClip: 0 };
    const update = () =>
      gpu().scoped(() => learner.update([fixture.batch(name === "crossentropy" ? 1 : 4)], settings, 0));
    const result = await update();

    let loss = 0;
    for (let at = 0; at < result.statistics.length; at += 16) loss += result.statistics[at]!;
    const expectedLoss = fixture.tensor(`${name}.loss`)[0]!;
    expect(Math.abs(loss - expectedLoss) / Math.abs(expectedLoss), "loss").toBeLessThan(LIMIT);

    const gradient = await model.readFlat(model.gradients.total);
    let squares = 0;
    for (const { name: parameter, offset, size } of table.parameters) {
      const expected = fixture.tensor(`${name}.${parameter}`);
      const error = relativeError(gradient.subarray(offset, offset + size), expected);
      expect(error, `relative error of the gradient of ${parameter}`).toBeLessThan(LIMIT);
      for (const value of expected) squares += value * value;
    }
    expect(result.gradientNorm).toBeCloseTo(Math.sqrt(squares), 4);
    // Nothing of an update is left for the next.
    await update();
    expect(await model.readFlat(model.gradients.total)).toEqual(gradient);
  }
});
