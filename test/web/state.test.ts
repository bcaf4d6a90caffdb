import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PRESETS } from "../../src/train/presets.ts";
import type { PhaseRecord, StepRecord } from "../../src/train/records.ts";
import type { RunRecord, TrainerEvent } from "../../src/worker/protocol.ts";
import { Announcer } from "../../web/state/announcer.ts";
import { announcement } from "../../web/state/model.ts";
import { Pacemeter } from "../../web/state/pace.ts";
import { Playback } from "../../web/state/playback.ts";
import { type Preferences, readPreferences } from "../../web/state/preferences.ts";
import { de } from "../../web/text/de.ts";
import { en } from "../../web/text/en.ts";
import { preferredLanguage, setLanguage, t } from "../../web/text/index.ts";

function stepRecord(step: number, cycle = 0): StepRecord {
  const metrics = { acc: 0.25, "completions/mean_length": 31.25 };
  return { type: "step", step, cap: 80, exactCap: 80, phase: "hold", cycle, metrics, samples: [] };
}

function evalRecord(step: number): RunRecord {
  const metrics = { "eval/acc": 0.5, "eval/mean_length": 40 };
  return { type: "eval", step, metrics, levels: [], examples: [] };
}

describe("preferences", () => {
  const defaults: Preferences = {
    theme: "system",
    language: "de",
    presenter: false,
    smoothing: 0.8,
    overlay: false,
    rest: 0,
  };

  test("come back as they were kept", () => {
    const chosen: Preferences = {
      theme: "dark",
      language: "en",
      presenter: true,
      smoothing: 0,
      overlay: true,
      rest: 500,
    };
    expect(readPreferences(JSON.stringify(chosen), defaults)).toEqual(chosen);
  });

  test.each([
    null,
    "",
    "{",
    "null",
    "[]",
    '"dark"',
    '{"theme":"pink","language":"xx","presenter":1,"smoothing":1,"rest":-1}',
  ])("are the defaults where %j was kept", (text) => {
    expect(readPreferences(text, defaults)).toEqual(defaults);
  });
});

describe("languages", () => {
  afterEach(() => setLanguage("en"));

  test("the first preferred one that the page has is taken", () => {
    expect(preferredLanguage(["fr-CH", "de-AT", "en"])).toBe("de");
    expect(preferredLanguage(["fr"])).toBe("en");
    expect(preferredLanguage([])).toBe("en");
  });

  test("t follows the choice", async () => {
    await setLanguage("de");
    expect(t().controls.step).toBe(de.controls.step);
  });

  test("no text is missing or empty in German that English has, and none is left in English by mistake", () => {
    const texts = (words: object, path = ""): [string, unknown][] =>
      Object.entries(words).flatMap(([key, value]) =>
        typeof value === "object" && value !== null
          ? texts(value, `${path}${key}.`)
          : [[`${path}${key}`, value]],
      );
    const german = new Map(texts(de));
    let same = 0;
    for (const [path, text] of texts(en)) {
      expect(typeof german.get(path), path).toBe(typeof text);
      if (text !== "") expect(german.get(path), path).not.toBe("");
      if (typeof text === "string" && text.split(" ").length > 3 && german.get(path) === text) same++;
    }
    expect(same).toBe(0);
  });
});

describe("the pace", () => {
  test("is known after the warm-up, and over the last ten seconds", () => {
    const pace = new Pacemeter();
    expect([0, 1000, 2000].map((now) => pace.step(now))).toEqual([null, null, null]);
    expect(pace.step(2500)).toBe(2);
    for (let now = 3500; now <= 20_500; now += 1000) pace.step(now);
    expect(pace.step(21_500)).toBeCloseTo(1);
    pace.reset();
    expect(pace.step(30_000)).toBeNull();
  });
});

describe("milestones", () => {
  test("evaluations and new cycles at once, steps every fifteen seconds", () => {
    let now = 0;
    const announcer = new Announcer(() => now);
    announcer.say("begin");
    announcer.take(stepRecord(0));
    expect(announcement.value).toBe("begin");
    now = 15_000;
    announcer.take(stepRecord(1));
    expect(announcement.value).toBe("Step 2: 25% right, 31.3 tokens a response.");
    announcer.take(evalRecord(2));
    expect(announcement.value).toBe("Evaluated at step 2: 50% right, 40 tokens a response.");
    announcer.take(stepRecord(2, 1));
    expect(announcement.value).toBe("Cycle 1 is done.");
  });
});

describe("a recorded run", () => {
  const phase: PhaseRecord = { type: "phase", step: 1, cap: 80, done: "score", samples: [] };
  const records = [evalRecord(0), stepRecord(0), stepRecord(1), evalRecord(2), stepRecord(2), evalRecord(3)];
  const recording = { title: "recorded", config: PRESETS.smoke, records, samples: [phase] };
  let events: TrainerEvent[] = [];
  let playback: Playback;

  const shown = () => events.map((event) => (event.type === "record" ? event.record : event));
  const played = () => events.flatMap((event) => (event.type === "record" ? [event.record] : []));
  const last = () => events.findLast(({ type }) => type === "state");

  beforeEach(() => {
    vi.useFakeTimers();
    events = [];
    playback = new Playback(recording, "id", (some) => events.push(...some));
  });
  afterEach(() => vi.useRealTimers());

  test("is played whole and in order", async () => {
    await playback.play("end");
    await vi.runAllTimersAsync();
    expect(played()).toEqual(records);
    expect(events.findIndex(({ type }) => type === "phase")).toBe(shown().indexOf(records[2]!) - 1);
    const states = events.flatMap((event) => (event.type === "state" ? [event.state] : []));
    expect(states).toEqual(["running", "running", "running", "finished"]);
    expect(last()).toEqual({ type: "state", state: "finished", step: 3, run: "id" });
    await playback.play("end");
    await vi.runAllTimersAsync();
    expect(played()).toEqual(records);
  });

  test("goes step by step, with the evaluations before it", async () => {
    await playback.play("step");
    expect(played()).toEqual(records.slice(0, 2));
    expect(last()).toMatchObject({ state: "paused", step: 1 });
    await playback.play("phase");
    expect(played()).toEqual(records.slice(0, 3));
    await playback.play("step");
    expect(played()).toEqual(records);
    expect(last()).toMatchObject({ state: "finished", step: 3 });
  });

  test("rests, pauses and goes on", async () => {
    await playback.setRest(1000);
    await playback.play("end");
    await vi.advanceTimersByTimeAsync(1100);
    expect(played()).toEqual(records.slice(0, 2));
    await playback.pause();
    expect(last()).toMatchObject({ state: "paused", step: 1 });
    await vi.advanceTimersByTimeAsync(5000);
    expect(played()).toEqual(records.slice(0, 2));
    await playback.play("end");
    await vi.runAllTimersAsync();
    expect(played()).toEqual(records);
  });
});
