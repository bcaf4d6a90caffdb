import { describe, expect, test } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import type { ModelConfig } from "../../src/model/config.ts";
import { Learner } from "../../src/model/learner.ts";
import type { Model } from "../../src/model/model.ts";
import { Scorer } from "../../src/model/scorer.ts";
import type { Objective } from "../../src/model/training-pass.ts";
import { updateImitation } from "../../src/rl/imitation-update.ts";
import { pack } from "../../src/rl/pack.ts";
import { updatePreference } from "../../src/rl/preference-update.ts";
import { updateSequences } from "../../src/rl/sequence-update.ts";
import type { PolicyUpdate, ScoredTrajectory, UpdateSettings } from "../../src/rl/update.ts";
import { relativeError } from "../support/compare.ts";
import { useGpu } from "../support/gpu.ts";
import { MODEL_SHAPES, randomModel } from "../support/models.ts";
import { integers, normals } from "../support/random.ts";

const TEMPERATURE = 0.9;
const SETTINGS: UpdateSettings = {
  adamw: { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, gradientClip: 0 },
  learningRate: 0,
  microBatchTokens: 512,
};
const RESPONSES = [9, 4, 17, 30, 1, 12, 25, 6];

const PREFERENCE = { beta: 2, margin: 0.25, nllCoefficient: 0.3 };
const SIMPO: Objective = {
  kind: "preference",
  temperature: TEMPERATURE,
  settings: { ...PREFERENCE, loss: "simpo" },
};
const DPO: Objective = {
  kind: "preference",
  temperature: TEMPERATURE,
  settings: { ...PREFERENCE, loss: "dpo" },
};
const SEQUENCE_RATIO: Objective = {
  kind: "sequence-ratio",
  temperature: TEMPERATURE,
  settings: { clipLow: 0.2, clipHigh: 0.28 },
};
const IMITATION: Objective = { kind: "crossentropy" };

const tokens = (seed: number, count: number) => [...integers(seed, count, 2, 29)];

const traces = RESPONSES.map((length, i) => ({
  prompt: tokens(i, 3 + (i % 3)),
  response: tokens(100 + i, length),
}));

const pairs = Array.from({ length: RESPONSES.length / 2 }, (_, i) => ({
  prompt: traces[2 * i]!.prompt,
  chosen: traces[2 * i]!.response,
  rejected: traces[2 * i + 1]!.response,
}));

/** The traces as if a policy near to this one had sampled them. */
const trajectories = traces.map(
  (trace, i): ScoredTrajectory => ({
    ...trace,
    opening: 0,
    logprobs: normals(200 + i, trace.response.length, 0.2).map((x) => x - 3.3),
    entropies: new Float32Array(trace.response.length),
    ended: true,
    advantage: i % 2 === 0 ? 1.5 : -0.5,
    masked: false,
  }),
);

interface Setup {
  readonly model: Model;
  readonly learner: Learner;
  /** Of other weights than the learner's. */
  readonly reference: Scorer;
}

async function setUp(gpu: Gpu, objective: Objective, shape = MODEL_SHAPES.toy!): Promise<Setup> {
  const model = await randomModel(gpu, shape);
  const reference = new Scorer(model, model.copyOfTrained("reference"), TEMPERATURE);
  const parameters = await model.readParameters();
  model.writeParameters(normals(7, parameters.length, 0.02).map((change, i) => parameters[i]! + change));
  const learner = new Learner(model, model.trainingPass(objective), model.optimizer());
  await gpu.pipelines.ready();
  return { model, learner, reference };
}

type Update = (setup: Setup, settings: UpdateSettings) => Promise<PolicyUpdate>;

interface Kind {
  readonly name: string;
  readonly objective: Objective;
  readonly update: Update;
  readonly empty: Update;
}

const KINDS: readonly Kind[] = [
  {
    name: "SimPO",
    objective: SIMPO,
    update: ({ learner }, settings) => updatePreference(learner, pairs, settings),
    empty: ({ learner }, settings) => updatePreference(learner, [], settings),
  },
  {
    name: "DPO",
    objective: DPO,
    update: ({ learner, reference }, settings) => updatePreference(learner, pairs, settings, reference),
    empty: ({ learner, reference }, settings) => updatePreference(learner, [], settings, reference),
  },
  {
    name: "sequence ratio",
    objective: SEQUENCE_RATIO,
    update: ({ learner }, settings) => updateSequences(learner, trajectories, settings),
    empty: ({ learner }, settings) => updateSequences(learner, [], settings),
  },
  {
    name: "imitation",
    objective: IMITATION,
    update: ({ learner }, settings) => updateImitation(learner, traces, settings),
    empty: ({ learner }, settings) => updateImitation(learner, [], settings),
  },
];

describe("updates", () => {
  const gpu = useGpu();

  test.each([...KINDS, { ...KINDS.at(-1)!, name: "imitation of a Llama", shape: MODEL_SHAPES.llama! }])(
    "$name: the split into micro-batches changes nothing",
    async ({ objective, update, shape = MODEL_SHAPES.toy! }: Kind & { shape?: ModelConfig }) => {
      const setup = await setUp(gpu(), objective, shape);
      const { model } = setup;
      const gradient = async (microBatchTokens: number) => {
        const result = await gpu().scoped(() => update(setup, { ...SETTINGS, microBatchTokens }));
        return { ...result, gradient: await model.readFlat(model.gradients.total) };
      };
      const whole = await gradient(512);
      const split = await gradient(60);
      // Nothing of what was added up is left for the next update.
      expect((await gradient(512)).gradient).toEqual(whole.gradient);
      expect(whole.gradientNorm).toBeGreaterThan(0);
      expect(relativeError(split.gradient, whole.gradient)).toBeLessThan(1e-5);
      expect(split.statistics.loss).toBeCloseTo(whole.statistics.loss, 5);
      expect(split.trainedTokens).toBe(whole.trainedTokens);
      expect(split.preference).toEqual(whole.preference);
    },
  );

  test.each(KINDS)("$name: an empty batch changes nothing", async ({ objective, empty }) => {
    const setup = await setUp(gpu(), objective);
    const before = await setup.model.readParameters();
    const update = await empty(setup, { ...SETTINGS, learningRate: 1 });
    expect(update).toMatchObject({ gradientNorm: null, updateNorm: null, skipped: false, trainedTokens: 0 });
    expect(update.statistics.tokens).toBe(0);
    expect(await setup.model.readParameters()).toEqual(before);
  });

  test.each(KINDS)("$name: updates make the loss smaller", async ({ objective, update }) => {
    const setup = await setUp(gpu(), objective);
    const settings = { ...SETTINGS, learningRate: 1e-3 };
    const first = await update(setup, settings);
    for (let step = 0; step < 3; step++) await update(setup, settings);
    const last = await update(setup, settings);
    expect(last.statistics.loss).toBeLessThan(first.statistics.loss);
  });

  test("DPO of a policy that is its own reference: every reward is 0, the loss log 2", async () => {
    const { model, learner } = await setUp(gpu(), {
      kind: "preference",
      temperature: TEMPERATURE,
      settings: { ...PREFERENCE, loss: "dpo", nllCoefficient: 0 },
    });
    const itself = new Scorer(model, model.trained, TEMPERATURE);
    await gpu().pipelines.ready();
    const { statistics, preference } = await updatePreference(learner, pairs, SETTINGS, itself);
    expect(statistics.loss).toBeCloseTo(Math.log(2), 6);
    expect(preference).toMatchObject({ pairs: 4, preferred: 0, chosenReward: 0, rejectedReward: 0 });
  });

  test("preference: a pair that no micro-batch holds is refused", async () => {
    const { learner } = await setUp(gpu(), SIMPO);
    const long = { prompt: [2], chosen: tokens(1, 300), rejected: tokens(2, 300) };
    await expect(updatePreference(learner, [long], SETTINGS)).rejects.toMatchObject({
      code: "limit-exceeded",
      field: "train.microBatchTokens",
    });
  });

  test("sequence ratio: advantage 0 counts in the mean though it is not trained on, masked responses do not", async () => {
    const { learner } = await setUp(gpu(), SEQUENCE_RATIO);
    const [first, second] = trajectories;
    const alone = await updateSequences(learner, [first!], SETTINGS);
    const diluted = await updateSequences(learner, [first!, { ...second!, advantage: 0 }], SETTINGS);
    const masked = await updateSequences(learner, [first!, { ...second!, masked: true }], SETTINGS);
    expect(diluted.gradientNorm! / alone.gradientNorm!).toBeCloseTo(0.5, 6);
    expect(diluted.trainedTokens).toBe(alone.trainedTokens);
    expect(masked).toEqual(alone);
  });

  test("sequence ratio: of what the policy itself sampled it is exactly 1", async () => {
    const { model, learner } = await setUp(gpu(), SEQUENCE_RATIO);
    const scorer = new Scorer(model, model.trained, TEMPERATURE);
    await gpu().pipelines.ready();
    const { logprob } = await scorer.score(
      pack(traces.map((trace) => ({ ...trace, lossInput: new Float32Array(trace.response.length) }))),
    );
    let begin = 0;
    const own = trajectories.map((trajectory): ScoredTrajectory => {
      const { prompt, response } = trajectory;
      const first = begin + prompt.length - 1;
      begin = first + response.length;
      return { ...trajectory, logprobs: logprob.slice(first, begin) };
    });
    const { statistics } = await updateSequences(learner, own, SETTINGS);
    const { ratio, tokens: counted, ratioMinimum, ratioMaximum, mismatchMaximum } = statistics;
    expect(counted).toBe(RESPONSES.reduce((a, b) => a + b));
    expect({ mean: ratio / counted, ratioMinimum, ratioMaximum, mismatchMaximum }).toEqual({
      mean: 1,
      ratioMinimum: 1,
      ratioMaximum: 1,
      mismatchMaximum: 0,
    });
  });
});
