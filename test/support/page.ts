/** The built page in Chromium, for the tests of the browser project. */
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { en } from "../../web/text/en.ts";
import { browserPath } from "./browsers.ts";
import { type StaticServer, serveFolder } from "./static-server.ts";

export const PAGE_FOLDER = fileURLToPath(new URL("../../dist/web", import.meta.url));

/** Milliseconds that something may take on two cores that have other work to do as well. */
export const PATIENCE = 60_000;

/** SwiftShader, Chromium's own software driver, is what every machine has. */
const WEBGPU_FLAGS = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

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
}

export interface Site {
  readonly server: StaticServer;
  readonly browser: Browser;
  /** Opens the page in a profile of its own, with the settings of a hash; it is closed after the tests of the file. */
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
    async visit(hash = "", { prepare, keeps = false } = {}) {
      const context = await site.browser.newContext({
        viewport: { width: 1280, height: 900 },
        serviceWorkers: keeps ? "allow" : "block",
      });
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

export function button(page: Page, name: string) {
  return page.getByRole("button", { name, exact: true });
}

export function tab(page: Page, name: string) {
  return page.getByRole("tab", { name, exact: true });
}

/** Resolves once the page has a device and could train. */
export async function ready(page: Page): Promise<void> {
  await expect.poll(() => button(page, en.controls.play).isEnabled(), { timeout: PATIENCE }).toBe(true);
  variants ??= await page.evaluate(async (name) => {
    const folder = await navigator.storage.getDirectory();
    return (await (await folder.getFileHandle(name)).getFile()).text();
  }, VARIANTS);
}

/** Where the page keeps which kernel variants are fastest (host/browser.ts). */
const VARIANTS = "variants.json";

/** What the first visit measured. Later ones begin with it: measuring takes each of them ten seconds on SwiftShader. */
let variants: string | undefined;

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
