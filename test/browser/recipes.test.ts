import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { RECIPES } from "../../src/rl/recipes/index.ts";
import { OFFERED } from "../../web/panels/recipes.ts";
import { en } from "../../web/text/en.ts";
import { insidesEn } from "../../web/text/insides.en.ts";
import {
  button,
  exportRun,
  logIn,
  openPanel,
  QUICK,
  ready,
  steps,
  stepsIn,
  useSite,
} from "../support/page.ts";

const site = useSite();
const { app, controls, notices, panels, presets } = en;
const { inspector, recipes, settings, why } = insidesEn;

/** Problems of which the model gets some right within the budget, so that there is something to learn from. */
const EASY = "task.levelWeights=[1,0,0,0]&schedule.lmax=60";

/** Lays a recipe over the settings, by its title. */
async function choose(page: Page, title: string): Promise<void> {
  await openPanel(page, panels.questions);
  const list = page.getByRole("tabpanel", { name: panels.questions });
  const isOpen = await list.getByText(recipes.note).isVisible();
  if (!isOpen) await list.getByText(presets.recipes, { exact: true }).click();
  await list.getByText(app.loading).waitFor({ state: "detached" });
  await button(page, `${recipes.use}: ${title}`).click();
  await button(page, `${recipes.inForce}: ${title}`).waitFor();
}

test("every recipe that trains is offered, with its source and what to watch", async () => {
  const { page, troubles } = await site.visit(QUICK);
  await ready(page);
  await choose(page, RECIPES.dapo!.title);
  for (const { title, source, name } of OFFERED) {
    const item = page
      .getByRole("listitem")
      .filter({ has: page.getByRole("heading", { name: title, exact: true }) });
    await item.getByText(source, { exact: true }).waitFor();
    await item.getByText(recipes.words[name as keyof typeof recipes.words].watch).waitFor();
  }
  expect(troubles).toEqual([]);
});

test.each([
  ["dast", "pairs"],
  ["l1-exact", "tokens/trained"],
] as const)(
  "%s is chosen, stands in the form and in the address, trains, and goes on after a reload",
  async (name, learned) => {
    const { title } = RECIPES[name]!;
    const { page, troubles } = await site.visit(`${QUICK}&${EASY}`);
    await ready(page);
    await choose(page, title);
    await expect.poll(() => new URL(page.url()).hash).toContain(`method.name=${name}`);
    await openPanel(page, panels.settings);
    const form = page.getByRole("tabpanel", { name: panels.settings });
    await expect
      .poll(() => form.getByRole("combobox", { name: recipes.choice, exact: true }).inputValue())
      .toBe(name);
    await form.locator("summary", { hasText: settings.groups.method }).click();
    const field = form.locator("[data-setting='method.name']").getByRole("combobox");
    await expect.poll(() => field.inputValue()).toBe(name);

    for (const step of [1, 2]) {
      await button(page, controls.step).click();
      await steps(page).toBe(step);
    }
    await openPanel(page, panels.samples);
    await page.getByLabel(inspector.response(1), { exact: true }).first().waitFor();
    await openPanel(page, panels.why);
    expect(await page.getByText(why.lossTitle).count()).toBe(name === "dast" ? 0 : 1);

    await page.reload();
    await button(page, notices.restoreButton).click();
    await steps(page).toBe(2);
    await button(page, controls.step).click();
    await steps(page).toBe(3);
    const log = logIn(await exportRun(page));
    expect(stepsIn(log)).toEqual([0, 1, 2]);
    expect(sumOf(log, learned)).toBeGreaterThan(0);
    expect(troubles).toEqual([]);
  },
);

/** The sum of a metric over a log. */
function sumOf(log: readonly Record<string, unknown>[], metric: string): number {
  return log.reduce((sum, line) => sum + Number(line[metric] ?? 0), 0);
}

test("AdaptThink starts from weights of its own, which the page has", async () => {
  const { page, troubles } = await site.visit(QUICK);
  await ready(page);
  await choose(page, RECIPES.adaptthink!.title);
  await expect.poll(() => new URL(page.url()).hash).toContain("init=two-modes");
  await button(page, controls.step).click();
  await steps(page).toBe(1);
  expect(troubles).toEqual([]);
});
