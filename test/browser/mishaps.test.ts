import type { BrowserContext, Page } from "playwright-core";
import puppeteer from "puppeteer-core";
import { expect, onTestFinished, test } from "vitest";
import { en } from "../../web/text/en.ts";
import { browserPath, WEBGPU_FLAGS } from "../support/browsers.ts";
import { press, stepsDone as stepsShown } from "../support/firefox.ts";
import {
  button,
  exportRun,
  logIn,
  QUICK,
  ready,
  steps,
  stepsDone,
  stepsIn,
  tab,
  useSite,
} from "../support/page.ts";

const site = useSite();
const { controls, notices, panels, runs, status } = en;

async function makeStep(page: Page, expected: number): Promise<void> {
  await button(page, controls.step).click();
  await steps(page).toBe(expected);
}

test("a run that is open in another tab is not touched; a copy of it can be gone on with", async () => {
  const { page, context, troubles } = await site.visit(QUICK);
  await ready(page);
  await makeStep(page, 1);
  await page.getByText(status.savedAt(1), { exact: true }).waitFor();
  const second = await context.newPage();
  await second.goto(page.url());
  await button(second, notices.restoreButton).click();
  await second.getByText(notices.titles["run-locked"]).waitFor();
  await button(second, notices.actions.copy).click();
  await steps(second).toBe(1);
  await makeStep(second, 2);
  await tab(second, panels.runs).click();
  await second
    .getByRole("listitem")
    .filter({ hasText: runs.copyOf("chain-arithmetic") })
    .first()
    .waitFor();
  await makeStep(page, 2);
  expect(troubles).toEqual([]);
});

test("a full storage is told with a way to make room, and then nothing that was trained is missing", async () => {
  const { page, context, troubles } = await site.visit(QUICK);
  await ready(page);
  await makeStep(page, 1);
  await page.getByText(status.savedAt(1), { exact: true }).waitFor();
  await limitStorage(context, page, 1000);
  await button(page, controls.step).click();
  await page.getByText(notices.titles["storage-failed"]).waitFor();
  await button(page, notices.actions.openRuns).click();
  await page.getByRole("tabpanel", { name: panels.runs }).waitFor();
  await limitStorage(context, page, null);
  await button(page, controls.step).click();
  await steps(page).toBeGreaterThanOrEqual(2);
  const done = await stepsDone(page);
  await page.getByText(status.savedAt(done), { exact: true }).waitFor();
  const log = logIn(await exportRun(page));
  expect(stepsIn(log)).toEqual(Array.from({ length: done }, (_, step) => step));
  expect(troubles).toEqual([]);
});

/** Lets the page store so many bytes, whatever it stores by now; null: as many as there are. */
async function limitStorage(context: BrowserContext, page: Page, bytes: number | null): Promise<void> {
  const session = await context.newCDPSession(page);
  const { origin } = new URL(page.url());
  await session.send("Storage.overrideQuotaForOrigin", {
    origin,
    ...(bytes === null ? {} : { quotaSize: bytes }),
  });
}

test("a run whose latest checkpoint is damaged is opened at the one before, and that is told", async () => {
  const { page, troubles } = await site.visit(`${QUICK}&train.checkpointEvery=1`);
  await ready(page);
  for (const step of [1, 2]) {
    await makeStep(page, step);
    await page.getByText(status.savedAt(step), { exact: true }).waitFor();
  }
  await page.evaluate(damage, ["chain-arithmetic-stair-cosine-seed0", "checkpoints", "000002"]);
  await page.reload();
  await button(page, notices.restoreButton).click();
  await page.getByText(notices.damagedTitle).waitFor();
  await steps(page).toBe(1);
  await makeStep(page, 2);
  await button(page, notices.dismiss).last().click();
  await page.getByText(notices.damagedTitle).waitFor({ state: "detached" });
  expect(troubles).toEqual([]);
});

/** In the page: leaves a part of a checkpoint's weights. */
async function damage(names: readonly string[]): Promise<void> {
  let folder = await navigator.storage.getDirectory();
  for (const name of names) folder = await folder.getDirectoryHandle(name);
  const stream = await (await folder.getFileHandle("model.safetensors")).createWritable({
    keepExistingData: true,
  });
  await stream.truncate(100);
  await stream.close();
}

test("numbers that go astray stop the run with a way back, under half the learning rate", async () => {
  // Each update makes the weights nine times as large, until they are no numbers any more.
  const { page, troubles } = await site.visit(
    `${QUICK}&rl.learningRate=1&rl.weightDecay=10&rl.entropyCoefficient=0.001`,
  );
  await ready(page);
  await button(page, controls.play).click();
  await page.getByText(notices.titles["numerics-failed"]).waitFor();
  await button(page, notices.actions.slower).click();
  await expect.poll(() => new URL(page.url()).hash).toContain("rl.learningRate=0.5");
  expect(troubles).toEqual([]);
});

test("a hidden tab goes on training, and says how far it went when it is seen again", async () => {
  // By Puppeteer, since Playwright keeps its pages visible whatever lies over them.
  const chromium = await puppeteer.launch({
    executablePath: browserPath("chromium"),
    args: [...WEBGPU_FLAGS, "--no-sandbox"],
  });
  onTestFinished(() => chromium.close());
  const page = await chromium.newPage();
  await page.goto(`${site.server.url}#${QUICK}`);
  await press(page, controls.play);
  await expect.poll(() => stepsShown(page)).toBeGreaterThanOrEqual(1);
  const before = await stepsShown(page);
  const other = await chromium.newPage();
  await other.bringToFront();
  expect(await page.evaluate(() => document.visibilityState)).toBe("hidden");
  await expect.poll(() => stepsShown(page)).toBeGreaterThanOrEqual(before + 5);
  await page.bringToFront();
  const told = await page.waitForSelector("p.notice[role=status]");
  const [steps] = /\d+/.exec((await told!.evaluate((element) => element.textContent))!)!;
  expect(await told!.evaluate((element) => element.textContent)).toBe(status.hiddenTab(Number(steps)));
  expect(Number(steps)).toBeGreaterThanOrEqual(4);
});
