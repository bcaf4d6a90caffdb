import { expect, test } from "vitest";
import { STREAM } from "../../src/random.ts";
import { type BudgetForcing, budgetForcedRollout, intervention } from "../../src/rl/budget-forcing.ts";
import type { RolloutDecoder } from "../../src/rl/rollout.ts";

const [END_TOKEN, THOUGHT, ANS, WAIT] = [1, 2, 3, 4];

function forcing(forceAnswerAt: number, ignoreEnds: number): BudgetForcing {
  return { forceAnswerAt, ignoreEnds, end: ANS, wait: WAIT };
}

/** A response written as t for a thought, a for the end of thinking, w, d for an answer's token and . for the end. */
function tokensOf(text: string): number[] {
  const ids: Record<string, number> = { t: THOUGHT, a: ANS, w: WAIT, d: 5, ".": END_TOKEN };
  return [...text].map((letter) => ids[letter]!);
}

test.each([
  ["off", "ttttadd.", 0, 0, 0, null],
  ["thinking is shorter than the budget", "ttttadd.", 5, 0, 0, null],
  ["thinking is as long as the budget and ends by itself", "ttttadd.", 4, 0, 0, null],
  ["thinking is longer than the budget", "ttttadd.", 3, 0, 0, { at: 3, token: ANS }],
  ["thinking was truncated beyond the budget", "tttttttt", 3, 0, 0, { at: 3, token: ANS }],
  ["thinking was truncated at the budget", "ttt", 3, 0, 0, { at: 3, token: ANS }],
  ["the end token comes where the answer should", "ttt.", 3, 0, 0, { at: 3, token: ANS }],
  ["the end token comes before", "tt.", 3, 0, 0, null],
  ["an end is replaced", "ttadd.", 0, 1, 0, { at: 2, token: WAIT }],
  ["ends were replaced as often as they should", "ttwttadd.", 0, 1, 1, null],
  ["an end at the budget is not replaced", "ttadd.", 2, 1, 0, null],
  ["after a replaced end the whole counts", "ttwttadd.", 4, 1, 1, { at: 4, token: ANS }],
  ["the budget goes before", "ttttadd.", 3, 1, 0, { at: 3, token: ANS }],
] as const)("%s: %s", (_, text, forceAnswerAt, ignoreEnds, ignored, expected) => {
  const response = tokensOf(text);
  const ended = text.endsWith(".");
  expect(intervention({ response, ended }, ignored, forcing(forceAnswerAt, ignoreEnds))).toEqual(expected);
});

/** Thinks four tokens and answers, or answers at once after the end of thinking; log-probs are −1. */
function fakeDecoder() {
  const asked: { ids: number[]; cap: number }[] = [];
  const decoder: RolloutDecoder = {
    capacity: { sequences: 8, promptTokens: 99, responseTokens: 99 },
    endToken: END_TOKEN,
    async decode({ prompts, promptOf, randomId, cap }) {
      asked.push({ ids: [...randomId], cap });
      const tokens = Array.from(promptOf, (index) => {
        const answers = prompts[index]!.at(-1) === ANS;
        return Uint32Array.from(tokensOf(answers ? "dd." : "ttttadd.").slice(0, cap));
      });
      return {
        tokens,
        logprobs: tokens.map(({ length }) => new Float32Array(length).fill(-1)),
        entropies: tokens.map(({ length }) => new Float32Array(length).fill(0.5)),
      };
    },
  };
  return { decoder, asked };
}

const REQUEST = {
  ...{ prompts: [[9], [9, 9]], groupSize: 1, cap: 20, temperature: 1, seed: 0, step: 0, firstId: 10 },
  stream: STREAM.evalSampling,
};

test.each([
  ["no more than it needs", 6, 0, 20, "ttttadd."],
  ["an answer is forced", 3, 0, 20, "tttadd."],
  ["two ends are replaced", 0, 2, 20, "ttttwttttwttttadd."],
  ["one end is replaced, then the budget is used up", 7, 2, 20, "ttttwttadd."],
  ["a replaced end that leaves no room", 0, 1, 5, "ttttw"],
  ["an answer that is cut by the cap", 3, 0, 6, "tttadd"],
])("a rollout: %s", async (_, forceAnswerAt, ignoreEnds, cap, text) => {
  const { decoder, asked } = fakeDecoder();
  const found = await budgetForcedRollout(decoder, { ...REQUEST, cap }, forcing(forceAnswerAt, ignoreEnds));
  for (const { response, logprobs, entropies, ended } of found) {
    expect(response).toEqual(tokensOf(text));
    expect(ended).toBe(text.endsWith("."));
    expect([logprobs.length, entropies.length]).toEqual([text.length, text.length]);
    const forced = [...logprobs.keys()].filter((i) => logprobs[i] === 0);
    const replaced = [...text.matchAll(/w/g)].map(({ index }) => index);
    const cutAt = text.indexOf("a") === forceAnswerAt ? [forceAnswerAt] : [];
    expect(forced).toEqual([...replaced, ...cutAt]);
    expect(forced.every((i) => entropies[i] === 0)).toBe(true);
  }
  // Every round has random numbers of its own.
  expect(asked.map(({ ids }) => ids)).toEqual(asked.map((_, round) => [10 + 2 * round, 11 + 2 * round]));
});
