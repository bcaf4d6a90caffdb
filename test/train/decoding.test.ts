import { afterEach, describe, expect, test } from "vitest";
import { defaultVariants } from "../../src/model/variants.ts";
import { STREAM } from "../../src/random.ts";
import { continueAll, rollout } from "../../src/rl/rollout.ts";
import { buildEngine, compileAll, type Engine } from "../../src/train/engine.ts";
import { evalProblems, evalPrompt, evalRollout, evaluate } from "../../src/train/evaluate.ts";
import { useGpu } from "../support/gpu.ts";
import { bundledParameters, smallConfig } from "../support/training.ts";

const gpu = useGpu();
afterEach(() => gpu().buffers.destroyAll());

/** The bundled model under `smoke` with settings: 16 evaluation problems. */
async function makeEngine(...settings: string[]): Promise<Engine> {
  const config = smallConfig("eval.problemsPerLevel=4", ...settings);
  const engine = await buildEngine(gpu(), config, defaultVariants(gpu()));
  engine.model.writeParameters(await bundledParameters());
  await compileAll(gpu(), () => {});
  return engine;
}

function requestFor(engine: Engine, temperature: number) {
  const problems = evalProblems(engine.task, engine.config);
  const prompts = problems.map(({ prompt }) => evalPrompt(engine, prompt));
  const settings = { temperature, seed: 1, stream: STREAM.evalSampling, step: 0 };
  return { prompts, groupSize: 2, cap: engine.config.schedule.lmax, firstId: 0, ...settings };
}

test("a response that is taken up again goes on as if it had never been left, to the bit", async () => {
  const engine = await makeEngine("eval.ignoreEnds=1");
  const request = requestFor(engine, 0);
  const whole = await rollout(engine.decoder, request);
  const kept = whole.map(({ response }) => Math.floor(response.length / 2));
  const rest = await continueAll(
    engine.decoder,
    whole.map(({ prompt, response }, i) => ({
      context: [...prompt, ...response.slice(0, kept[i])],
      id: i,
      cap: request.cap - kept[i]!,
    })),
    request,
  );
  for (const [i, { response, logprobs, entropies, ended }] of whole.entries()) {
    expect(rest[i]).toEqual({
      response: response.slice(kept[i]),
      logprobs: logprobs.slice(kept[i]),
      entropies: entropies.slice(kept[i]),
      ended,
    });
  }
});

test("an opening is sampled on from: with the policy's own first token the rest is the policy's", async () => {
  const engine = await makeEngine("method.name=adaptthink");
  const request = requestFor(engine, 0);
  const { vocabulary } = engine.task.script!;
  const free = await rollout(engine.decoder, request);
  expect(free.every(({ response }) => response[0] === vocabulary.id("a"))).toBe(true);
  const openings = ["so", "a"].map((word) => vocabulary.ids([word]));
  const opened = await rollout(engine.decoder, { ...request, openings });
  for (const [i, { opening, response, logprobs }] of opened.entries()) {
    expect(opening).toBe(i % 2);
    expect(response.slice(0, 1)).toEqual(openings[opening]);
    expect(logprobs[0]).toBe(Math.fround(Math.log(0.5)));
    expect(response.length).toBeLessThanOrEqual(request.cap);
    if (opening === 1) {
      expect(response).toEqual(free[i]!.response);
      expect(logprobs.slice(1)).toEqual(free[i]!.logprobs.slice(1));
    }
  }
});

describe("budget forcing", () => {
  test("an answer is forced after so many tokens of thinking", async () => {
    const engine = await makeEngine("eval.forceAnswerAt=20");
    const { ans, end } = engine.task.script!.vocabulary;
    const request = requestFor(engine, 0.6);
    const free = await rollout(engine.decoder, request);
    const forced = await evalRollout(engine, request);
    let cuts = 0;
    for (const [i, { response, logprobs, entropies, ended }] of forced.entries()) {
      const longer = free[i]!.response.indexOf(ans);
      if (longer >= 0 && longer <= 20) {
        expect(forced[i]).toEqual(free[i]);
        continue;
      }
      cuts += 1;
      expect(response.slice(0, 20)).toEqual(free[i]!.response.slice(0, 20));
      expect(response[20]).toBe(ans);
      expect([logprobs[20], entropies[20]]).toEqual([0, 0]);
      expect(logprobs.slice(0, 20)).toEqual(free[i]!.logprobs.slice(0, 20));
      expect([logprobs.length, entropies.length]).toEqual([response.length, response.length]);
      expect(ended).toBe(response.at(-1) === end);
    }
    expect(cuts).toBeGreaterThan(8);
    // Nobody is cut off any more: what was not finished is now answered, rightly or not.
    const record = await evaluate(engine, evalProblems(engine.task, engine.config), 0);
    expect(record.metrics["eval/clipped_ratio"]).toBe(0);
    expect(record.metrics["eval/mean_length"]).toBeLessThanOrEqual(24);
  });

  test("the end of thinking is replaced by `wait` so many times", async () => {
    const engine = await makeEngine("eval.ignoreEnds=2", "schedule.lmax=100");
    const { ans, wait } = engine.task.script!.vocabulary;
    const request = requestFor(engine, 0.6);
    const free = await rollout(engine.decoder, request);
    const forced = await evalRollout(engine, request);
    let replaced = 0;
    for (const [i, { response, logprobs }] of forced.entries()) {
      const at = free[i]!.response.indexOf(ans);
      if (at < 0) {
        expect(forced[i]).toEqual(free[i]);
        continue;
      }
      replaced += 1;
      expect(response.slice(0, at)).toEqual(free[i]!.response.slice(0, at));
      expect(response[at]).toBe(wait);
      expect(logprobs[at]).toBe(0);
      const answered = response.indexOf(ans);
      const forcedWaits = [...response.keys()].filter((k) => response[k] === wait && logprobs[k] === 0);
      expect(forcedWaits.length).toBeGreaterThanOrEqual(answered < 0 ? 1 : 2);
      expect(response.length).toBeLessThanOrEqual(100);
    }
    expect(replaced).toBeGreaterThan(8);
  });

  test("does not depend on how many sequences are sampled together", async () => {
    const settings = ["eval.forceAnswerAt=30", "eval.ignoreEnds=1"];
    const found = [];
    for (const sequences of [32, 5]) {
      const engine = await makeEngine(...settings, `train.decodeSequences=${sequences}`);
      found.push(await evalRollout(engine, requestFor(engine, 0.6)));
      gpu().buffers.destroyAll();
    }
    expect(found[1]).toEqual(found[0]);
  });
});

describe("a budget in the prompt", () => {
  test.each([
    ["l1-exact", 0, "so 80= >"],
    ["l1-exact", 35, "so 35= >"],
    ["l1-max", 35, "so 35- >"],
  ])("%s with evalBudget %i", async (method, evalBudget, words) => {
    const engine = await makeEngine(`method.name=${method}`, `method.evalBudget=${evalBudget}`);
    const { examples } = await evaluate(engine, evalProblems(engine.task, engine.config), 0);
    expect(examples.length).toBeGreaterThan(0);
    for (const { prompt } of examples) expect(prompt.endsWith(` ${words}`)).toBe(true);
  });
});
