import { expect, test } from "vitest";
import { en } from "../../web/text/en.ts";
import { button, QUICK, ready, steps, tab, useSite } from "../support/page.ts";

const site = useSite();

test("after the first visit the page loads, trains and plays recordings without a network", async () => {
  const { page, context, troubles } = await site.visit(QUICK, { keeps: true });
  await ready(page);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await context.setOffline(true);
  await page.reload();
  await ready(page);
  await button(page, en.controls.step).click();
  await steps(page).toBe(1);
  // The panels that were never opened are there as well.
  for (const name of [en.panels.schedule, en.panels.settings, en.panels.why]) {
    await tab(page, name).click();
    expect(await page.getByText(en.panels.failed).count()).toBe(0);
  }
  const recording = await page.evaluate(async () => (await fetch("recordings/siri.json")).status);
  expect(recording).toBe(200);
  expect(troubles).toEqual([]);
});
