/** The built page in Chromium, for the tests of the browser project. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { unzipSync } from "fflate";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { en, type Strings } from "../../web/text/en.ts";
import { browserPath, WEBGPU_FLAGS } from "./browsers.ts";
import { jsonLines } from "./cli.ts";
import { type StaticServer, serveFolder } from "./static-server.ts";

export const PAGE_FOLDER = fileURLToPath(new URL("../../dist/web", import.meta.url));

/** Milliseconds that something may take on two cores that have other work to do as well. */
export const PATIENCE = 60_000;

/** Settings of a link under which a step takes a fraction of a second. */
export const SMALL =
  "preset=smoke&schedule.lmax=40&schedule.lmin=24&rl.promptsPerStep=2&rl.groupSize=4" +
  "&eval.every=0&eval.problemsPerLevel=1&train.checkpointEvery=0";
/** The same with more steps than any test waits for. */
export const QUICK = `${SMALL}&rl.steps=400`;

/** A tab with the page in it. */
export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What went wrong in the page: exceptions, errors on the console, and requests beyond its own folder. */
  readonly troubles: string[];
}

export interface VisitOptions {
  /** Done before the page is loaded. */
  readonly prepare?: (context: BrowserContext) => Promise<unknown>;
  /** Whether the page may be kept for offline use; it costs each visit a load of everything. */
  readonly keeps?: boolean;
  /** Whether the page stays open for the other tests of the file. */
  readonly stays?: boolean;
}

export interface Site {
  readonly server: StaticServer;
  readonly browser: Browser;
  /** Opens the page in a profile of its own, with the settings of a hash; it is closed after the test. */
  visit(hash?: string, options?: VisitOptions): Promise<Visit>;
}

/** Chromium and a server of the page, for the tests of a file. */
export function useSite(): Site {
  let server: StaticServer | undefined;
  let browser: Browser | undefined;
  beforeAll(async () => {
    server = await serveFolder(PAGE_FOLDER);
    browser = await chromium.launch({ executablePath: browserPath("chromium"), args: WEBGPU_FLAGS });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  const site: Site = {
    get server() {
      return server!;
    },
    get browser() {
      return browser!;
    },
    async visit(hash = "", { prepare, keeps = false, stays = false } = {}) {
      const context = await site.browser.newContext({
        viewport: { width: 1280, height: 900 },
        serviceWorkers: keeps ? "allow" : "block",
      });
      if (!stays) onTestFinished(() => context.close());
      await prepare?.(context);
      context.setDefaultTimeout(PATIENCE);
      const page = await context.newPage();
      if (variants !== undefined) await storeVariants(page, site.server.url, variants);
      const troubles = watch(page, site.server.url);
      await page.goto(`${site.server.url}#${hash}`);
      return { page, context, troubles };
    },
  };
  return site;
}

function watch(page: Page, own: string): string[] {
  const troubles: string[] = [];
  page.on("pageerror", (error) => troubles.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    const { url } = message.location();
    // Chromium asks for an icon of its own accord where a file is opened that is no page, as storeVariants does.
    const isIcon = url.endsWith("/favicon.ico");
    if (message.type() === "error" && !isIcon) troubles.push(`console: ${message.text()} (${url})`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(own) && !/^(data|blob):/.test(url)) troubles.push(`foreign request: ${url}`);
  });
  return troubles;
}

/** For `prepare`: a browser without WebGPU has no such property; the page's worker is who looks for it. */
export function withoutWebGpu(context: BrowserContext): Promise<unknown> {
  return context.route(/trainer\.worker.*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({
      response,
      body: `delete WorkerNavigator.prototype.gpu;\n${await response.text()}`,
    });
  });
}

export function button(page: Page, name: string) {
  return page.getByRole("button", { name, exact: true });
}

export function tab(page: Page, name: string) {
  return page.getByRole("tab", { name, exact: true });
}

/** Names of the panels' tabs, in their order. */
export function panelNames({ panels }: Strings = en): string[] {
  const { questions, samples, think, schedule, settings, why, runs } = panels;
  return [questions, samples, think, schedule, settings, why, runs];
}

/** Opens a panel and waits until it is there: it is fetched when it is first opened. */
export async function openPanel(page: Page, name: string, { app }: Strings = en): Promise<void> {
  await tab(page, name).click();
  await page.getByRole("tabpanel", { name }).getByText(app.loading).waitFor({ state: "detached" });
}

/** Resolves once the page has a device and could train. */
export async function ready(page: Page): Promise<void> {
  await expect.poll(() => button(page, en.controls.play).isEnabled(), { timeout: PATIENCE }).toBe(true);
  if (variants !== undefined) return;
  const stored = () => page.evaluate(readVariants, VARIANTS);
  await expect.poll(stored, { timeout: PATIENCE }).not.toBeNull();
  variants = (await stored())!;
}

/** Where the page keeps which kernel variants are fastest (host/browser.ts). */
const VARIANTS = "variants.json";

/** What the first visit measured. Later ones begin with it: measuring takes each of them ten seconds on SwiftShader. */
let variants: string | undefined;

/** In the page: what it has measured; null before. */
async function readVariants(name: string): Promise<string | null> {
  const folder = await navigator.storage.getDirectory();
  try {
    const file = await (await folder.getFileHandle(name)).getFile();
    return (await file.text()) || null;
  } catch {
    return null;
  }
}

async function storeVariants(page: Page, url: string, text: string): Promise<void> {
  await page.goto(`${url}manifest.webmanifest`); // any file of the page's origin
  await page.evaluate(
    async ([name, text]) => {
      const folder = await navigator.storage.getDirectory();
      const stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
      await stream.write(text);
      await stream.close();
    },
    [VARIANTS, text] as const,
  );
}

/** Has the page save its only run. Gives the path of the zip. */
export async function exportRun(page: Page): Promise<string> {
  await tab(page, en.panels.runs).click();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: new RegExp(`^${en.runs.export}: `) }).click();
  return (await download).path();
}

/** The lines of `metrics.jsonl` in the zip of a run, whatever folder it lies in. */
export function logIn(zip: string): Record<string, unknown>[] {
  const files = unzipSync(readFileSync(zip));
  const path = Object.keys(files).find((name) => name.endsWith("metrics.jsonl"))!;
  return jsonLines(new TextDecoder().decode(files[path]));
}

/** Steps that a log holds, in its order. */
export function stepsIn(log: readonly Record<string, unknown>[]): unknown[] {
  return log.filter(({ type }) => type === "step").map(({ step }) => step);
}

/** Steps that the run in the page has done. */
export function stepsDone(page: Page): Promise<number> {
  return page
    .getByRole("progressbar", { name: en.status.step })
    .evaluate((bar) => (bar as HTMLProgressElement).value);
}

/** What is expected of {@link stepsDone}, sooner or later: `await steps(page).toBe(2)`. */
export function steps(page: Page) {
  return expect.poll(() => stepsDone(page), { timeout: PATIENCE });
}
