import { expect, test } from "vitest";
import type { DecodeRequest } from "../../src/model/decode-state.ts";
import { STREAM } from "../../src/random.ts";
import { continueAll, type RolloutDecoder, rollout } from "../../src/rl/rollout.ts";

const END = 99;

/** A decoder that writes the sequence's number until its cap, ends with it if it is 7, and remembers what it was asked. */
function fakeDecoder(sequences: number): RolloutDecoder & { readonly requests: DecodeRequest[] } {
  const requests: DecodeRequest[] = [];
  return {
    requests,
    capacity: { sequences, promptTokens: 10, responseTokens: 20 },
    endToken: END,
    async decode(request) {
      requests.push(request);
      const ids = Array.from(request.randomId);
      const tokens = ids.map((id) =>
        id === 7 ? Uint32Array.of(7, END) : new Uint32Array(request.cap).fill(id),
      );
      return {
        tokens,
        logprobs: tokens.map((list) => Float32Array.from(list, (token) => -token)),
        entropies: tokens.map((list) => Float32Array.from(list, (token) => token / 2)),
      };
    },
  };
}

const SETTINGS = { temperature: 1, seed: 3, stream: STREAM.trainSampling, step: 5 };
const PROMPTS = [[20, 21], [30], [40, 41, 42]];

test("free sampling: groups one after another, each prompt prefilled once in a decode", async () => {
  const decoder = fakeDecoder(5);
  const request = { ...SETTINGS, prompts: PROMPTS, groupSize: 4, cap: 3, firstId: 100 };
  const trajectories = await rollout(decoder, request);
  expect(trajectories.map(({ prompt }) => prompt)).toEqual(
    PROMPTS.flatMap((prompt) => [prompt, prompt, prompt, prompt]),
  );
  expect(trajectories.map(({ response }) => response[0])).toEqual(
    Array.from({ length: 12 }, (_, i) => 100 + i),
  );
  expect(trajectories.every(({ opening }) => opening === 0)).toBe(true);
  expect(decoder.requests.map(({ prompts, promptOf }) => ({ prompts, promptOf: [...promptOf] }))).toEqual([
    { prompts: PROMPTS.slice(0, 2), promptOf: [0, 0, 0, 0, 1] },
    { prompts: PROMPTS.slice(1), promptOf: [0, 0, 0, 1, 1] },
    { prompts: PROMPTS.slice(2), promptOf: [0, 0] },
  ]);
  expect(decoder.requests[0]).toMatchObject({ ...SETTINGS, cap: 3 });
  expect(await rollout(fakeDecoder(5), { ...request, openings: [] })).toEqual(trajectories);
});

test("openings: equal shares, first in the response, as likely as a draw among them, and under the cap", async () => {
  const decoder = fakeDecoder(8);
  const trajectories = await rollout(decoder, {
    ...{ ...SETTINGS, prompts: PROMPTS.slice(0, 2), groupSize: 4, cap: 3, firstId: 0 },
    openings: [[8], [9]],
  });
  expect(trajectories.map(({ response }) => response)).toEqual([
    ...[
      [8, 0, 0],
      [8, 1, 1],
      [9, 2, 2],
      [9, 3, 3],
    ],
    ...[
      [8, 4, 4],
      [8, 5, 5],
      [9, 6, 6],
      [9, 7, END],
    ],
  ]);
  expect(trajectories.map(({ opening }) => opening)).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
  expect(trajectories.map(({ ended }) => ended)).toEqual([...Array(7).fill(false), true]);
  expect(trajectories[5]!.prompt).toEqual([30]);
  expect(trajectories[5]!.logprobs).toEqual(Float32Array.of(Math.log(0.5), -5, -5));
  expect(trajectories[5]!.entropies).toEqual(Float32Array.of(Math.log(2), 2.5, 2.5));
  expect(decoder.requests[0]!.prompts).toEqual([
    [20, 21, 8],
    [20, 21, 9],
    [30, 8],
    [30, 9],
  ]);
});

test("openings of several tokens: the first stands for the draw, the others are certain", async () => {
  const trajectories = await rollout(fakeDecoder(8), {
    ...{ ...SETTINGS, prompts: [[20]], groupSize: 4, cap: 4, firstId: 0 },
    openings: [[8, 8, 8], [9]],
  });
  expect(trajectories.map(({ response }) => response)).toEqual([
    ...[
      [8, 8, 8, 0],
      [8, 8, 8, 1],
      [9, 2, 2, 2],
      [9, 3, 3, 3],
    ],
  ]);
  expect(trajectories[1]!.logprobs).toEqual(Float32Array.of(Math.log(0.5), 0, 0, -1));
});

test("a group that openings cannot share is refused", async () => {
  const request = { ...SETTINGS, prompts: PROMPTS, groupSize: 3, cap: 3, firstId: 0, openings: [[8], [9]] };
  await expect(rollout(fakeDecoder(8), request)).rejects.toThrow("a group of 3 responses");
});

test("sequences that go on each keep to their own cap", async () => {
  const beginnings = [4, 7, 2].map((cap, id) => ({ context: [id], id, cap }));
  const more = await continueAll(fakeDecoder(2), beginnings, SETTINGS);
  expect(more.map(({ response }) => response.length)).toEqual([4, 7, 2]);
  expect(more.map(({ logprobs, entropies }) => [logprobs.length, entropies.length])).toEqual([
    [4, 4],
    [7, 7],
    [2, 2],
  ]);
});

test("other ends: a response ends behind the first of them, and what the device went on to write is dropped", async () => {
  const request = { ...SETTINGS, prompts: PROMPTS.slice(0, 2), groupSize: 4, cap: 3, firstId: 4 };
  const trajectories = await rollout(fakeDecoder(8), { ...request, otherEnds: [5, 9] });
  const told = trajectories.map(({ response, logprobs, entropies, ended }) => {
    expect([logprobs.length, entropies.length]).toEqual([response.length, response.length]);
    return { response, ended };
  });
  expect(told).toEqual([
    { response: [4, 4, 4], ended: false },
    { response: [5], ended: true },
    { response: [6, 6, 6], ended: false },
    { response: [7, END], ended: true },
    { response: [8, 8, 8], ended: false },
    { response: [9], ended: true },
    { response: [10, 10, 10], ended: false },
    { response: [11, 11, 11], ended: false },
  ]);
});
