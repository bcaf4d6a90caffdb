import type { BrowserContext, Page } from "playwright-core";
import { expect, test } from "vitest";
import { en } from "../../web/text/en.ts";
import { withoutTimes } from "../support/cli.ts";
import { button, exportRun, logIn, ready, SMALL, steps, stepsDone, useSite } from "../support/page.ts";

const site = useSite();
const { controls, notices, status } = en;

/** Few enough for two runs to be trained to their end. */
const STEPS = 16;

test("neither a GPU process that crashes nor a worker that is killed costs anything: the run goes on by itself and ends as an undisturbed one", async () => {
  const undisturbed = await trainedLog(async () => {});
  const disturbed = await trainedLog(async (page) => {
    const session = await site.browser.newBrowserCDPSession();
    await session.send("Browser.crashGpuProcess");
    await notice(page, notices.regained);
    await page.evaluate(() => (window as unknown as Kept).workers.at(-1)!.terminate());
    await notice(page, notices.restarted);
  });
  expect(disturbed).toEqual(undisturbed);
});

async function notice(page: Page, text: string): Promise<void> {
  await page.getByRole("region", { name: notices.label }).getByText(text).waitFor();
}

/** What {@link keepWorkers} leaves in the page's window. */
interface Kept {
  readonly workers: Worker[];
}

/** Keeps hold of the workers that the page starts. To end one by its own method is how the page's own code hears nothing of it. */
function keepWorkers(context: BrowserContext): Promise<unknown> {
  return context.addInitScript(() => {
    const workers: Worker[] = [];
    const Original = window.Worker;
    class KeptWorker extends Original {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        workers.push(this);
      }
    }
    Object.assign(window, { Worker: KeptWorker, workers });
  });
}

/** Trains the run to its end while something happens to it from its fifth step on, and gives its log. */
async function trainedLog(meanwhile: (page: Page) => Promise<void>): Promise<Record<string, unknown>[]> {
  const { page, troubles } = await site.visit(`${SMALL}&rl.steps=${STEPS}`, {
    prepare: keepWorkers,
  });
  await ready(page);
  await button(page, controls.play).click();
  await steps(page).toBeGreaterThanOrEqual(5);
  await meanwhile(page);
  await page.getByText(status.states.finished, { exact: true }).waitFor({ timeout: 90_000 });
  expect(await stepsDone(page)).toBe(STEPS);
  const log = logIn(await exportRun(page));
  expect(troubles).toEqual([]);
  return log.map(withoutTimes);
}
