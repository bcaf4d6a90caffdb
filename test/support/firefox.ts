/** The built page in Firefox, on the Vulkan driver that Node's tests run on. */
import { existsSync } from "node:fs";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { en } from "../../web/text/en.ts";
import { browserPath } from "./browsers.ts";

/** Firefox leaves WebGPU off on Linux; with these it takes any driver, a software driver too. */
const PREFERENCES = {
  "dom.webgpu.enabled": true,
  "gfx.webgpu.force-enabled": true,
  "gfx.webgpu.ignore-blocklist": true,
};

/** Mesa's software driver. Firefox would take the first of all drivers that are installed, some of which find no hardware. */
const LAVAPIPE = ["/usr/share/vulkan/icd.d/lvp_icd.json", "/usr/share/vulkan/icd.d/lvp_icd.x86_64.json"];

/** @param preferences beside those that WebGPU needs. */
export function launchFirefox(preferences: Readonly<Record<string, unknown>> = {}): Promise<Browser> {
  const driver = LAVAPIPE.find((file) => existsSync(file));
  return puppeteer.launch({
    browser: "firefox",
    executablePath: browserPath("firefox"),
    headless: true,
    extraPrefsFirefox: { ...PREFERENCES, ...preferences },
    env: { ...process.env, ...(driver === undefined ? {} : { VK_DRIVER_FILES: driver }) },
  });
}

/** A button by its name, once it can be pressed. */
export function enabled(name: string): string {
  return `::-p-xpath(//button[not(@disabled) and contains(normalize-space(.), "${name}")])`;
}

/** Presses a button as soon as it can be. */
export async function press(page: Page, name: string, timeout = 60_000): Promise<void> {
  const button = await page.waitForSelector(enabled(name), { timeout });
  await button!.click();
}

/** Steps that the run in the page has done. */
export function stepsDone(page: Page): Promise<number> {
  return page.$eval(`progress[aria-label="${en.status.step}"]`, (bar) => (bar as HTMLProgressElement).value);
}
