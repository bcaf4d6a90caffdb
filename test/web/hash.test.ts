import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RECIPES } from "../../src/rl/recipes/index.ts";
import { type Config, parseConfig } from "../../src/train/config.ts";
import { SETTINGS } from "../../src/train/config-schema.ts";
import { PRESETS } from "../../src/train/presets.ts";
import { composeConfig } from "../../src/train/settings.ts";
import { settingOf, withSetting } from "../../web/state/config-diff.ts";
import { HIDEABLE, readHash, writeHash } from "../../web/state/hash.ts";

/** Values for a setting of which many are allowed: near its bounds, near the preset's, and anything in between. */
function anyValueOf(path: string): fc.Arbitrary<unknown> {
  const { options, least, most } = SETTINGS.find((setting) => setting.path === path)!;
  if (options !== undefined) return fc.constantFrom(...options);
  if (path === "init") return fc.string({ minLength: 1, unit: "grapheme" });
  if (path === "task.levelWeights")
    return fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 4 });
  if (path === "schedule.stages") {
    return fc
      .uniqueArray(fc.integer({ min: 1, max: 300 }), { maxLength: 4 })
      .map((steps) => [0, ...steps.sort((a, b) => a - b)].map((step, i) => ({ step, cap: 80 - 5 * i })));
  }
  if (least === undefined) return fc.constant(settingOf(PRESETS.default, path));
  const range = { min: Math.ceil(least), max: Math.floor(Math.min(most!, 1e6)) };
  const isWhole = Number.isInteger(settingOf(PRESETS.default, path)) && range.min < range.max;
  return isWhole
    ? fc.integer(range)
    : fc.double({ min: least, max: Math.min(most!, 1e6), noNaN: true }).map((value) => value + 0);
}

/** Configs that pass the check: a preset with a few settings changed, those changes left out that would not pass. */
const anyConfig: fc.Arbitrary<Config> = fc
  .tuple(
    fc.constantFrom(...Object.values(PRESETS)),
    fc.array(
      fc
        .constantFrom(...SETTINGS.map(({ path }) => path))
        .chain((path) => anyValueOf(path).map((value) => ({ path, value }))),
      { maxLength: 8 },
    ),
  )
  .map(([preset, changes]) =>
    changes.reduce<Config>((config, { path, value }) => {
      try {
        return parseConfig(withSetting(config, path, value));
      } catch {
        return config;
      }
    }, preset),
  );

describe("a config in the hash", () => {
  test("comes back the same", () => {
    let changed = 0;
    fc.assert(
      fc.property(anyConfig, fc.subarray([...HIDEABLE]), (config, hide) => {
        const hash = writeHash({ config, hide });
        if (hash.includes(".")) changed++;
        expect(readHash(`#${hash}`)).toMatchObject({ ok: true, link: { config, hide } });
        expect(hash).toMatch(/^[\w.!~*'()%=&,:/-]*$/);
      }),
      { numRuns: 100 },
    );
    expect(changed).toBeGreaterThan(30);
  }, 60_000);

  test.each(Object.entries(PRESETS))("of the preset %s is its name alone", (name, config) => {
    expect(writeHash({ config, hide: [] })).toBe(name === "default" ? "v=1" : `v=1&preset=${name}`);
  });

  test.each(Object.values(RECIPES))("of the recipe $name comes back the same", (recipe) => {
    const config = composeConfig({ recipe });
    expect(readHash(writeHash({ config, hide: [] }))).toMatchObject({ ok: true, link: { config } });
  });

  test("names only what differs, as the command line writes it", () => {
    const config = parseConfig(withSetting(withSetting(PRESETS.smoke, "schedule.lmin", 30), "seed", 7));
    expect(writeHash({ config, hide: ["runs"] })).toBe("v=1&preset=smoke&seed=7&schedule.lmin=30&hide=runs");
  });

  test("keeps text apart from numbers", () => {
    const config = { ...PRESETS.default, init: "12" };
    expect(readHash(writeHash({ config, hide: [] }))).toMatchObject({ link: { config: { init: "12" } } });
  });
});

/** Links as they were handed out. They are never edited: a new version adds its own below. */
const HANDED_OUT: readonly (readonly [link: string, expected: object])[] = [
  ["#", { config: PRESETS.default, hide: [] }],
  ["#v=1", { config: PRESETS.default, hide: [] }],
  ["#v=1&preset=paper-toy&seed=3", { config: { ...PRESETS["paper-toy"], seed: 3 } }],
  ["#v=1&schedule.kind=stair&hide=settings,runs", { hide: ["settings", "runs"] }],
  [
    "#v=1&schedule.kind=staged&schedule.stages=%5B%7B%22step%22:0,%22cap%22:80%7D%5D",
    { config: { schedule: { kind: "staged", stages: [{ step: 0, cap: 80 }] } } },
  ],
  ["#rl.steps=40", { config: { rl: { steps: 40 } } }],
];

describe("old links", () => {
  test.each(HANDED_OUT)("%s", (link, expected) => {
    expect(readHash(link)).toMatchObject({ ok: true, link: expected });
  });
});

describe("bad links are told, never thrown", () => {
  test("whatever they hold", () => {
    const pieces = fc.constantFrom(
      "v=1",
      "&",
      "=",
      "preset=",
      "rl.steps=",
      "%",
      "%7B",
      "hide=",
      "__proto__.a=1",
      "{}",
      "-1",
    );
    const garbage = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.oneof(pieces, fc.string()), { maxLength: 12 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(garbage, (hash) => {
        const reading = readHash(hash);
        if (!reading.ok) expect(reading.error.message).not.toBe("");
        else parseConfig(reading.link.config);
      }),
      { numRuns: 200 },
    );
  }, 60_000);

  test.each([
    ["#v=2", "v"],
    ["#v=x", "v"],
    ["#preset=none", "preset"],
    ["#preset=toString", "preset"],
    ["#rl.groupSize=0", "rl.groupSize"],
    ["#rl.groupsize=8", "rl.groupsize"],
    ["#constructor.prototype=1", "constructor"],
  ])("%s", (hash, field) => {
    expect(readHash(hash)).toMatchObject({ ok: false, error: { code: "config-invalid", field } });
  });

  test("and still hide what they hide", () => {
    expect(readHash("#rl.steps=-1&hide=runs")).toMatchObject({ ok: false, hide: ["runs"] });
  });
});
