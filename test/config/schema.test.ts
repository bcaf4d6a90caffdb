import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/train/config.ts";
import { ConfigSchema, SETTINGS } from "../../src/train/config-schema.ts";
import { PRESETS } from "../../src/train/presets.ts";
import { refusal, withSetting } from "./support.ts";

/** Last names of the settings that may be fractions; every other number is whole. */
const FRACTIONS = new Set([
  "compression",
  "rms_norm_eps",
  "rope_theta",
  "alpha",
  "temperature",
  "learningRate",
  "decayFloor",
  "beta1",
  "beta2",
  "eps",
  "weightDecay",
  "gradientClip",
  "clipLow",
  "clipHigh",
  "dualClip",
  "advantageEps",
  "klCoefficient",
  "entropyCoefficient",
  "lengthCoefficient",
  "preferenceBeta",
  "preferenceMargin",
  "nllCoefficient",
  "dropFraction",
]);

const NUMBERS = SETTINGS.flatMap(({ path, least, most }) => {
  if (least === undefined || most === undefined) return [];
  const isWhole = !FRACTIONS.has(path.split(".").at(-1)!);
  return [
    { path, least, most, isWhole, right: `a ${isWhole ? "whole " : ""}number from ${least} to ${most}` },
  ];
});
const WHOLE = NUMBERS.filter(({ isWhole }) => isWhole);
const CHOICES = SETTINGS.flatMap(({ path, options }) => (options === undefined ? [] : [{ path, options }]));

/** The value of a preset at a path. */
function presetValue(path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], PRESETS.default);
}

test("the settings are those of a preset, each once", () => {
  const leaves = Object.entries(PRESETS.default).flatMap(([group, value]) =>
    typeof value === "object" ? Object.keys(value).map((name) => `${group}.${name}`) : [group],
  );
  expect(SETTINGS.map(({ path }) => path).sort()).toEqual(leaves.sort());
});

test.each(SETTINGS)("$path has a description", ({ description }) => {
  expect(description).toMatch(/\S/);
});

test("every number has finite bounds, around the value of the preset", () => {
  const numbers = SETTINGS.filter(({ path }) => typeof presetValue(path) === "number");
  expect(NUMBERS.map(({ path }) => path)).toEqual(numbers.map(({ path }) => path));
  for (const { path, least, most } of NUMBERS) {
    const value = presetValue(path) as number;
    expect(Number.isFinite(least) && Number.isFinite(most), path).toBe(true);
    expect(least <= value && value <= most, path).toBe(true);
  }
});

test("every count has a unit", () => {
  const unitless = WHOLE.filter(({ path }) => SETTINGS.find((setting) => setting.path === path)!.unit === "");
  expect(unitless.map(({ path }) => path)).toEqual(["seed", "eval.seed"]);
});

describe("a number", () => {
  test.each(NUMBERS)("$path may be $least or $most", ({ path, least, most }) => {
    for (const value of [least, most]) {
      expect(v.safeParse(ConfigSchema, withSetting(path, value)).success).toBe(true);
    }
  });

  test.each(NUMBERS)("$path may be nothing outside of that", ({ path, least, most, right }) => {
    for (const value of [Number.NaN, Infinity, -Infinity, least - 1, 2 * most + 1]) {
      expect(() => parseConfig(withSetting(path, value))).toThrow(
        refusal(path, `${path} is ${value}; it must be ${right}`),
      );
    }
  });

  test.each(NUMBERS)("$path may be nothing else", ({ path, right }) => {
    for (const [value, shown] of [
      ["8", '"8"'],
      ["", '""'],
      [null, "null"],
      [undefined, "undefined"],
      [true, "true"],
      [[8], "a list"],
      [{ value: 8 }, "an object"],
      [8n, "8"],
    ]) {
      expect(() => parseConfig(withSetting(path, value))).toThrow(
        refusal(path, `${path} is ${shown}; it must be ${right}`),
      );
    }
  });

  test.each(WHOLE)("$path may be no fraction", ({ path, least, right }) => {
    const value = least + 0.5;
    expect(() => parseConfig(withSetting(path, value))).toThrow(
      refusal(path, `${path} is ${value}; it must be ${right}`),
    );
  });
});

describe("a choice", () => {
  test("there are some", () => expect(CHOICES.length).toBeGreaterThan(5));

  test.each(CHOICES)("$path may be one of $options", ({ path, options }) => {
    for (const option of options) {
      expect(v.safeParse(ConfigSchema, withSetting(path, option)).success).toBe(true);
    }
    for (const value of ["", "other", options[0]!.toUpperCase(), 0, null]) {
      expect(() => parseConfig(withSetting(path, value))).toThrow(
        refusal(path, `is ${JSON.stringify(value)}; it must be one of ${options.join(", ")}`),
      );
    }
  });
});
