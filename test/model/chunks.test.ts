import { expect, test } from "vitest";
import { policyOf } from "../../src/model/forward.ts";
import { Gradients } from "../../src/model/gradients.ts";
import { Learner } from "../../src/model/learner.ts";
import { Optimizer } from "../../src/model/optimizer.ts";
import { TrainingPass } from "../../src/model/training-pass.ts";
import { useGpu } from "../support/gpu.ts";
import { MODEL_SHAPES, randomModel } from "../support/models.ts";
import { integers } from "../support/random.ts";

const gpu = useGpu();
const ROWS = 96;

const batch = {
  token: integers(1, ROWS, 2, 29),
  position: Uint32Array.from({ length: ROWS }, (_, i) => i % 32),
  target: integers(2, ROWS, 2, 29),
  lengths: [32, 32, 32],
  lossInput: new Float32Array(ROWS).fill(1 / ROWS),
};

async function train(chunkFloats: number | undefined, gradientClip: number) {
  const model = await randomModel(gpu(), MODEL_SHAPES.toy!);
  const { context, trained, batch: buffers, activations } = model;
  const policy = policyOf(context, trained);
  const gradients = new Gradients(gpu(), context.table, chunkFloats);
  const pass = new TrainingPass(context, policy, gradients, buffers, activations, { kind: "crossentropy" });
  const optimizer = new Optimizer(gpu(), context.table, trained, gradients);
  const learner = new Learner({ context, gradients }, pass, optimizer);
  await gpu().pipelines.ready();
  const settings = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, gradientClip };
  const norms: number[] = [];
  for (let step = 0; step < 3; step++) {
    const { gradientNorm, updateNorm } = await gpu().scoped(() => learner.update([batch], settings, 1e-2));
    norms.push(gradientNorm, updateNorm);
  }
  return { chunks: gradients.chunks.length, parameters: await model.readParameters(), norms };
}

test("an update in chunks of the parameters is the update of all at once", async () => {
  const whole = await train(undefined, 0);
  const chunked = await train(16_384, 0);
  expect([whole.chunks, chunked.chunks]).toEqual([1, 6]);
  expect(chunked.parameters).toEqual(whole.parameters);
  for (const [i, norm] of whole.norms.entries()) expect(chunked.norms[i]! / norm).toBeCloseTo(1, 5);
  const clipped = await train(16_384, 0.1);
  expect(clipped.norms[1]! / (await train(undefined, 0.1)).norms[1]!).toBeCloseTo(1, 5);
});
