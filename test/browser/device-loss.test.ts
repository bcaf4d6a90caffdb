import { readFileSync } from "node:fs";
import { unzipSync } from "fflate";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { en } from "../../web/text/en.ts";
import { jsonLines, withoutTimes } from "../support/cli.ts";
import { button, ready, SMALL, steps, stepsDone, tab, useSite } from "../support/page.ts";

const site = useSite();
const { controls, notices, panels, runs, status } = en;

/** Few enough for two runs to be trained to their end. */
const STEPS = 20;

test("a GPU process that crashes in mid-run costs nothing: the run goes on by itself and ends as an undisturbed one", async () => {
  const undisturbed = await trainedLog(async () => {});
  const disturbed = await trainedLog(async (page) => {
    await steps(page).toBeGreaterThanOrEqual(5);
    const session = await site.browser.newBrowserCDPSession();
    await session.send("Browser.crashGpuProcess");
    await page.getByRole("region", { name: notices.label }).getByText(notices.regained).waitFor();
  });
  expect(disturbed).toEqual(undisturbed);
});

/** Trains the run to its end while something happens to it, and gives its log. */
async function trainedLog(meanwhile: (page: Page) => Promise<void>): Promise<Record<string, unknown>[]> {
  const { page, context, troubles } = await site.visit(`${SMALL}&rl.steps=${STEPS}`);
  await ready(page);
  await button(page, controls.play).click();
  await meanwhile(page);
  await page.getByText(status.states.finished, { exact: true }).waitFor({ timeout: 90_000 });
  expect(await stepsDone(page)).toBe(STEPS);
  await tab(page, panels.runs).click();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: new RegExp(`^${runs.export}: `) }).click();
  const files = unzipSync(readFileSync(await (await download).path()));
  const log = Object.keys(files).find((name) => name.endsWith("metrics.jsonl"))!;
  expect(troubles).toEqual([]);
  await context.close();
  return jsonLines(new TextDecoder().decode(files[log])).map(withoutTimes);
}
