import { readFileSync } from "node:fs";
import { strToU8, unzipSync, zipSync } from "fflate";
import { expect, test } from "vitest";
import { PRESETS } from "../../src/train/presets.ts";
import { en } from "../../web/text/en.ts";
import { button, exportRun, openPanel, steps, tab, useSite, withoutWebGpu } from "../support/page.ts";

const site = useSite();

test("without WebGPU the page says so, and plays a recorded run with everything that it shows", async () => {
  const { page, troubles } = await site.visit("", { prepare: withoutWebGpu });
  await page.getByText(en.notices.titles["webgpu-unavailable"]).waitFor();
  expect(await button(page, en.controls.play).isDisabled()).toBe(true);

  await button(page, `${en.controls.replay}: ${en.recordings.siri}`).click();
  await steps(page).toBeGreaterThanOrEqual(25);
  await button(page, en.controls.pause).click();
  await tab(page, en.panels.samples).click();
  await page.getByText("wait").first().waitFor();

  await openPanel(page, en.panels.questions);
  const question = en.presets.tryThis(en.presets.questions.drop.question);
  expect(await button(page, question).isDisabled()).toBe(true);
  expect(troubles).toEqual([]);
});

test("without WebGPU runs are imported, listed and taken out as ever", async () => {
  const { page, troubles } = await site.visit("", { prepare: withoutWebGpu });
  await page.getByText(en.notices.titles["webgpu-unavailable"]).waitFor();
  await openPanel(page, en.panels.runs);
  const config = strToU8(JSON.stringify(PRESETS.smoke));
  const zip = {
    name: "toy.zip",
    mimeType: "application/zip",
    buffer: Buffer.from(zipSync({ "config.json": config })),
  };
  await page.getByLabel(en.runs.import).setInputFiles(zip);
  const drawn = page.getByRole("checkbox", { name: en.runs.show("toy") });
  await expect.poll(() => drawn.isChecked()).toBe(true);

  await page.reload();
  await openPanel(page, en.panels.runs);
  await drawn.waitFor();
  const files = unzipSync(readFileSync(await exportRun(page)));
  expect(Object.keys(files).some((name) => name.endsWith("config.json"))).toBe(true);
  expect(troubles).toEqual([]);
});
