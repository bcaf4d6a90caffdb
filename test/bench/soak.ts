/**
 * `node dist/soak.js [MINUTES]` (60 by default), after `npm run build`: trains in the page in Chromium with autosave, and prints
 * each minute what its processes hold. In the end it fails where a record is missing, an error came, or memory has grown.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { unzipSync } from "fflate";
import { type Browser, chromium, type Page } from "playwright-core";
import { exit, print, programArguments } from "../../src/host/node-program.ts";
import { en } from "../../web/text/en.ts";
import { browserPath, ensureBrowsers, WEBGPU_FLAGS } from "../support/browsers.ts";
import { serveFolder } from "../support/static-server.ts";

const PAGE_FOLDER = fileURLToPath(new URL("./web", import.meta.url));
/** Small steps, so that there are thousands of them; more than any soak makes, and saved every hundred. */
const HASH =
  "preset=smoke&schedule.lmax=40&schedule.lmin=24&rl.promptsPerStep=2&rl.groupSize=4&rl.steps=1000000" +
  "&eval.every=100&train.checkpointEvery=100";
/** Memory is compared from here on: by now everything was allocated and compiled once. */
const WARM_UP_MINUTES = 5;
/** Records of a run are kept for the charts: what they and their drawing may take, per step. */
const BYTES_PER_STEP = 5000;

const minutes = Number(programArguments()[0] ?? 60);
ensureBrowsers();
const server = await serveFolder(PAGE_FOLDER);
const profile = mkdtempSync(join(tmpdir(), "bellows-soak-"));
// A profile on disk, as people have: in any other, what the page stores is held in memory.
const context = await chromium.launchPersistentContext(profile, {
  executablePath: browserPath("chromium"),
  args: WEBGPU_FLAGS,
});
const browser = context.browser()!;
const faults = await soak(await context.newPage());
await context.close();
await server.close();
rmSync(profile, { recursive: true, force: true });
for (const fault of faults) print(`FAULT  ${fault}`);
exit(faults.length === 0 ? 0 : 1);

async function soak(page: Page): Promise<string[]> {
  const faults: string[] = [];
  page.on("pageerror", ({ message }) => faults.push(`exception: ${message}`));
  page.on("console", (line) => line.type() === "error" && faults.push(`console: ${line.text()}`));
  await page.goto(`${server.url}#${HASH}`);
  await page.getByRole("button", { name: en.controls.play, exact: true }).click({ timeout: 120_000 });
  let start = { bytes: 0, steps: 0 };
  let before = -1;
  for (let minute = 0; minute <= minutes; minute++) {
    const now = { bytes: await memoryOf(browser), steps: await stepsDone(page) };
    print(
      `${String(minute).padStart(3)} min  step ${now.steps}  ${(now.bytes / 2 ** 20).toFixed(0)} MiB in Chromium's processes`,
    );
    if (now.steps === before) faults.push(`minute ${minute}: no step was made since the one before`);
    before = now.steps;
    if (minute === Math.min(WARM_UP_MINUTES, minutes)) start = now;
    if (minute === minutes) {
      const most = start.bytes * 1.1 + (now.steps - start.steps) * BYTES_PER_STEP;
      if (now.bytes > most) faults.push(`memory grew from ${start.bytes} to ${now.bytes} bytes`);
    } else await sleep(60_000);
  }
  return [...faults, ...(await missingRecords(page))];
}

function stepsDone(page: Page): Promise<number> {
  return page
    .getByRole("progressbar", { name: en.status.step })
    .evaluate((bar) => (bar as HTMLProgressElement).value);
}

/** Pauses, takes the log out and looks whether every step is there once, in order. */
async function missingRecords(page: Page): Promise<string[]> {
  await page.getByRole("button", { name: en.controls.pause, exact: true }).click();
  await page.getByRole("button", { name: en.controls.play, exact: true }).waitFor({ timeout: 120_000 });
  const done = await stepsDone(page);
  await page.getByRole("tab", { name: en.panels.runs, exact: true }).click();
  const download = page.waitForEvent("download", { timeout: 120_000 });
  await page.getByRole("button", { name: new RegExp(`^${en.runs.export}: `) }).click();
  const files = unzipSync(readFileSync(await (await download).path()));
  const log = Object.keys(files).find((name) => name.endsWith("metrics.jsonl"))!;
  const lines = new TextDecoder().decode(files[log]).trimEnd().split("\n");
  const steps = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === "step");
  const gap = steps.findIndex(({ step }, i) => step !== i);
  print(`${steps.length} steps in the log, ${done} done`);
  return gap < 0 && steps.length === done
    ? []
    : [`the log has ${steps.length} of ${done} steps, gap at ${gap}`];
}

/** Proportional memory of all processes of a browser, in bytes: what is shared is counted once (Linux). */
async function memoryOf(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.reduce((sum, { id }) => sum + ownBytes(id), 0);
}

/**
 * Bytes that a process holds by itself, with its share of what it holds together with others. Mapped files are left out: how
 * much of the browser's own code is charged to one process depends on which other browsers run on the machine.
 */
function ownBytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const kilobytes = [...rollup.matchAll(/^Pss_(?:Anon|Shmem):\s+(\d+) kB$/gm)].map(([, number]) =>
    Number(number),
  );
  return kilobytes.reduce((sum, each) => sum + each, 0) * 1024;
}
