import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHANGES, type Change, expectSurvived, prepare } from "../io/changes.ts";
import { describeStorage } from "../io/storage-contract.ts";
import { snapshot } from "../io/support.ts";
import { browserPath } from "../support/browsers.ts";
import { buildStoragePage, pageStorage, startStorageWorker } from "../support/opfs.ts";
import { type StaticServer, serveFolder } from "../support/static-server.ts";

// What test/io holds a stand-in to, on Chromium's own file system.

let built: Awaited<ReturnType<typeof buildStoragePage>>;
let server: StaticServer;
let browser: Browser;
let page: Page;
let folders = 0;

beforeAll(async () => {
  built = await buildStoragePage();
  server = await serveFolder(built.folder);
  browser = await chromium.launch({ executablePath: browserPath("chromium") });
  page = await browser.newPage();
  await page.goto(server.url);
  await startStorageWorker(page);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  built?.remove();
});

/** A new folder of the page's origin. */
function newFolder(): string {
  folders += 1;
  return `test ${folders}`;
}

describeStorage("OPFS in Chromium", (body) => body(pageStorage(page, newFolder())));

describe.each(CHANGES)("OPFS in Chromium: $name", (change) => {
  test("a worker that is killed at any moment leaves the old or the new", async () => {
    const whole = await timed(change);
    let unfinished = 0;
    for (const share of [0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9]) {
      const folder = newFolder();
      await prepare(pageStorage(page, folder));
      let isDone = false;
      const changed = change.run(pageStorage(page, folder)).then(() => {
        isDone = true;
      });
      changed.catch(() => {}); // it is lost with the browser at the latest
      await page.evaluate((wait) => new Promise((resolve) => setTimeout(resolve, wait)), share * whole);
      await startStorageWorker(page);
      if (!isDone) unfinished += 1;
      await pageStorage(page, folder).recover("");
      expectSurvived(await snapshot(pageStorage(page, folder)), change);
    }
    expect(unfinished, "changes that were interrupted").toBeGreaterThan(0);
  });
});

/** Milliseconds that a change takes. */
async function timed(change: Change): Promise<number> {
  const storage = pageStorage(page, newFolder());
  await prepare(storage);
  const begin = performance.now();
  await change.run(storage);
  return performance.now() - begin;
}
