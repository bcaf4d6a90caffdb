/**
 * `node dist/workshop.js [SEED …]`: runs the experiments of docs/workshop.md with the command line program (seeds 0 and 1 by
 * default) into runs/workshop, and prints their figures. A run that is there already is read, not made again.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { placeOf, print, programArguments } from "../../src/host/node-program.ts";
import { readLog } from "../../src/io/run-folder.ts";
import type { EvalRecord, StepRecord } from "../../src/train/records.ts";
import { recordsOf } from "../../src/worker/log-lines.ts";
import { EXPERIMENTS, type Experiment } from "./experiments.ts";

const PROGRAM = fileURLToPath(new URL("./bellows.js", import.meta.url));
const FOLDER = "runs/workshop";
/** Steps of which the training figures are means: at the start, around the smallest budget, and at the end. */
const WINDOWS = [
  [0, 20],
  [70, 90],
  [140, 160],
] as const;

const given = programArguments().map(Number);
const seeds = given.length > 0 ? given : [0, 1];
for (const experiment of EXPERIMENTS) {
  for (const seed of seeds) await report(experiment.name, seed, run(experiment, seed));
}

/** Gives the run's folder. */
function run({ name, settings }: Experiment, seed: number): string {
  const folder = `${FOLDER}/${name}-${seed}`;
  if (existsSync(folder)) return folder;
  const flags = Object.entries(settings).map(([path, value]) => `--set=${path}=${value}`);
  const args = [PROGRAM, "train", `--seed=${seed}`, `--out=${folder}`, "--no-preflight", ...flags];
  const { status } = spawnSync(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`${folder} ended with status ${status}`);
  return folder;
}

async function report(name: string, seed: number, folder: string): Promise<void> {
  const { storage, path } = placeOf(folder);
  const records = recordsOf(await readLog(storage, path, "metrics"));
  const evals = records.filter((record) => record.type === "eval");
  const steps = records.filter((record) => record.type === "step");
  print(`${name}, seed ${seed}`);
  for (const step of [0, 80, 160]) {
    const record = evals.find((record) => record.step === step);
    if (record !== undefined) print(`  evaluation at ${String(step).padStart(3)}: ${evalFigures(record)}`);
  }
  for (const [from, to] of WINDOWS) print(`  steps ${from}-${to - 1}: ${meanFigures(steps.slice(from, to))}`);
}

function evalFigures({ metrics, levels }: EvalRecord): string {
  const accuracy = `${percent(metrics["eval/acc"])} right ± ${percent(metrics["eval/acc_se"])}`;
  const byLevel = levels.map((level) => percent(level.accuracy)).join(" ");
  return `${accuracy} (${byLevel}), ${metrics["eval/mean_length"]?.toFixed(1)} tokens`;
}

function meanFigures(steps: readonly StepRecord[]): string {
  const mean = (name: string) =>
    steps.reduce((sum, { metrics }) => sum + (metrics[name] ?? 0), 0) / steps.length;
  const shares = [
    ["right", "acc"],
    ["cut off", "completions/clipped_ratio"],
    ["dead groups", "frac_reward_zero_std"],
  ] as const;
  const words = shares.map(([word, name]) => `${percent(mean(name))} ${word}`);
  return `${words.join(", ")}, ${mean("completions/mean_length").toFixed(1)} tokens, entropy ${mean("entropy").toFixed(3)}`;
}

function percent(share: number | null | undefined): string {
  return share == null ? "–" : `${(100 * share).toFixed(1)} %`;
}
