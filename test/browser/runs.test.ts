import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { en } from "../../web/text/en.ts";
import { button, exportRun, logIn, QUICK, ready, steps, stepsIn, tab, useSite } from "../support/page.ts";

const site = useSite();
const { compare, controls, panels, runs } = en;

test("one click trains a fixed L and SIRI with the same seed, and draws both", async () => {
  const { page, troubles } = await site.visit(QUICK);
  await ready(page);
  await button(page, compare.button).click();
  await steps(page).toBeGreaterThanOrEqual(3);
  await button(page, controls.pause).click();
  await button(page, controls.play).waitFor();
  await tab(page, panels.runs).click();
  const stored = page.getByRole("region", { name: runs.title }).getByRole("listitem");
  await expect.poll(() => stored.count()).toBe(2);
  await expect.poll(() => stored.filter({ hasText: "constant" }).count()).toBe(1);
  const drawn = page.getByRole("region", { name: runs.title }).getByRole("checkbox", { checked: true });
  expect(await drawn.count()).toBe(2);
  expect(troubles).toEqual([]);
});

test("a run that is exported, deleted and imported again goes on where it was; another is dropped in", async () => {
  const { page, troubles } = await site.visit(QUICK);
  await ready(page);
  for (const step of [1, 2]) {
    await button(page, controls.step).click();
    await steps(page).toBe(step);
  }
  const zip = await exportRun(page);
  expect(stepsIn(logIn(zip))).toEqual([0, 1]);

  page.once("dialog", (dialog) => void dialog.accept());
  await page.getByRole("button", { name: new RegExp(`^${runs.remove}`) }).click();
  await page.getByText(runs.empty).waitFor();
  await page.getByLabel(runs.import).setInputFiles(zip);
  await page.getByRole("button", { name: new RegExp(`^${runs.open}`) }).click();
  await steps(page).toBe(2);
  await button(page, controls.step).click();
  await steps(page).toBe(3);

  await dropFile(page, zip);
  const stored = page.getByRole("region", { name: runs.title }).getByRole("listitem");
  await expect.poll(() => stored.count()).toBe(2);
  await stored.filter({ hasText: runs.steps(2, 400) }).waitFor();
  expect(troubles).toEqual([]);
});

/** Drops a file onto the middle of the page. */
async function dropFile(page: Page, path: string): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    (bytes) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(bytes)], "dropped.zip", { type: "application/zip" }));
      return transfer;
    },
    [...readFileSync(path)],
  );
  for (const type of ["dragenter", "dragover", "drop"]) {
    await page.dispatchEvent("main", type, { dataTransfer });
  }
}
