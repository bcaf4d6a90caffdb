import { readFileSync } from "node:fs";
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import type { StepRecord } from "../../src/train/records.ts";
import { composeConfig } from "../../src/train/settings.ts";
import { chartsEn } from "../../web/text/charts.en.ts";
import { de } from "../../web/text/de.ts";
import { en } from "../../web/text/en.ts";
import { insidesEn } from "../../web/text/insides.en.ts";
import { jsonLines } from "../support/cli.ts";
import { button, QUICK, ready, steps, tab, useSite } from "../support/page.ts";

const site = useSite();
const charts = chartsEn;
const { controls, look, panels, runs } = en;
const { schedule, settings } = insidesEn;
const { accuracy, length } = charts.figures;

const RUN = "chain-arithmetic-constant-seed0";
/** What is changed after the first step. */
const CHANGE = "schedule.lmax 40 → 30";
/** The budgets of the two steps. */
const CAPS = [40, 30];

// One run for all of the file: the first test makes it.
let page: Page;
let troubles: string[];

function figure(title: string): Locator {
  return page.getByRole("figure", { name: title });
}

describe("a schedule that is edited in mid-run", () => {
  test("counts from the next step and leaves a marker", async () => {
    const hash = `${QUICK}&schedule.kind=constant&train.samplesEvery=1`;
    ({ page, troubles } = await site.visit(hash, { stays: true }));
    await ready(page);
    await button(page, controls.step).click();
    await steps(page).toBe(1);
    await tab(page, panels.schedule).click();
    await page.getByRole("slider", { name: schedule.handles.lmax }).press("Shift+ArrowDown");
    await button(page, settings.apply).click();
    await button(page, settings.apply).waitFor({ state: "detached" });
    await button(page, controls.step).click();
    await steps(page).toBe(2);
    await figure(length.title)
      .getByRole("listitem")
      .getByText(charts.changed(1, CHANGE), { exact: true })
      .waitFor();
    expect(await tableOf(length.title, charts.curves.budget.name)).toEqual(CAPS.map(String));
    expect(troubles).toEqual([]);
  });

  test("is read off with the arrow keys, in all charts at once", async () => {
    const cursor = page.getByRole("slider", { name: charts.cursor(length.title) });
    const readings = [length, accuracy].map(({ title }) => figure(title).locator(".chart-reading"));
    await cursor.focus();
    await cursor.press("Home");
    for (const reading of readings) await reading.getByText(charts.atStep(0)).waitFor();
    await cursor.press("ArrowRight");
    for (const reading of readings) await reading.getByText(charts.atStep(1)).waitFor();
    const spoken = await cursor.getAttribute("aria-valuetext");
    expect(spoken).toContain(charts.changed(1, CHANGE));
    expect(spoken).toContain(`${charts.curves.budget.name} ${CAPS[1]}`);
    expect(await cursor.getAttribute("aria-valuenow")).toBe("1");
  });
});

test("what stands on the canvas is in the language that is chosen, too", async () => {
  const drawn = () => page.evaluate(() => (globalThis as { drawn?: string[] }).drawn!.join(" | "));
  await page.evaluate(() => {
    const words: string[] = [];
    Object.assign(globalThis, { drawn: words });
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
      words.push(text);
      return fillText.call(this, text, ...place);
    };
  });
  await page.getByLabel(look.language).selectOption("de");
  await expect.poll(drawn).toContain(`${de.charts.step} 0`);
  await expect.poll(drawn).toContain("100\u00a0%");
  await page.getByLabel(de.look.language).selectOption("en");
  await expect.poll(drawn).toContain(`${charts.step} 0`);
});

describe("what is taken out", () => {
  test("a chart as SVG has the settings in its caption, and the change", async () => {
    const svg = (await saved(charts.saveOf(charts.saveSvg, length.title))).toString();
    expect(svg).toMatch(/^<svg /);
    const { error, text } = await page.evaluate((source) => {
      const parsed = new DOMParser().parseFromString(source, "image/svg+xml");
      const texts = [...parsed.querySelectorAll("text")].map(({ textContent }) => textContent);
      return { error: parsed.querySelector("parsererror")?.textContent, text: texts.join(" ") };
    }, svg);
    expect(error).toBeUndefined();
    const parts = [
      length.title,
      RUN,
      "schedule.kind constant",
      "schedule.lmax 30",
      charts.changed(1, CHANGE),
    ];
    for (const part of parts) expect(text).toContain(part);
  });

  test("a chart as PNG is the same picture, with twice the pixels", async () => {
    const svg = (await saved(charts.saveOf(charts.saveSvg, accuracy.title))).toString();
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!.map(Number);
    const png = await saved(charts.saveOf(charts.savePng, accuracy.title));
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2 * width!, 2 * height!]);
    expect(png.length).toBeGreaterThan(10_000); // an empty one is smaller
  });

  test("metrics as CSV and JSONL hold every step", async () => {
    await tab(page, panels.runs).click();
    const csv = (await saved(charts.saveOf("CSV", charts.metricsOf(RUN)))).toString();
    const [head, ...rows] = csv
      .trimEnd()
      .split("\r\n")
      .map((row) => row.split(","));
    const column = (name: string) =>
      rows.filter(([type]) => type === "step").map((row) => row[head!.indexOf(name)]);
    expect(column("step")).toEqual(["0", "1"]);
    expect(column("cap")).toEqual(CAPS.map(String));
    const lines = jsonLines((await saved(charts.saveOf("JSONL", charts.metricsOf(RUN)))).toString());
    expect(lines.map(({ type, step }) => `${type} ${step}`)).toEqual([
      "eval 0",
      "step 0",
      "marker 1",
      "step 1",
    ]);
    expect(column("reward")).toEqual(
      lines.filter(({ type }) => type === "step").map(({ reward }) => `${reward}`),
    );
  });

  test("responses as JSONL, and settings that the command line takes", async () => {
    const samples = jsonLines((await saved(`${runs.samples}: ${RUN}`)).toString());
    expect(samples).toHaveLength(2 * 2 * 4);
    for (const { step, cap, length, tokens } of samples as unknown as StepRecord["samples"]) {
      expect(cap).toBe(CAPS[step]);
      expect(tokens).toHaveLength(length);
      expect(length).toBeLessThanOrEqual(cap);
    }
    const file = JSON.parse((await saved(`${runs.settings}: ${RUN}`)).toString());
    expect(composeConfig({ file }).schedule).toMatchObject({ kind: "constant", lmax: 30 });
    expect(troubles).toEqual([]);
  });
});

/** What the page saves when a button is pressed. */
async function saved(name: string): Promise<Buffer> {
  const download = page.waitForEvent("download");
  await button(page, name).click();
  return readFileSync(await (await download).path());
}

/** A column of a chart's table, step by step. */
async function tableOf(title: string, column: string): Promise<string[]> {
  await figure(title).getByText(charts.table).click();
  const table = figure(title).getByRole("table");
  await table.waitFor();
  const heads = await table.getByRole("columnheader").allTextContents();
  const at = heads.indexOf(column);
  const rows = await table.locator("tbody tr").all();
  return Promise.all(rows.map((row) => row.locator("th, td").nth(at).innerText()));
}
