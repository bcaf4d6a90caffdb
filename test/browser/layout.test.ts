import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { chartsEn } from "../../web/text/charts.en.ts";
import { de } from "../../web/text/de.ts";
import { en } from "../../web/text/en.ts";
import { button, QUICK, ready, useSite } from "../support/page.ts";

const site = useSite();
const charts = chartsEn;
const { app, controls, help, look, notices, view } = en;

const plot = (page: Page, id: "length" | "accuracy") =>
  page.getByRole("slider", { name: charts.cursor(charts.figures[id].title) });

/** Pixels from the top of the window to the lower edge of an element. */
async function bottomOf(locator: Locator): Promise<number> {
  const { y, height } = (await locator.boundingBox())!;
  return y + height;
}

/** Whether anything is drawn on a canvas. */
function isDrawn(plot: Locator): Promise<boolean> {
  return plot.locator("canvas").evaluate((canvas) => {
    const { width, height } = canvas as HTMLCanvasElement;
    const { data } = (canvas as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height);
    return data.some((value) => value !== 0);
  });
}

/** Elements whose words are wider than the box that hides what overflows. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("button, dt, dd, th, td, p, h1, h2, h3, label, summary")]
      .filter((element) => element.checkVisibility() && !element.matches(".unseen, .unseen *"))
      .filter((element) => getComputedStyle(element).overflowX !== "visible")
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
      .map((element) => element.outerHTML.slice(0, 120)),
  );
}

describe("at 1280 × 900", () => {
  test("both charts are drawn before Play, and seen with the controls without scrolling", async () => {
    const { page } = await site.visit(QUICK);
    await ready(page);
    await page.getByRole("button", { name: notices.dismiss }).click();
    for (const id of ["length", "accuracy"] as const) {
      await expect.poll(() => isDrawn(plot(page, id))).toBe(true);
      expect(await bottomOf(plot(page, id)), id).toBeLessThanOrEqual(900);
    }
    expect(await cutOff(page)).toEqual([]);
  });

  test("presenter mode has room for both charts on a projector of 1280 × 720, and ends where it began", async () => {
    const { page } = await site.visit(QUICK);
    await ready(page);
    await page.getByRole("button", { name: notices.dismiss }).click();
    await page.setViewportSize({ width: 1280, height: 720 });
    await button(page, look.presenter).click();
    await expect.poll(() => bottomOf(plot(page, "accuracy"))).toBeLessThanOrEqual(720);
    expect(await page.getByRole("tab").count()).toBe(0);
    expect(await button(page, controls.play).isVisible()).toBe(true);
    await button(page, look.presenter).click();
    await expect.poll(() => page.getByRole("tab").count()).toBeGreaterThan(0);
  });
});

describe("at 360 × 740", () => {
  test("Play and how it stands are seen first, and the menu works by keyboard", async () => {
    const { page } = await site.visit(QUICK);
    await page.setViewportSize({ width: 360, height: 740 });
    await ready(page);
    expect(await bottomOf(page.getByRole("progressbar", { name: en.status.step }))).toBeLessThanOrEqual(740);
    expect(await button(page, help.button).isVisible()).toBe(false);
    await button(page, app.menu).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(en.share.button);
    await page.keyboard.press("Escape");
    await button(page, help.button).waitFor({ state: "hidden" });
    await button(page, app.menu).click();
    await button(page, help.button).click();
    await page.getByRole("dialog", { name: help.title }).waitFor();
    expect(await cutOff(page)).toEqual([]);
  });

  test("German has room, too", async () => {
    const { page } = await site.visit(QUICK);
    await page.setViewportSize({ width: 360, height: 740 });
    await ready(page);
    await button(page, app.menu).click();
    await page.getByLabel(look.language).selectOption("de");
    await page.getByText(de.view.label).first().waitFor({ state: "attached" });
    for (const name of [de.panels.questions, de.panels.schedule, de.panels.settings, de.panels.why]) {
      await page.getByRole("tab", { name, exact: true }).click();
      await page.getByText(de.app.loading).waitFor({ state: "detached" });
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      ).toBeLessThanOrEqual(0);
      expect(await cutOff(page), name).toEqual([]);
    }
  });
});

test("what the keyboard reaches below the controls is not hidden by them", async () => {
  const { page } = await site.visit(QUICK);
  await ready(page);
  await expect.poll(() => page.getByText(app.loading).count()).toBe(0); // what comes later moves what is below
  await page.getByText(view.more, { exact: true }).focus();
  await page.keyboard.press("Shift+Tab");
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  for (let press = 0; press < 6; press++) {
    await page.keyboard.press("Shift+Tab");
    const [top, controlsBottom] = await page.evaluate(() => [
      document.activeElement!.getBoundingClientRect().top,
      document.getElementById("controls")!.getBoundingClientRect().bottom,
    ]);
    expect(top).toBeGreaterThanOrEqual(controlsBottom!);
  }
});
