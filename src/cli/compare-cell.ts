/** One cell of a comparison: trains, then puts what is reported to the benchmark. */
import { benchmarkConfig, type Cell, reportedOf } from "../compare/cells.ts";
import { curveOf, stepsOf, sumOf } from "../compare/curve.ts";
import { type CellResult, cellPath, runPath, writeResult } from "../compare/folder.ts";
import type { Matrix } from "../compare/matrix.ts";
import type { Row } from "../compare/rows.ts";
import { BellowsError } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import { commitOfProgram, interrupt, type Place, placeOf, print } from "../host/node-program.ts";
import type { JsonObject } from "../io/json.ts";
import {
  checkpointPath,
  latestCheckpoint,
  listCheckpoints,
  readLog,
  readRunConfig,
  stepName,
} from "../io/run-folder.ts";
import { joinPath } from "../io/storage.ts";
import type { Reported } from "../rl/recipes/recipe.ts";
import { createTask } from "../tasks/registry.ts";
import { type Config, modelConfigOf } from "../train/config.ts";
import { isEqual } from "../train/config-diff.ts";
import { buildEngine, compileAll, writeWeights } from "../train/engine.ts";
import { evalProblems, evaluate } from "../train/evaluate.ts";
import type { EvalRecord, TrainerRecord } from "../train/records.ts";
import { composeConfig } from "../train/settings.ts";
import { policyIn, startingWeights } from "../train/weights.ts";
import { checkpointSources } from "./checkpoints.ts";
import { chooseVariants, openDevice } from "./device.ts";
import { loadOf, planRun, type RunPlan } from "./run.ts";
import { train } from "./train.ts";
import { TrainingView } from "./training-view.ts";

/**
 * Runs a cell from where it stopped to its end, and writes what came of it. Prints records of the training, a line each.
 * @returns the exit status.
 */
export async function runCell(folder: Place, matrix: Matrix, cell: Cell): Promise<number> {
  const { storage, path } = folder;
  await storage.recover(cellPath(path, cell.name));
  const run = placeIn(folder, runPath("", cell.name));
  if (cell.trains) {
    const status = await trainCell(run, cell, matrix.budget.seconds ?? Number.POSITIVE_INFINITY);
    if (status !== 0) return status;
  }
  const result = await benchmark(run, matrix, cell);
  if (cell.trains) await removeOthers(run, cell);
  await writeResult(storage, path, cell.name, result);
  return 0;
}

/** A place in a folder, as if a user had named it. */
function placeIn({ shown }: Place, path: string): Place {
  return placeOf(joinPath(shown, path));
}

/** Trains until the run is done, or has taken so many seconds. Returns the exit status. */
async function trainCell(run: Place, cell: Cell, seconds: number): Promise<number> {
  const plan = await planCell(run, cell);
  const before = secondsOf(plan.resumed === null ? [] : await readLog(run.storage, run.path, "metrics"));
  if (before >= seconds) return 0;
  const view = new CellView(cell.config, seconds - before);
  const status = await train(plan, { preflight: false }, view);
  return view.isOver ? 0 : status;
}

/** Goes on with the run of a cell, or starts it, anew where nothing is saved yet. */
async function planCell(run: Place, { name, config }: Cell): Promise<RunPlan> {
  const { storage, path, shown } = run;
  if ((await latestCheckpoint(storage, path)) === undefined) {
    await storage.remove(path);
    const task = createTask(config.task.name, config.task.settings);
    return { kind: "rl", config, task, title: name, out: run, resumed: null };
  }
  // Settings that a later version has added are in the stored config what the presets say.
  const begun = composeConfig({ file: await readRunConfig(storage, path) });
  if (!isEqual(begun, config)) {
    throw new BellowsError(
      "input-invalid",
      `${shown} was begun under another config than its matrix gives now`,
      {
        field: "out",
        hint: "Another version of bellows made it: compare in another folder, or remove this run.",
      },
    );
  }
  return planRun({ resume: shown }, "rl");
}

/** Time that a run has taken to sample and update, in seconds. */
function secondsOf(log: readonly JsonObject[]): number {
  return sumOf(stepsOf(log), "time/gen") + sumOf(stepsOf(log), "time/update");
}

/** Prints records, and ends the run when its time is over. */
class CellView extends TrainingView {
  #secondsLeft: number;

  constructor(config: Config, secondsLeft: number) {
    super(config, true);
    this.#secondsLeft = secondsLeft;
  }

  get isOver(): boolean {
    return this.#secondsLeft <= 0;
  }

  override show(record: TrainerRecord): void {
    super.show(record);
    if (record.type !== "step" || this.isOver) return;
    const { "time/gen": generating, "time/update": updating } = record.metrics;
    this.#secondsLeft -= (generating ?? 0) + (updating ?? 0);
    if (this.isOver) interrupt();
  }
}

/** Puts the checkpoints that stand for a cell to the benchmark. */
async function benchmark(run: Place, matrix: Matrix, cell: Cell): Promise<CellResult> {
  const begin = performance.now();
  const log = cell.trains ? await readLog(run.storage, run.path, "metrics") : [];
  const gpu = await openDevice();
  const rows: Row[] = [];
  for (const reported of reportedOf(cell, await stepsDone(run))) {
    const record = await evaluateReported(gpu, run, matrix, cell, reported);
    const row = rowOf(cell, reported, record, log);
    print(JSON.stringify({ type: "row", ...row }));
    rows.push(row);
  }
  const { device, description } = gpu.adapter;
  gpu.close();
  const generating = sumOf(stepsOf(log), "time/gen");
  const updating = sumOf(stepsOf(log), "time/update");
  const seconds = generating + updating + sumOf(log, "time/eval") + (performance.now() - begin) / 1000;
  return {
    rows,
    curve: cell.trains ? curveOf(cell, log) : null,
    time: { seconds, generating, updating, device: device || description, commit: commitOfProgram() },
  };
}

/** Steps that a run has made; 0 where there is none. */
async function stepsDone({ storage, path }: Place): Promise<number> {
  return Number((await latestCheckpoint(storage, path)) ?? 0);
}

async function evaluateReported(
  gpu: Gpu,
  run: Place,
  matrix: Matrix,
  cell: Cell,
  reported: Reported,
): Promise<EvalRecord> {
  const config = benchmarkConfig(matrix, cell, reported);
  const task = createTask(config.task.name, config.task.settings);
  const sources = checkpointSources();
  const weights = cell.trains
    ? await policyIn(await loadOf(run, stepName(reported.step), config, task), sources, config, task)
    : await startingWeights(sources, config, task);
  const variants = await chooseVariants(gpu, modelConfigOf(config, task), "auto");
  const engine = await buildEngine(gpu, config, variants);
  writeWeights(engine, weights);
  await compileAll(gpu, () => {});
  return evaluate(engine, evalProblems(task, config), reported.step);
}

function rowOf(cell: Cell, { label, step }: Reported, record: EvalRecord, log: readonly JsonObject[]): Row {
  const { name, entry, recipe, seed, base } = cell;
  const last = stepsOf(log).find((line) => line.step === step - 1);
  // Measured against the evaluation itself, these two say nothing; the report compares with the row of the base.
  const { "eval/acr": _ratio, "eval/aes": _score, ...metrics } = record.metrics;
  return {
    cell: name,
    entry,
    recipe,
    seed,
    base,
    checkpoint: label,
    step,
    tokens: Number(last?.["tokens/generated_total"] ?? 0),
    levels: record.levels,
    metrics,
  };
}

/**
 * Removes the checkpoints of steps that are neither reported nor the last: most are only there to go on from, and how often a
 * run was stopped is not to be seen in its folder.
 */
async function removeOthers(run: Place, cell: Cell): Promise<void> {
  const { storage, path } = run;
  const last = await stepsDone(run);
  const kept = [stepName(last), ...reportedOf(cell, last).map(({ step }) => stepName(step))];
  for (const name of await listCheckpoints(storage, path)) {
    if (/^\d/.test(name) && !kept.includes(name)) await storage.remove(checkpointPath(path, name));
  }
}
