import { afterEach, describe, expect, test } from "vitest";
import { NO_TOKEN } from "../../src/kernels/logprob.ts";
import type { Decoded, DecodeRequest } from "../../src/model/decode-state.ts";
import type { Model } from "../../src/model/model.ts";
import { Scorer } from "../../src/model/scorer.ts";
import { STREAM } from "../../src/random.ts";
import { pack, splitIntoMicroBatches } from "../../src/rl/pack.ts";
import { rollout } from "../../src/rl/rollout.ts";
import { useGpu } from "../support/gpu.ts";
import { MODEL_SHAPES, randomModel } from "../support/models.ts";
import { integers } from "../support/random.ts";

const CAPACITY = { sequences: 24, promptTokens: 12, responseTokens: 40 };
const gpu = useGpu();
afterEach(() => gpu().buffers.destroyAll());

/** Prompts of 1 to 12 tokens. */
function prompts(model: Model, count: number): number[][] {
  const { vocab_size } = model.context.config;
  return Array.from({ length: count }, (_, i) => [...integers(100 + i, 1 + ((i * 5) % 12), 2, vocab_size)]);
}

function request(
  promptList: number[][],
  groupSize: number,
  changes: Partial<DecodeRequest> = {},
): DecodeRequest {
  const count = promptList.length * groupSize;
  return {
    prompts: promptList,
    promptOf: Uint32Array.from({ length: count }, (_, i) => Math.floor(i / groupSize)),
    randomId: Uint32Array.from({ length: count }, (_, i) => i),
    cap: CAPACITY.responseTokens,
    temperature: 1,
    seed: 7,
    stream: STREAM.trainSampling,
    step: 3,
    ...changes,
  };
}

function pick(decoded: Decoded, sequence: number) {
  return [
    [...decoded.tokens[sequence]!],
    [...decoded.logprobs[sequence]!],
    [...decoded.entropies[sequence]!],
  ];
}

describe.each(Object.keys(MODEL_SHAPES))("sampling, %s model", (name) => {
  test.each([1, 0.6])(
    "log-prob and entropy are those of the training forward pass, to the bit, T = %f",
    async (temperature) => {
      const model = await randomModel(gpu(), MODEL_SHAPES[name]!);
      const decoder = model.decoder(CAPACITY);
      const scorer = new Scorer(model, model.trained, temperature);
      await gpu().pipelines.ready();
      const list = prompts(model, 6);
      const decoded = await gpu().scoped(() => decoder.decode(request(list, 4, { temperature })));
      const sequences = decoded.tokens.map((response, i) => ({
        prompt: list[Math.floor(i / 4)]!,
        response,
        lossInput: new Float32Array(response.length),
      }));
      let first = 0;
      let compared = 0;
      for (const batch of splitIntoMicroBatches(sequences, 512)) {
        const packed = pack(batch);
        const scores = await scorer.score(packed);
        const rows = [...packed.target.keys()].filter((row) => packed.target[row] !== NO_TOKEN);
        const own = <T>(list: readonly T[]) => list.slice(first, first + batch.length);
        expect(rows.map((row) => scores.logprob[row])).toEqual(
          own(decoded.logprobs).flatMap((part) => [...part]),
        );
        expect(rows.map((row) => scores.entropy[row])).toEqual(
          own(decoded.entropies).flatMap((part) => [...part]),
        );
        first += batch.length;
        compared += rows.length;
      }
      expect(compared).toBeGreaterThan(100);
    },
  );

  test("a response does not depend on what else is in the batch", async () => {
    const model = await randomModel(gpu(), MODEL_SHAPES[name]!);
    const decoder = model.decoder(CAPACITY);
    await gpu().pipelines.ready();
    const list = prompts(model, 6);
    const together = await decoder.decode(request(list, 4));
    const order = [17, 3, 22, 8];
    const apart = await decoder.decode(
      request(list, 4, {
        promptOf: Uint32Array.from(order, (i) => Math.floor(i / 4)),
        randomId: Uint32Array.from(order),
      }),
    );
    for (const [place, sequence] of order.entries())
      expect(pick(apart, place)).toEqual(pick(together, sequence));
  });
});

describe("sampling", () => {
  test("a smaller cap gives the beginnings of the same responses", async () => {
    const model = await randomModel(gpu(), MODEL_SHAPES.toy!);
    const decoder = model.decoder(CAPACITY);
    await gpu().pipelines.ready();
    const list = prompts(model, 6);
    const long = await decoder.decode(request(list, 4));
    const short = await decoder.decode(request(list, 4, { cap: 9 }));
    for (let i = 0; i < 24; i++) expect([...short.tokens[i]!]).toEqual([...long.tokens[i]!].slice(0, 9));
  });

  test("seed, stream and step each change the responses; the same ones repeat them", async () => {
    const model = await randomModel(gpu(), MODEL_SHAPES.toy!);
    const decoder = model.decoder(CAPACITY);
    await gpu().pipelines.ready();
    const list = prompts(model, 2);
    const tokens = async (changes: Partial<DecodeRequest>) =>
      JSON.stringify(
        (await decoder.decode(request(list, 4, changes))).tokens.map((response) => [...response]),
      );
    const base = await tokens({});
    expect(await tokens({})).toBe(base);
    for (const change of [{ seed: 8 }, { seed: 7 + 2 ** 32 }, { stream: STREAM.evalSampling }, { step: 4 }]) {
      expect(await tokens(change), JSON.stringify(change)).not.toBe(base);
    }
  });

  test("greedy decoding draws the same whatever the seed", async () => {
    const model = await randomModel(gpu(), MODEL_SHAPES.grouped!);
    const decoder = model.decoder(CAPACITY);
    await gpu().pipelines.ready();
    const list = prompts(model, 6);
    const one = await decoder.decode(request(list, 1, { temperature: 0, seed: 1 }));
    const two = await decoder.decode(request(list, 1, { temperature: 0, seed: 2 }));
    expect(one.tokens).toEqual(two.tokens);
  });

  test("a rollout is the same however many decodes it takes", async () => {
    const model = await randomModel(gpu(), MODEL_SHAPES.toy!, { batchTokens: 24 });
    const large = model.decoder(CAPACITY);
    const small = model.decoder({ ...CAPACITY, sequences: 5 });
    await gpu().pipelines.ready();
    const settings = {
      groupSize: 4,
      cap: 20,
      temperature: 1,
      seed: 1,
      stream: STREAM.trainSampling,
      step: 0,
      firstId: 0,
    };
    const list = prompts(model, 6);
    expect(await rollout(small, { prompts: list, ...settings })).toEqual(
      await rollout(large, { prompts: list, ...settings }),
    );
  });

  test("requests that do not fit are refused by name", async () => {
    const model = await randomModel(gpu(), MODEL_SHAPES.toy!);
    const decoder = model.decoder(CAPACITY);
    const list = prompts(model, 6);
    await expect(decoder.decode(request(list, 5))).rejects.toThrow(
      "30 sequences; this decoder holds 1 to 24",
    );
    await expect(decoder.decode(request(list, 1, { cap: 41 }))).rejects.toThrow("41 response tokens");
    await expect(decoder.decode(request([[...Array(13).keys()]], 1))).rejects.toThrow("13 prompt tokens");
    await expect(decoder.decode(request([[]], 1))).rejects.toThrow("0 prompt tokens");
  });

  test("weights that are not finite are reported, not sampled from", async () => {
    const model = await randomModel(gpu(), MODEL_SHAPES.toy!);
    const decoder = model.decoder(CAPACITY);
    model.writeParameters(new Float32Array(model.context.table.totalFloats).fill(Number.NaN));
    await gpu().pipelines.ready();
    await expect(decoder.decode(request(prompts(model, 2), 2))).rejects.toMatchObject({
      code: "numerics-failed",
    });
  });
});
