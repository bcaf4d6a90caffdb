import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/train/config.ts";
import type { Recording } from "../../web/state/recording.ts";

const KILOBYTE = 1000;

describe.each(["siri", "fixed"])("the recording %s", (name) => {
  const bytes = readFileSync(new URL(`../../web/public/recordings/${name}.json`, import.meta.url));
  const recording = JSON.parse(bytes.toString()) as Recording;
  const steps = recording.records.filter((record) => record.type === "step");
  const evals = recording.records.filter((record) => record.type === "eval");

  test("is of a whole run under a config that is still valid", () => {
    const { rl } = parseConfig(recording.config);
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: rl.steps }, (_, step) => step));
    expect(evals.at(-1)?.step).toBe(rl.steps);
  });

  test("has rollouts with all that the inspector shows", () => {
    expect(recording.samples.length).toBeGreaterThanOrEqual(4);
    for (const { step, cap, samples } of recording.samples) {
      expect(steps[step]?.cap).toBe(cap);
      for (const { tokens, logprobs, entropies, length } of samples) {
        expect([tokens.length, logprobs.length, entropies.length]).toEqual([length, length, length]);
      }
    }
  });

  test("is small", () => expect(gzipSync(bytes, { level: 9 }).length).toBeLessThan(150 * KILOBYTE));
});

test("the two recordings differ in their budget alone", () => {
  const [siri, fixed] = ["siri", "fixed"].map((name) => {
    const file = new URL(`../../web/public/recordings/${name}.json`, import.meta.url);
    return (JSON.parse(readFileSync(file, "utf8")) as Recording).config;
  });
  expect({ ...fixed, schedule: { ...fixed!.schedule, kind: siri!.schedule.kind } }).toEqual(siri);
  expect(fixed!.schedule.kind).toBe("constant");
});
