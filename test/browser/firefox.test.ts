import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { en } from "../../web/text/en.ts";
import { enabled, launchFirefox, press, stepsDone } from "../support/firefox.ts";
import { PAGE_FOLDER, QUICK } from "../support/page.ts";
import { type StaticServer, serveFolder } from "../support/static-server.ts";

const { controls, notices } = en;
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
  page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
  await page.goto(`${server.url}#${QUICK}`);
  await press(page, controls.play);
  await expect.poll(() => stepsDone(page), { timeout: 90_000 }).toBeGreaterThanOrEqual(3);
  await press(page, controls.pause);
  await page.waitForSelector(enabled(controls.play));
  const paused = await stepsDone(page);
  await sleep(1000); // several steps' time
  expect(await stepsDone(page)).toBe(paused);
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
