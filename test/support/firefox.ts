/** The built page in Firefox, on the Vulkan driver that Node's tests run on. */
import { existsSync } from "node:fs";
import puppeteer, { type Browser } from "puppeteer-core";
import { browserPath } from "./browsers.ts";

/** Firefox leaves WebGPU off on Linux; with these it takes any driver, a software driver too. */
const PREFERENCES = {
  "dom.webgpu.enabled": true,
  "gfx.webgpu.force-enabled": true,
  "gfx.webgpu.ignore-blocklist": true,
};

/** Mesa's software driver. Firefox would take the first of all drivers that are installed, some of which find no hardware. */
const LAVAPIPE = ["/usr/share/vulkan/icd.d/lvp_icd.json", "/usr/share/vulkan/icd.d/lvp_icd.x86_64.json"];

export function launchFirefox(): Promise<Browser> {
  const driver = LAVAPIPE.find((file) => existsSync(file));
  return puppeteer.launch({
    browser: "firefox",
    executablePath: browserPath("firefox"),
    headless: true,
    extraPrefsFirefox: PREFERENCES,
    env: { ...process.env, ...(driver === undefined ? {} : { VK_DRIVER_FILES: driver }) },
  });
}
