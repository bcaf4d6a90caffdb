import { readFileSync } from "node:fs";
import { unzipSync } from "fflate";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { en } from "../../web/text/en.ts";
import { jsonLines } from "../support/cli.ts";
import { button, QUICK, ready, steps, tab, useSite } from "../support/page.ts";

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

test("a run that is exported, deleted and imported again goes on where it was", async () => {
  const { page, troubles } = await site.visit(QUICK);
  await ready(page);
  for (const step of [1, 2]) {
    await button(page, controls.step).click();
    await steps(page).toBe(step);
  }
  await tab(page, panels.runs).click();
  const zip = await exportedZip(page);
  const files = unzipSync(readFileSync(zip));
  expect(stepsOf(files)).toEqual([0, 1]);

  page.once("dialog", (dialog) => void dialog.accept());
  await page.getByRole("button", { name: new RegExp(`^${runs.remove}`) }).click();
  await page.getByText(runs.empty).waitFor();
  await page.getByLabel(runs.import).setInputFiles(zip);
  await page.getByRole("button", { name: new RegExp(`^${runs.open}`) }).click();
  await steps(page).toBe(2);
  await button(page, controls.step).click();
  await steps(page).toBe(3);
  expect(troubles).toEqual([]);
});

/** Path of the zip that the page saves of its only run. */
async function exportedZip(page: Page): Promise<string> {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: new RegExp(`^${runs.export}: `) }).click();
  return (await download).path();
}

/** Steps that the log in a run's zip holds, whatever folder they lie in. */
function stepsOf(files: Readonly<Record<string, Uint8Array>>): unknown[] {
  const path = Object.keys(files).find((name) => name.endsWith("metrics.jsonl"))!;
  const lines = jsonLines(new TextDecoder().decode(files[path]));
  return lines.filter(({ type }) => type === "step").map(({ step }) => step);
}
