import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { en } from "../../web/text/en.ts";
import { insidesEn } from "../../web/text/insides.en.ts";
import { button, openPanel, panelNames, QUICK, ready, steps, stepsDone, useSite } from "../support/page.ts";

const site = useSite();
const { controls, help, look, share } = en;
const { tour } = insidesEn;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Violations that keep people out, each with the elements that it is about. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations: found, passes } = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } };
    return axe.run();
  });
  expect(passes, "rules that axe found kept").not.toHaveLength(0);
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
}

// A page that has trained two steps, for all tests that change nothing in it but what is seen: the first makes it.
let trained: Page;

describe("axe finds nothing serious", () => {
  test("in the dialogs and in presenter mode", async () => {
    const { page } = await site.visit(QUICK, { stays: true });
    await ready(page);
    for (const step of [1, 2]) {
      await button(page, controls.step).click();
      await steps(page).toBe(step);
    }
    trained = page;
    for (const name of [help.button, share.button]) {
      await button(page, name).click();
      await page.getByRole("dialog").waitFor();
      expect(await violations(page), name).toEqual([]);
      await page.keyboard.press("Escape");
    }
    await button(page, look.presenter).click();
    expect(await violations(page), look.presenter).toEqual([]);
    await button(page, look.presenter).click();
  });

  test("in any panel, in light and in dark, wide and narrow", async () => {
    const page = trained;
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const name of panelNames()) {
        await openPanel(page, name);
        expect(await violations(page), `${name}, ${colorScheme}`).toEqual([]);
      }
    }
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await violations(page), "narrow").toEqual([]);
    for (const name of panelNames()) {
      await openPanel(page, name);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, `pixels by which ${name} is too wide`).toBeLessThanOrEqual(0);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  });
});

describe("the keyboard", () => {
  test("space, full stop and comma train; r resets; s saves; ? helps", async () => {
    const { page, troubles } = await site.visit(QUICK);
    await ready(page);
    await page.keyboard.press(" ");
    await steps(page).toBeGreaterThanOrEqual(1);
    await page.keyboard.press(" ");
    await button(page, controls.play).waitFor();
    const paused = await stepsDone(page);
    await page.keyboard.press(".");
    await steps(page).toBe(paused + 1);
    for (let phase = 0; phase < 3; phase++) {
      await page.keyboard.press(",");
      await button(page, controls.play).waitFor();
    }
    await steps(page).toBe(paused + 2);
    await page.keyboard.press("s");
    await page.getByText(en.status.savedAt(paused + 2), { exact: true }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: help.title }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("r");
    await steps(page).toBe(0);
    expect(troubles).toEqual([]);
  });

  test("the tour goes through all its stops with the space bar, back with ←, and Escape leaves it", async () => {
    const { page, troubles } = await site.visit(QUICK);
    await ready(page);
    const start = button(page, help.tour);
    const card = page.getByRole("dialog", { name: tour.stops.controls.title });
    await start.press("Enter");
    await card.waitFor();
    await page.keyboard.press(" ");
    await card.waitFor({ state: "detached" });
    await page.keyboard.press("ArrowLeft");
    await card.waitFor();
    const { length } = Object.keys(tour.stops);
    for (let stop = 1; stop <= length; stop++) {
      await page.getByText(tour.place(stop, length), { exact: true }).waitFor();
      await page.keyboard.press(" ");
    }
    expect(await page.getByRole("dialog").count()).toBe(0);
    await start.press("Enter");
    await card.waitFor();
    await page.keyboard.press("Escape");
    await card.waitFor({ state: "detached" });
    expect(await start.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(troubles).toEqual([]);
  });

  test("Tab reaches everything that can be clicked, and the focus is seen", async () => {
    const page = trained;
    for (const name of panelNames()) {
      await openPanel(page, name);
      const { missed, unseen } = await walkFocus(page);
      expect(missed, `out of reach in ${name}`).toEqual([]);
      expect(unseen, `focus not seen in ${name}`).toEqual([]);
    }
  });
});

/** Presses Tab through the whole page: which controls never had the focus, and which had it without an outline or shadow. */
async function walkFocus(page: Page): Promise<{ missed: string[]; unseen: string[] }> {
  await expect.poll(() => page.getByText(en.app.loading).count()).toBe(0); // charts come by themselves
  await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    window.scrollTo(0, 0);
  });
  const count = await page.evaluate(() => document.querySelectorAll("*").length);
  const unseen: string[] = [];
  for (let press = 0; press < count; press++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      if (element === document.body) return { isSeen: true, html: "" }; // between the end of the page and its start
      if (element.dataset.walked !== undefined) return null;
      element.dataset.walked = "";
      const { outlineStyle, boxShadow } = getComputedStyle(element);
      const isSeen = outlineStyle !== "none" || boxShadow !== "none" || element.matches(".unseen, .skip, g");
      return { isSeen, html: element.outerHTML.slice(0, 120) };
    });
    if (at === null) break;
    if (!at.isSeen) unseen.push(at.html);
  }
  const missed = await page.evaluate(() => {
    const controls = [
      ...document.querySelectorAll<HTMLElement>("button, a[href], input, select, textarea, summary"),
    ];
    const isReachable = (element: HTMLElement) => {
      if (element.dataset.walked !== undefined || element.matches(":disabled") || !element.checkVisibility())
        return true;
      // One tab and one radio button of a group stand for all: arrow keys lead to the others.
      if (element.getAttribute("role") === "tab") return true;
      const { type, name } = element as HTMLInputElement;
      return (
        type === "radio" && document.querySelector(`input[name="${name}"][data-walked]:checked`) !== null
      );
    };
    return controls
      .filter((element) => !isReachable(element))
      .map((element) => element.outerHTML.slice(0, 120));
  });
  await page.evaluate(() => {
    for (const element of document.querySelectorAll("[data-walked]")) element.removeAttribute("data-walked");
  });
  return { missed, unseen };
}
