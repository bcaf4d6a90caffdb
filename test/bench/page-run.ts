/** A run in the page, in either browser, for the measurements that hold it against the same run in Node. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "puppeteer-core";
import { en } from "../../web/text/en.ts";
import { enabled, press, stepsDone } from "../support/firefox.ts";

/** Milliseconds that a browser may take to compile everything on a software driver. */
const PATIENCE = 180_000;

/** Where the page keeps which kernel variants are fastest (host/browser.ts). */
const VARIANTS = "variants.json";

/** Seconds that steps took, by their number. */
export type StepTimes = ReadonlyMap<number, number>;

/** A line of a log. */
export type LogEntry = Readonly<Record<string, unknown>>;

export class PageRun {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  /**
   * Opens the page with the settings of a hash.
   * @param variants what to run instead of what the page measures, as `matmul=register,decodeMatmul=register,attention=direct`.
   */
  static async open(browser: Browser, url: string, hash: string, variants?: string): Promise<PageRun> {
    const page = await browser.newPage();
    const load = async () => {
      await page.goto("about:blank"); // a change of the hash alone loads nothing
      await page.goto(`${url}#${hash}`);
      await page.waitForSelector(enabled(en.controls.play), { timeout: PATIENCE });
      while (!(await hasMeasured(page))) await sleep(500); // which the page does while it is looked at
    };
    await load();
    if (variants !== undefined) {
      await pin(page, variants);
      await load();
    }
    return new PageRun(page);
  }

  /** Which variants the page runs. */
  async variants(): Promise<string> {
    const known = JSON.parse(await this.#file(VARIANTS)) as Record<string, string>;
    return [...new Set(Object.values(known))].join(" and ");
  }

  /** Plays about so many steps, and gives how long they took as the page shows them; not of the first, which Play begins with. */
  async advance(steps: number): Promise<StepTimes> {
    const target = (await stepsDone(this.#page)) + steps;
    const times = await this.#page.evaluateHandle((label) => {
      const bar = document.querySelector(`progress[aria-label="${label}"]`) as HTMLProgressElement;
      const times: [done: number, at: number][] = [];
      new MutationObserver(() => times.push([bar.value, performance.now()])).observe(bar, {
        attributes: true,
      });
      return times;
    }, en.status.step);
    await press(this.#page, en.controls.play, PATIENCE);
    while ((await stepsDone(this.#page)) < target) await sleep(100);
    await press(this.#page, en.controls.pause);
    await this.#page.waitForSelector(enabled(en.controls.play), { timeout: PATIENCE });
    return durations(await times.jsonValue());
  }

  /** Trains to the end. */
  async finish(): Promise<void> {
    await press(this.#page, en.controls.play, PATIENCE);
    const finished = `::-p-xpath(//*[normalize-space(text())="${en.status.states.finished}"])`;
    // Asked for again and again: a single wait is given up after three minutes by the protocol itself.
    while ((await this.#page.$(finished)) === null) await sleep(500);
  }

  /** A log of the stored run: the only one of this name in the browser. */
  async log(run: string, log: "metrics" | "samples"): Promise<LogEntry[]> {
    const text = await this.#file(`${run}/${log}.jsonl`);
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line));
  }

  async close(): Promise<void> {
    await this.#page.close();
  }

  #file(path: string): Promise<string> {
    return this.#page.evaluate(async (path) => {
      let folder = await navigator.storage.getDirectory();
      const names = path.split("/");
      for (const name of names.slice(0, -1)) folder = await folder.getDirectoryHandle(name);
      return (await (await folder.getFileHandle(names.at(-1)!)).getFile()).text();
    }, path);
  }
}

/** Whether the page has kept its choice of variants. */
function hasMeasured(page: Page): Promise<boolean> {
  return page.evaluate(async (file) => {
    const folder = await navigator.storage.getDirectory();
    const handle = await folder.getFileHandle(file).catch(() => null);
    return handle !== null && (await handle.getFile()).size > 0;
  }, VARIANTS);
}

/** Has the page find other choices of variants than it has measured. */
async function pin(page: Page, variants: string): Promise<void> {
  await page.evaluate(
    async (file, variants) => {
      const folder = await navigator.storage.getDirectory();
      const handle = await folder.getFileHandle(file);
      const known = JSON.parse(await (await handle.getFile()).text());
      const pinned = Object.fromEntries(Object.keys(known).map((key) => [key, variants]));
      const stream = await handle.createWritable();
      await stream.write(JSON.stringify(pinned));
      await stream.close();
    },
    VARIANTS,
    variants,
  );
}

/** Of steps that were seen one after another: step n is done when the count becomes n + 1. */
function durations(times: readonly (readonly [done: number, at: number])[]): StepTimes {
  const found = new Map<number, number>();
  for (const [i, [done, at]] of times.entries()) {
    const before = times[i - 1];
    if (before !== undefined && done === before[0] + 1) found.set(done - 1, (at - before[1]) / 1000);
  }
  return found;
}
