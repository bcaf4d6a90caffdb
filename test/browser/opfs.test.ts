import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHANGES, expectSurvived, prepare } from "../io/changes.ts";
import { describeStorage } from "../io/storage-contract.ts";
import { snapshot } from "../io/support.ts";
import { browserPath } from "../support/browsers.ts";
import { buildStoragePage, pageStorage, startStorageWorker, WorkerKilled } from "../support/opfs.ts";
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
  test("a worker that is killed at any call leaves the old or the new", async () => {
    let kills = 0;
    for (let call = 1; ; call++) {
      const folder = newFolder();
      await prepare(pageStorage(page, folder));
      const [outcome] = await Promise.allSettled([change.run(pageStorage(page, folder, call))]);
      if (outcome.status === "fulfilled") break;
      expect(outcome.reason).toBeInstanceOf(WorkerKilled);
      kills += 1;
      await startStorageWorker(page);
      await pageStorage(page, folder).recover("");
      expectSurvived(await snapshot(pageStorage(page, folder)), change);
    }
    expect(kills, "calls of the file system").toBeGreaterThan(1);
  });
});
