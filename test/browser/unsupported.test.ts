import type { BrowserContext } from "playwright-core";
import { expect, test } from "vitest";
import { en } from "../../web/text/en.ts";
import { button, steps, tab, useSite } from "../support/page.ts";

const site = useSite();

/** A browser without WebGPU has no such property; the page's worker is who looks for it. */
function withoutWebGpu(context: BrowserContext): Promise<unknown> {
  return context.route(/trainer\.worker.*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({
      response,
      body: `delete WorkerNavigator.prototype.gpu;\n${await response.text()}`,
    });
  });
}

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
