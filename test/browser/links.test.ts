import fc from "fast-check";
import { expect, test } from "vitest";
import { readHash } from "../../web/state/hash.ts";
import { en } from "../../web/text/en.ts";
import { ready, useSite } from "../support/page.ts";

const site = useSite();

/** Settings that a link may have, with values that are right in any combination. */
const settings = fc.record(
  {
    seed: fc.nat(1_000_000),
    "schedule.kind": fc.constantFrom("constant", "stair", "cosine", "stair-cosine"),
    "schedule.lmin": fc.integer({ min: 16, max: 80 }),
    "rl.steps": fc.integer({ min: 1, max: 10_000 }),
    "rl.temperature": fc.double({ min: 0.01, max: 10, noNaN: true }),
    "rl.lossAggregation": fc.constantFrom("token-mean", "seq-mean-token-mean"),
    "eval.every": fc.nat(1000),
  },
  { requiredKeys: [] },
);
const preset = fc.constantFrom("default", "paper-toy", "smoke");
const goodLink = fc.record({ preset, settings }).map(({ preset, settings }) => {
  const entries = Object.entries(settings).map(([path, value]) => `${path}=${encodeURIComponent(value)}`);
  return ["v=1", `preset=${preset}`, ...entries].join("&");
});
/** What people make of links: cut off, misspelt, of a newer page, or nothing of the kind. */
const badLink = fc.oneof(
  goodLink.map((link) => `${link}&rl.stepz=3`),
  goodLink.map((link) => `${link}%E0%A4%A`),
  goodLink.map((link) => link.replace("v=1", "v=99")),
  fc.string({ minLength: 1 }).map((text) => `rl.steps=${encodeURIComponent(text)}x`),
);

/** Milliseconds for all the loads: half a second each where there is one slow core. */
const TIMEOUT = 300_000;

test("two hundred loads of links: a good one is taken as it is, a bad one is told, the page always stands", {
  timeout: TIMEOUT,
}, async () => {
  const { page, troubles } = await site.visit();
  await ready(page); // by now kernel variants are measured and need not be again
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 3, arbitrary: goodLink }, badLink), async (hash) => {
      await page.goto("about:blank");
      await page.goto(`${site.server.url}#${hash}`, { waitUntil: "domcontentloaded" });
      await page.getByRole("heading", { level: 1, name: en.app.title }).waitFor();
      const reading = readHash(hash);
      const notice = page.getByText(en.notices.badLink);
      if (!reading.ok) return notice.waitFor();
      expect(await notice.count()).toBe(0);
      await page.getByText(en.status.of(0, reading.link.config.rl.steps), { exact: true }).waitFor();
    }),
    { numRuns: 200, endOnFailure: true },
  );
  expect(troubles).toEqual([]);
});
