import { describe, expect, test } from "vitest";
import { en } from "../../web/text/en.ts";
import { button, QUICK, ready, steps, stepsDone, useSite } from "../support/page.ts";

const site = useSite();
const { controls, notices } = en;

describe("the main path", () => {
  test("one press of Play trains; pause, one step and one phase do what they say", async () => {
    const { page, troubles } = await site.visit(QUICK);
    await ready(page);
    await button(page, controls.play).click();
    await steps(page).toBeGreaterThanOrEqual(3);
    await button(page, controls.pause).click();
    await button(page, controls.play).waitFor();
    const paused = await stepsDone(page);
    await page.waitForTimeout(1000); // several steps' time
    expect(await stepsDone(page)).toBe(paused);

    await button(page, controls.step).click();
    await steps(page).toBe(paused + 1);
    // Rollout and score leave the step open; the update ends it.
    for (const done of [paused + 1, paused + 1, paused + 2]) {
      await button(page, controls.phase).click();
      await button(page, controls.play).waitFor();
      await steps(page).toBe(done);
    }
    expect(troubles).toEqual([]);
  });
});

test("after a reload the run is offered again and goes on where it was saved", async () => {
  const { page, troubles } = await site.visit(QUICK);
  await ready(page);
  await button(page, controls.play).click();
  await steps(page).toBeGreaterThanOrEqual(2);
  await button(page, controls.pause).click();
  await button(page, controls.play).waitFor();
  const saved = await stepsDone(page);
  await page.reload();
  await button(page, notices.restoreButton).click();
  await steps(page).toBe(saved);
  await button(page, controls.step).click();
  await steps(page).toBe(saved + 1);
  expect(troubles).toEqual([]);
});
