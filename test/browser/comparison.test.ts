import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { en } from "../../web/text/en.ts";
import { insidesEn } from "../../web/text/insides.en.ts";
import { button, QUICK, ready, steps, tab, useSite, withoutWebGpu } from "../support/page.ts";

const site = useSite();
const { controls, notices, panels, runs } = en;
const { comparison: words } = insidesEn;
/** Three runs of a comparison, of 45 steps each. */
const FILE = fileURLToPath(new URL("../fixtures/web/curves.jsonl", import.meta.url));
const [SIRI, GRPO, THINKPRUNE] = (["siri-cosine-T80", "grpo", "thinkprune"] as const).map((entry) =>
  words.run(entry, 0),
) as [string, string, string];

/** The rows of the runs panel that are of recorded runs. */
function recorded(page: Page) {
  const rows = page.getByRole("region", { name: runs.title }).getByRole("listitem");
  return rows.filter({ hasText: words.recorded });
}

test("without WebGPU the runs of a comparison are replayed and drawn over each other", async () => {
  const { page, troubles } = await site.visit("", { prepare: withoutWebGpu });
  await page.getByText(notices.titles["webgpu-unavailable"]).waitFor();
  await page.getByLabel(words.open).setInputFiles(FILE);
  await button(page, words.replayOf(SIRI)).click();
  await steps(page).toBe(45);
  await tab(page, panels.runs).click();
  await recorded(page).filter({ hasText: SIRI }).filter({ hasText: runs.current }).waitFor();

  await page.getByLabel(words.open).setInputFiles(FILE);
  for (const run of [GRPO, THINKPRUNE]) await page.getByLabel(words.choose(run)).check();
  await button(page, words.draw).click();
  await expect.poll(() => recorded(page).count()).toBe(3);
  for (const run of [SIRI, GRPO, THINKPRUNE]) {
    await page.locator(".chart-legend summary", { hasText: run }).first().waitFor();
  }
  await tab(page, panels.samples).click();
  await page.getByText(insidesEn.inspector.notKept).waitFor();
  await tab(page, panels.why).click();
  await page.getByRole("region", { name: insidesEn.why.title }).waitFor();

  await page.reload();
  await page.getByText(notices.titles["webgpu-unavailable"]).waitFor();
  await button(page, words.published).click();
  for (const name of ["siri-cosine", "thinkprune"]) {
    await button(page, words.replayOf(words.run(name, 1))).waitFor();
  }
  await page.keyboard.press("Escape");
  expect(await button(page, controls.play).isDisabled()).toBe(true);
  expect(troubles).toEqual([]);
});

test("a comparison that is dropped in is laid over a run that trains; a file that is none is refused", async () => {
  const { page, troubles } = await site.visit(QUICK);
  await ready(page);
  await button(page, controls.step).click();
  await steps(page).toBe(1);
  await drop(page, "curves.jsonl", readFileSync(FILE, "utf8"));
  await page.getByLabel(words.choose(GRPO)).check();
  await button(page, words.draw).click();
  await recorded(page).filter({ hasText: GRPO }).waitFor();
  await button(page, controls.step).click();
  await steps(page).toBe(2);
  await button(page, `${words.takeOff}: ${GRPO}`).click();
  await expect.poll(() => recorded(page).count()).toBe(0);

  await drop(page, "metrics.jsonl", '{"type":"step","step":0}\n');
  const notice = page.getByRole("alert").filter({ hasText: notices.titles["input-invalid"] });
  await notice.getByText("metrics.jsonl, line 1: cell is missing").waitFor();
  expect(troubles).toEqual([]);
});

/** Drops a file of text onto the middle of the page. */
async function drop(page: Page, name: string, text: string): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    ([name, text]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], name));
      return transfer;
    },
    [name, text] as const,
  );
  await page.dispatchEvent("main", "drop", { dataTransfer });
}
