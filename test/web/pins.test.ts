import { afterEach, describe, expect, test, vi } from "vitest";
import { BellowsError } from "../../src/errors.ts";
import { PRESETS } from "../../src/train/presets.ts";
import type { Thought } from "../../src/worker/protocol.ts";
import { currentId, runs, step } from "../../web/state/model.ts";
import {
  answerOf,
  isDue,
  isRight,
  PIN_EVERY,
  pin,
  pinError,
  type Sighting,
  setPin,
  sightings,
  summarise,
  watchPin,
  withSighting,
} from "../../web/state/pins.ts";
import { RunView } from "../../web/state/run-view.ts";

function thought(text: string, change: Partial<Thought> = {}): Thought {
  const words = text.split(" ");
  return {
    ...{ prompt: "48 a *8 >", words, logprobs: words.map(() => -0.1), entropies: words.map(() => 0.1) },
    ...{ truncated: false, answer: null, prediction: null, correct: null },
    ...change,
  };
}

const RIGHT = thought("a * 8 = 8 4 ans 8 4 <eos>");
const WRONG = thought("a * 8 = 4 4 wait 1 so 4 4 ans 4 4 <eos>");
const CUT = thought("a * 8 = 4 4 ans 8", { truncated: true });

describe("thoughts", () => {
  test("are compared with the answer where the worker could not judge", () => {
    expect([RIGHT, WRONG, CUT].map((one) => isRight(one, "84"))).toEqual([true, false, false]);
    expect(isRight(RIGHT)).toBeNull();
    expect(isRight({ ...WRONG, correct: true }, "84")).toBe(true);
  });

  test("answer what stands after the last ans", () => {
    expect([RIGHT, WRONG, CUT].map(answerOf)).toEqual(["84", "44", null]);
    expect(answerOf({ ...RIGHT, prediction: "12" })).toBe("12");
  });

  test("are summed up", () => {
    const { right, cut, responses, meanLength, rechecks } = summarise([RIGHT, WRONG, CUT], "84");
    expect({ right, cut, responses, rechecks }).toEqual({ right: 1, cut: 1, responses: 3, rechecks: 1 / 3 });
    expect(meanLength).toBeCloseTo((10 + 15 + 8) / 3);
    expect(summarise([], "84")).toMatchObject({ right: 0, meanLength: 0 });
  });
});

describe("the history of a pin", () => {
  const at = (wanted: number): Sighting => ({ step: wanted, thoughts: [RIGHT] });

  test("is in order, and of one course of the run", () => {
    const history = [at(0), at(10), at(20)];
    expect(withSighting(history, at(30)).map((one) => one.step)).toEqual([0, 10, 20, 30]);
    expect(withSighting(history, at(10)).map((one) => one.step)).toEqual([0, 10]);
    const long = Array.from({ length: 150 }, (_, i) => at(i)).reduce(withSighting, [] as readonly Sighting[]);
    expect(long).toHaveLength(100);
  });

  test("is due at once, after enough steps, and after a reset", () => {
    expect(isDue([], 7, 10)).toBe(true);
    expect(isDue([at(7)], 16, 10)).toBe(false);
    expect(isDue([at(7)], 17, 10)).toBe(true);
    expect(isDue([at(7)], 0, 10)).toBe(true);
  });
});

describe("watching", () => {
  const PIN = { prompt: "48 a *8 >", words: "4 8 a * 8 >", answer: "84" };
  let stop = () => {};

  function begin(think: Parameters<typeof watchPin>[0]) {
    const view = new RunView("one", "rl", "one", PRESETS.default, 0);
    [runs.value, currentId.value, step.value] = [[view], "one", 0];
    setPin(PIN);
    stop = watchPin(think);
  }

  afterEach(() => {
    stop();
    [runs.value, currentId.value, step.value] = [[], null, 0];
    setPin(null);
  });

  test("asks at once and then every few steps, never two at a time", async () => {
    const answers: ((thoughts: readonly Thought[]) => void)[] = [];
    const think = vi.fn(() => new Promise<readonly Thought[]>((resolve) => answers.push(resolve)));
    begin(think);
    expect(think).toHaveBeenCalledTimes(1);
    expect(think).toHaveBeenCalledWith(expect.objectContaining({ problem: { prompt: PIN.words } }));
    step.value = PIN_EVERY + 3;
    expect(think).toHaveBeenCalledTimes(1);
    answers[0]!([RIGHT]);
    await vi.waitFor(() => expect(think).toHaveBeenCalledTimes(2));
    answers[1]!([WRONG]);
    await vi.waitFor(() => expect(sightings.value.map((one) => one.step)).toEqual([0, PIN_EVERY + 3]));
  });

  test("forgets what came of a pin that is gone", async () => {
    let answer = (_: readonly Thought[]) => {};
    begin(() => new Promise((resolve) => (answer = resolve)));
    setPin(null);
    answer([RIGHT]);
    await Promise.resolve();
    expect(sightings.value).toEqual([]);
    expect(pin.value).toBeNull();
  });

  test("forgets the failure of a pin that is gone", async () => {
    let fail = (_: Error) => {};
    const think = vi.fn(() => new Promise<never>((_, reject) => (fail = reject)));
    begin(think);
    setPin({ ...PIN });
    fail(new BellowsError("device-lost", "the GPU is gone"));
    await vi.waitFor(() => expect(think).toHaveBeenCalledTimes(2)); // the new pin is asked
    expect(pinError.value).toBeNull();
    expect(sightings.value).toEqual([]);
  });

  test("tells of a question that failed, and asks again when it is due", async () => {
    const think = vi.fn(() => Promise.reject(new BellowsError("device-lost", "the GPU is gone")));
    begin(think);
    await vi.waitFor(() => expect(pinError.value?.code).toBe("device-lost"));
    step.value = PIN_EVERY;
    await vi.waitFor(() => expect(think).toHaveBeenCalledTimes(2));
  });
});
