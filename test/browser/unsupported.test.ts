import { expect, test } from "vitest";
import { en } from "../../web/text/en.ts";
import { button, steps, tab, useSite, withoutWebGpu } from "../support/page.ts";

const site = useSite();

test("without WebGPU the page says so, and plays a recorded run with everything that it shows", async () => {
  const { page, troubles } = await site.visit("", { prepare: withoutWebGpu });
  await page.getByText(en.notices.titles["webgpu-unavailable"]).waitFor();
  expect(await button(page, en.controls.play).isDisabled()).toBe(true);

  await button(page, `${en.controls.replay}: ${en.recordings.siri}`).click();
  await steps(page).toBeGreaterThanOrEqual(25);
  await button(page, en.controls.pause).click();
  await tab(page, en.panels.samples).click();
  await page.getByText("wait").first().waitFor();
  expect(troubles).toEqual([]);
});
