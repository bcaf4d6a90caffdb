import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { createTask } from "../../src/tasks/registry.ts";
import { SETTINGS } from "../../src/train/config-schema.ts";
import { readHash } from "../../web/state/hash.ts";
import { examplePrompt } from "../../web/state/prompt.ts";
import { chartsEn } from "../../web/text/charts.en.ts";
import { de } from "../../web/text/de.ts";
import { en } from "../../web/text/en.ts";
import { insidesEn } from "../../web/text/insides.en.ts";
import { button, openPanel, panelNames, QUICK, ready, SMALL, steps, tab, useSite } from "../support/page.ts";

const site = useSite();
const { controls, notices, panels, presets, runs, share, status } = en;
const { inspector, think } = insidesEn;

test("a problem is thought about at any checkpoint of the run, which goes on as it was", async () => {
  const { page, troubles } = await site.visit(QUICK);
  await ready(page);
  await button(page, controls.step).click();
  await steps(page).toBe(1);
  await openPanel(page, panels.think);
  const panel = page.getByRole("tabpanel", { name: panels.think });
  const problem = examplePrompt(createTask("chain-arithmetic", {}), 1, 0);
  await panel.getByLabel(think.problem).fill("12 ?");
  await button(page, think.ask).click();
  await panel.getByText(think.faults.unknown("?", problem)).waitFor();

  await panel.getByLabel(think.problem).fill(""); // the example that stands there in grey is asked
  await panel.getByRole("combobox", { name: think.checkpoint }).selectOption("000001");
  await panel.getByLabel(think.temperature).fill("0");
  await panel.getByLabel(think.samples).fill("2");
  await button(page, think.ask).click();
  await panel
    .getByRole("heading", { name: problem })
    .getByText(/right: \d+/)
    .waitFor();
  for (const number of [1, 2]) await panel.getByLabel(inspector.response(number), { exact: true }).waitFor();
  await button(page, controls.step).click();
  await steps(page).toBe(2);
  await panel.getByRole("combobox", { name: think.checkpoint }).selectOption("000002");
  expect(troubles).toEqual([]);
});

test("a model is taught from scratch, and RL starts from it", async () => {
  const lessons = "sft.steps=3&sft.batchSize=8&sft.poolBatches=1&sft.maxTokens=100";
  const { page, troubles } = await site.visit(`${SMALL}&${lessons}`);
  await ready(page);
  await tab(page, panels.runs).click();
  await button(page, runs.scratch).click();
  await page.getByText(status.of(0, 3), { exact: true }).waitFor();
  await button(page, controls.play).click();
  await page.getByText(status.states.finished, { exact: true }).waitFor();
  await page.getByRole("figure", { name: chartsEn.figures.loss.title }).waitFor();
  await page.getByRole("button", { name: new RegExp(`^${runs.start}: `) }).click();
  await page.getByText(status.of(0, 16), { exact: true }).waitFor();
  await button(page, controls.step).click();
  await steps(page).toBe(1);
  expect(troubles).toEqual([]);
});

test("a model that is being taught goes on after a reload", async () => {
  const { page, troubles } = await site.visit(`${SMALL}&sft.steps=9&sft.batchSize=4&sft.maxTokens=100`);
  await ready(page);
  await tab(page, panels.runs).click();
  await button(page, runs.scratch).click();
  await page.getByText(status.of(0, 9), { exact: true }).waitFor();
  await button(page, controls.step).click();
  await page.getByText(status.savedAt(1), { exact: true }).waitFor();
  await button(page, controls.step).click();
  await page.getByText(status.savedAt(2), { exact: true }).waitFor();
  await page.reload();
  await button(page, notices.restoreButton).click();
  await page.getByText(status.of(2, 9), { exact: true }).waitFor();
  await button(page, controls.step).click();
  await steps(page).toBe(3);
  expect(troubles).toEqual([]);
});

test("a question is a run with its settings, which stand in the address", async () => {
  const { page, troubles } = await site.visit();
  await ready(page);
  await openPanel(page, panels.questions);
  await button(page, presets.tryThis(presets.questions.drop.question)).click();
  await button(page, controls.skipTrial).click(); // of 128 responses, which take SwiftShader its time
  await page.getByText(status.states.paused, { exact: true }).waitFor();
  await expect.poll(() => new URL(page.url()).hash).toBe("#v=1&schedule.kind=stair");
  await tab(page, panels.runs).click();
  await page
    .getByRole("region", { name: runs.title })
    .getByText(/chain-arithmetic-stair-seed0/)
    .first()
    .waitFor();
  expect(troubles).toEqual([]);
});

test("a link hides what it says, until all is asked for", async () => {
  const { page, troubles } = await site.visit(`${QUICK}&hide=settings,runs,compare,share`);
  const hidden = [
    tab(page, panels.settings),
    tab(page, panels.runs),
    button(page, en.compare.button),
    button(page, share.button),
  ];
  await tab(page, panels.schedule).waitFor();
  for (const part of hidden) expect(await part.count()).toBe(0);
  await button(page, notices.showAll).click();
  for (const part of hidden) await part.waitFor();
  await expect.poll(() => page.url()).not.toContain("hide=");
  expect(troubles).toEqual([]);
});

test("the link that is shared is copied, holds the settings, and hides what is chosen", async () => {
  const { page, context, troubles } = await site.visit(QUICK);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await ready(page);
  await button(page, share.button).click();
  const dialog = page.getByRole("dialog", { name: share.title });
  await dialog.getByLabel(panels.settings).check();
  await dialog.getByRole("img", { name: share.qr }).waitFor();
  await button(page, share.copy).click();
  await dialog.getByText(share.copied).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toBe(await dialog.getByLabel(share.link, { exact: true }).inputValue());
  const reading = readHash(new URL(link).hash);
  expect(reading).toMatchObject({ ok: true, link: { hide: ["settings"], config: { rl: { steps: 400 } } } });
  expect(troubles).toEqual([]);
});

describe("German", () => {
  test("is complete: nothing that the page shows is left in English", async () => {
    const { page, troubles } = await site.visit(QUICK);
    await ready(page);
    await button(page, controls.step).click();
    await steps(page).toBe(1);
    await page.getByRole("combobox", { name: en.look.language }).selectOption("de");
    await expect.poll(() => page.evaluate(() => document.documentElement.lang)).toBe("de");
    const english = englishTexts();
    for (const name of panelNames(de)) {
      await openPanel(page, name, de);
      expect(await leftIn(page, english), name).toEqual([]);
    }
    for (const name of [de.share.button, de.help.button]) {
      await button(page, name).click();
      await page.getByRole("dialog").waitFor();
      expect(await leftIn(page, english), name).toEqual([]);
      await page.keyboard.press("Escape");
    }
    await button(page, de.help.tour).click();
    await page.getByRole("heading", { name: de.insides.tour.stops.controls.title, exact: true }).waitFor();
    expect(await leftIn(page, english), de.help.tour).toEqual([]);
    expect(troubles).toEqual([]);
  });
});

/** Every English text that German has another one for, the explanations of settings included. */
function englishTexts(): string[] {
  const pairs = [...textsOf({ ...en, insides: insidesEn, charts: chartsEn }, de)].filter(
    ([english, german]) => english !== german,
  );
  const known = new Set([...textsOf(de, de)].map(([german]) => german));
  const described = SETTINGS.map(({ description }) => description);
  return [...pairs.map(([english]) => english), ...described].filter(
    (text) => text !== "" && !known.has(text),
  );
}

/** Pairs of texts that stand in the same place in two languages. Words with a number in them are functions, and left out. */
function* textsOf(one: unknown, other: unknown): Generator<[string, unknown]> {
  if (typeof one === "string") yield [one, other];
  if (typeof one !== "object" || one === null) return;
  for (const [key, value] of Object.entries(one)) {
    yield* textsOf(value, (other as Record<string, unknown> | undefined)?.[key]);
  }
}

/** Which of the texts stand in the page, seen or heard. */
function leftIn(page: Page, texts: readonly string[]): Promise<string[]> {
  return page.evaluate((texts) => {
    const wanted = new Set(texts);
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const shown: string[] = [];
    while (walker.nextNode()) {
      const { parentElement, textContent } = walker.currentNode;
      // Values of settings are the same in every language.
      const isValue = parentElement instanceof HTMLOptionElement && parentElement.value === textContent;
      if (!isValue && parentElement?.closest("[lang=en], script, style") == null) shown.push(textContent!);
    }
    for (const name of ["aria-label", "title", "placeholder", "aria-valuetext"]) {
      for (const element of document.querySelectorAll(`[${name}]`)) shown.push(element.getAttribute(name)!);
    }
    return [...new Set(shown.map((text) => text.trim()).filter((text) => wanted.has(text)))];
  }, texts);
}
