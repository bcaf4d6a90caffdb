import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { en } from "../../web/text/en.ts";
import { button, PAGE_FOLDER, QUICK, ready, steps, stepsDone, useSite } from "../support/page.ts";

const site = useSite();

/** Kilobytes of JavaScript, gzipped, until Play can be pressed; the worker's included. */
const MOST_SCRIPT = 120;
/** Milliseconds of processor time that a task of the page's main thread may take while it trains. */
const LONGEST_TASK = 50;

test(`what the page loads until Play can be pressed is at most ${MOST_SCRIPT} KB of JavaScript`, async () => {
  const { page } = await site.visit(QUICK);
  await ready(page);
  await button(page, en.controls.step).click();
  await steps(page).toBe(1);
  const { scripts, known, paint } = await page.evaluate(() => ({
    scripts: (performance.getEntriesByType("resource") as PerformanceResourceTiming[])
      .map(({ name, startTime }) => ({ path: new URL(name).pathname, startTime }))
      .filter(({ path }) => path.endsWith(".js")),
    known: performance.getEntriesByName("device known")[0]!.startTime,
    paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
  }));
  const first = scripts.filter(({ startTime }) => startTime < known).map(({ path }) => path);
  const kilobytes = gzippedKilobytes(first);
  const all = gzippedKilobytes(scripts.map(({ path }) => path));
  console.log(`JavaScript: ${kilobytes.toFixed(1)} KB to Play, ${all.toFixed(1)} KB to the first step`);
  console.log(`first paint after ${paint?.toFixed(0)} ms`);
  expect(first.some((path) => path.includes("worker"))).toBe(true);
  expect(kilobytes).toBeLessThanOrEqual(MOST_SCRIPT);
});

/** Sum over scripts by the paths of their addresses. */
function gzippedKilobytes(paths: readonly string[]): number {
  const { pathname: root } = new URL(site.server.url);
  const files = paths.map((path) => readFileSync(join(PAGE_FOLDER, path.slice(root.length))));
  return files.reduce((sum, bytes) => sum + gzipSync(bytes, { level: 9 }).length, 0) / 1000;
}

test("no task of the main thread takes long while it trains", async () => {
  const { page } = await site.visit(QUICK);
  await ready(page);
  await button(page, en.controls.play).click();
  await steps(page).toBeGreaterThanOrEqual(3);
  const begun = await stepsDone(page);
  await site.browser.startTracing(page, { categories: ["toplevel"] });
  await steps(page).toBeGreaterThanOrEqual(begun + 20);
  const { longest, count } = mainThreadTasks(await site.browser.stopTracing());
  console.log(`longest main-thread task while training: ${longest.toFixed(1)} ms of ${count} tasks`);
  expect(count).toBeGreaterThan(100);
  expect(longest).toBeLessThanOrEqual(LONGEST_TASK);
});

/** What is read of a trace (the Trace Event Format). */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds of processor time, so that what else the machine does counts for nothing. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** The tasks of the busiest renderer's main thread: the page's; other renderers wait for pages to come. */
function mainThreadTasks(trace: Buffer): { longest: number; count: number } {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const isMain = ({ name, args }: TraceEvent) => name === "thread_name" && args?.name === "CrRendererMain";
  const tasks = traceEvents
    .filter(isMain)
    .map(({ pid, tid }) =>
      traceEvents
        .filter((event) => event.pid === pid && event.tid === tid && event.name.endsWith("RunTask"))
        .map(({ tdur = 0 }) => tdur / 1000),
    );
  const busiest = tasks.reduce((most, times) => (times.length > most.length ? times : most), []);
  return { longest: Math.max(0, ...busiest), count: busiest.length };
}
