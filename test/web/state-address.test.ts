import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PRESETS } from "../../src/train/presets.ts";
import { readHash, writeHash } from "../../web/state/hash.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A page that keeps its address in step with its settings, and what a person can do with both. */
async function loadPage(hash: string) {
  vi.resetModules();
  let follow: () => void = () => {};
  const location = { hash };
  vi.stubGlobal("location", location);
  vi.stubGlobal("history", { replaceState: (_: null, __: string, to: string) => (location.hash = to) });
  vi.stubGlobal("addEventListener", (_: string, listener: () => void) => {
    follow = listener;
  });
  const model = await import("../../web/state/model.ts");
  (await import("../../web/state/effects.ts")).keepHash();
  return {
    model,
    location,
    goTo(to: string) {
      location.hash = to;
      follow();
    },
    setSeed(seed: number) {
      model.draft.value = { ...model.draft.value, seed };
    },
  };
}

const goodLink = fc
  .record({ seed: fc.nat(1000), hides: fc.boolean() })
  .map(
    ({ seed, hides }) => `#${writeHash({ config: { ...PRESETS.smoke, seed }, hide: hides ? ["runs"] : [] })}`,
  );
const badLink = fc.constantFrom("#rl.stepz=3", "#v=99", "#seed=-1&hide=runs", "#%E0%A4%A");
const step = fc.oneof(
  fc.record({ does: fc.constant("goTo" as const), link: fc.oneof(goodLink, badLink) }),
  fc.record({ does: fc.constant("setSeed" as const), seed: fc.nat(1000) }),
  fc.record({ does: fc.constant("wait" as const), milliseconds: fc.constantFrom(10, 200, 400) }),
);

test("whatever comes in whatever order, the address holds the last link or the settings, and a bad link stays to be mended", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(goodLink, badLink), fc.array(step, { maxLength: 12 }), async (first, steps) => {
      const page = await loadPage(first);
      let standing = readHash(first).ok ? null : first;
      for (const taken of steps) {
        if (taken.does === "wait") vi.advanceTimersByTime(taken.milliseconds);
        else if (taken.does === "setSeed") {
          page.setSeed(taken.seed);
          standing = null;
        } else {
          const reading = readHash(taken.link);
          page.goTo(taken.link);
          standing = reading.ok ? null : taken.link;
          if (reading.ok) expect(page.model.draft.value).toEqual(reading.link.config);
        }
      }
      vi.advanceTimersByTime(1000);
      if (standing !== null) {
        expect(page.location.hash).toBe(standing);
        return;
      }
      const { draft, hidden } = page.model;
      expect(readHash(page.location.hash)).toMatchObject({
        ok: true,
        link: { config: draft.value, hide: hidden.value },
      });
    }),
    { numRuns: 60 },
  );
}, 60_000);
