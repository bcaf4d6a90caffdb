import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { en } from "../../web/text/en.ts";
import { launchFirefox } from "../support/firefox.ts";
import { PAGE_FOLDER, QUICK } from "../support/page.ts";
import { type StaticServer, serveFolder } from "../support/static-server.ts";

const { controls, notices, status } = en;
let server: StaticServer;
let browser: Browser;

beforeAll(async () => {
  server = await serveFolder(PAGE_FOLDER);
  browser = await launchFirefox();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

test("Firefox loads, plays, pauses, makes a step, and restores the run after a reload", async () => {
  const page = await browser.newPage();
  const troubles: string[] = [];
  page.on("pageerror", (error) => troubles.push(String(error)));
  await page.goto(`${server.url}#${QUICK}`);
  await press(page, controls.play);
  await expect.poll(() => stepsDone(page), { timeout: 90_000 }).toBeGreaterThanOrEqual(3);
  await press(page, controls.pause);
  await page.waitForSelector(enabled(controls.play));
  const paused = await stepsDone(page);
  await press(page, controls.step);
  await expect.poll(() => stepsDone(page), { timeout: 30_000 }).toBe(paused + 1);
  await page.waitForSelector(enabled(controls.play));

  await page.reload();
  await press(page, notices.restoreButton);
  await expect.poll(() => stepsDone(page), { timeout: 60_000 }).toBe(paused + 1);
  await press(page, controls.step);
  await expect.poll(() => stepsDone(page), { timeout: 60_000 }).toBe(paused + 2);
  expect(troubles).toEqual([]);
});

/** A button by its name, once it can be pressed. */
function enabled(name: string): string {
  return `::-p-xpath(//button[not(@disabled) and contains(normalize-space(.), "${name}")])`;
}

async function press(page: Page, name: string): Promise<void> {
  const button = await page.waitForSelector(enabled(name), { timeout: 60_000 });
  await button!.click();
}

function stepsDone(page: Page): Promise<number> {
  return page.$eval(`progress[aria-label="${status.step}"]`, (bar) => (bar as HTMLProgressElement).value);
}
