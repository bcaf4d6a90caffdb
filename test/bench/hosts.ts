/**
 * `node dist/hosts.js [speed|agreement]`: holds the page against the headless program (`npm run build` comes first). Both by default.
 *
 * speed: steps per second of the page in Firefox and of the trainer in Node, which run on the same software driver, over the same
 * steps of the same run, block by block in turns: with the same kernel variants in both; with those that each measures; and in small
 * steps with and without what the page does against Firefox's slow readback (`nudgingWaiter`).
 *
 * agreement: short runs in Chromium, whose SwiftShader is another driver, and in Node, with the same seeds. Fails where they differ
 * in schedule or problems, or in the mean of a metric by more than chance explains.
 *
 * Speeds of a busy machine say little: start it with `taskset -c 1`, and look at both figures of a ratio.
 */
import puppeteer from "puppeteer-core";
import { exit, packageFolder, print, programArguments } from "../../src/host/node-program.ts";
import { ensureDriver } from "../../src/host/node-setup.ts";
import type { Config } from "../../src/train/config.ts";
import { logLine } from "../../src/train/records.ts";
import { readHash } from "../../web/state/hash.ts";
import { browserPath, ensureBrowsers, WEBGPU_FLAGS } from "../support/browsers.ts";
import { launchFirefox } from "../support/firefox.ts";
import { serveFolder } from "../support/static-server.ts";
import { NodeRun } from "./node-run.ts";
import { type LogEntry, PageRun, type StepTimes } from "./page-run.ts";

/** A budget that stays, so that steps cost about the same, and nothing but steps. */
const STEPS_ONLY =
  "schedule.kind=constant&rl.steps=1000&eval.every=0&eval.problemsPerLevel=1&train.checkpointEvery=0&train.samplesEvery=0";
const SPEED_RUN = "chain-arithmetic-constant-seed0";
/** What Firefox can run as well, which offers no subgroups. */
const PLAIN_VARIANTS = "matmul=register,decodeMatmul=register,attention=direct";
/** browserWaiter knows Firefox by its name. */
const NAMELESS = { "general.useragent.override": "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101" };
const WARM_UP = 6;
const BLOCKS = 4;
const BLOCK = 6;

interface SpeedCheck {
  readonly what: string;
  readonly hash: string;
  /** Measured if left out. */
  readonly variants?: string;
  /** Of Firefox. */
  readonly preferences?: Readonly<Record<string, string>>;
}

/** In small steps a wait shows that is lost in those of the toy. */
const SMALL_STEPS = `${STEPS_ONLY}&preset=smoke&schedule.lmax=40&rl.promptsPerStep=2&rl.groupSize=4`;
const SPEED_CHECKS: readonly SpeedCheck[] = [
  { what: "the toy, the same variants", hash: STEPS_ONLY, variants: PLAIN_VARIANTS },
  { what: "the toy, each its own variants", hash: STEPS_ONLY },
  { what: "small steps", hash: SMALL_STEPS, variants: PLAIN_VARIANTS },
  { what: "small steps without nudges", hash: SMALL_STEPS, variants: PLAIN_VARIANTS, preferences: NAMELESS },
];

/** A whole breath of the budget, with every rollout logged. */
const AGREEMENT_HASH =
  "schedule.cycle=10&rl.steps=12&rl.promptsPerStep=4&eval.every=0&eval.problemsPerLevel=1&train.samplesEvery=1";
const SEEDS = 8;
/** Student's t with SEEDS − 1 degrees of freedom exceeds this, up or down, once in two hundred times. */
const MOST_T = 4.03;
const METRICS = [
  "reward",
  "acc",
  "completions/mean_length",
  "completions/clipped_ratio",
  "entropy",
  "loss",
  "grad_norm",
] as const;

const checks: Record<string, () => Promise<string[]>> = { speed, agreement };
const wanted = programArguments();
const unknown = wanted.find((what) => !Object.hasOwn(checks, what));
if (unknown !== undefined) {
  print(`there is no check ${unknown}; there are ${Object.keys(checks).join(", ")}`);
  exit(1);
}
ensureDriver();
ensureBrowsers();
const server = await serveFolder(`${packageFolder()}/dist/web`);
const faults: string[] = [];
for (const [name, check] of Object.entries(checks))
  if (wanted.length === 0 || wanted.includes(name)) faults.push(...(await check()));
await server.close();
for (const fault of faults) print(`FAULT  ${fault}`);
exit(faults.length === 0 ? 0 : 1);

function configOf(hash: string): Config {
  const reading = readHash(hash);
  if (!reading.ok) throw new Error(reading.error.message);
  return reading.link.config;
}

async function speed(): Promise<string[]> {
  for (const check of SPEED_CHECKS) await compareSpeeds(check);
  return [];
}

/** Trains the run in both, in turns, and prints how many steps each makes in a second. */
async function compareSpeeds({ what, hash, variants, preferences }: SpeedCheck): Promise<void> {
  const browser = await launchFirefox(preferences);
  const node = await NodeRun.open(configOf(hash), variants);
  try {
    const page = await PageRun.open(browser, server.url, hash, variants);
    print(`${what}: ${Object.values(node.variants).join(",")} in Node, ${await page.variants()} in Firefox`);
    await node.advance(WARM_UP);
    await page.advance(WARM_UP);
    const inNode = new Map<number, number>();
    const inPage = new Map<number, number>();
    for (let block = 0; block < BLOCKS; block++) {
      for (const [step, seconds] of await node.advance(BLOCK)) inNode.set(step, seconds);
      for (const [step, seconds] of await page.advance(BLOCK)) inPage.set(step, seconds);
    }
    const both = [...inPage.keys()].filter((step) => inNode.has(step));
    const lines = await page.log(SPEED_RUN, "metrics");
    printSpeed("Node", both, inNode, node.steps.map(logLine));
    printSpeed("Firefox", both, inPage, lines);
    const ratio = sum(both.map((step) => inNode.get(step)!)) / sum(both.map((step) => inPage.get(step)!));
    print(`  Firefox makes ${(100 * ratio).toFixed(1)} % of the steps that Node makes`);
  } finally {
    node.close();
    await browser.close();
  }
}

/** Over the same steps: their rate, and what of their time went into the rollout, into the update, and elsewhere. */
function printSpeed(
  host: string,
  steps: readonly number[],
  times: StepTimes,
  log: readonly LogEntry[],
): void {
  const ofSteps = log.filter(({ type, step }) => type === "step" && steps.includes(step as number));
  const total = sum(steps.map((step) => times.get(step)!));
  const [rollout, update] = ["time/gen", "time/update"].map((name) =>
    sum(ofSteps.map((line) => line[name] as number)),
  ) as [number, number];
  const each = (seconds: number) => `${((1000 * seconds) / steps.length).toFixed(0)} ms`;
  print(
    `  ${host.padEnd(8)} ${(steps.length / total).toFixed(3)} steps/s over ${steps.length} steps; a step: ` +
      `rollout ${each(rollout)}, update ${each(update)}, else ${each(total - rollout - update)}`,
  );
}

/** What a host logged of a run. */
interface Logs {
  readonly metrics: readonly LogEntry[];
  readonly samples: readonly LogEntry[];
}

async function agreement(): Promise<string[]> {
  const browser = await puppeteer.launch({
    executablePath: browserPath("chromium"),
    args: [...WEBGPU_FLAGS, "--no-sandbox"],
  });
  const differences = new Map<string, number[]>(METRICS.map((name) => [name, []]));
  const faults: string[] = [];
  for (let seed = 0; seed < SEEDS; seed++) {
    const hash = `${AGREEMENT_HASH}&seed=${seed}`;
    const page = await PageRun.open(browser, server.url, hash);
    await page.finish();
    const run = `chain-arithmetic-stair-cosine-seed${seed}`;
    const inPage = { metrics: await page.log(run, "metrics"), samples: await page.log(run, "samples") };
    await page.close();
    const inNode = await nodeLogs(configOf(hash));
    for (const part of [planOf, problemsOf]) {
      if (JSON.stringify(part(inPage)) === JSON.stringify(part(inNode))) continue;
      faults.push(`seed ${seed}: Chromium and Node differ in ${part.name}`);
    }
    print(`seed ${seed}: ${sameResponses(inPage, inNode)}`);
    for (const name of METRICS) differences.get(name)!.push(meanOf(inPage, name) - meanOf(inNode, name));
  }
  await browser.close();
  for (const [name, values] of differences) {
    const mean = sum(values) / values.length;
    const error = Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / (SEEDS * (SEEDS - 1)));
    const t = mean === 0 ? 0 : mean / error;
    print(
      `${name}: Chromium − Node ${mean.toExponential(2)} ± ${error.toExponential(2)}, t = ${t.toFixed(2)}`,
    );
    if (Math.abs(t) > MOST_T) faults.push(`${name} is not the same in Chromium as in Node`);
  }
  return faults;
}

async function nodeLogs(config: Config): Promise<Logs> {
  const node = await NodeRun.open(config);
  await node.advance();
  node.close();
  return {
    metrics: node.steps.map(logLine),
    samples: node.steps.flatMap(({ samples }) => samples.map((sample) => ({ ...sample }))),
  };
}

function stepsOf({ metrics }: Logs): readonly LogEntry[] {
  return metrics.filter(({ type }) => type === "step");
}

function planOf(logs: Logs) {
  return stepsOf(logs).map(({ step, cap, exact_cap, phase, cycle }) => ({
    step,
    cap,
    exact_cap,
    phase,
    cycle,
  }));
}

function problemsOf({ samples }: Logs) {
  return samples.map(({ step, group, sample, prompt, answer }) => ({ step, group, sample, prompt, answer }));
}

/** How many responses have the same words. */
function sameResponses(a: Logs, b: Logs): string {
  const same = a.samples.filter(({ response }, i) => response === b.samples[i]?.response).length;
  return `${same} of ${a.samples.length} responses are the same`;
}

/** Mean over the steps. */
function meanOf(logs: Logs, name: string): number {
  const values = stepsOf(logs).map((line) => line[name] as number);
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
