import { BellowsError } from "../errors.ts";
import { peakResidentBytes, programCall, residentBytes } from "../host/node-program.ts";
import { BASE } from "../io/checkpoint.ts";
import { recipeOf } from "../rl/recipes/index.ts";
import { modelConfigOf } from "../train/config.ts";
import { buildEngine, compileAll, writeWeights } from "../train/engine.ts";
import { plannedBytes } from "../train/planned-bytes.ts";
import { preflight } from "../train/preflight.ts";
import { needsReference } from "../train/reference.ts";
import { baseCheckpointOf, checkpointOf, trainedIn } from "../train/snapshot.ts";
import { Trainer } from "../train/trainer.ts";
import { REFERENCE, startingWeights } from "../train/weights.ts";
import { checkpointSources } from "./checkpoints.ts";
import { chooseVariants, openDevice } from "./device.ts";
import { MetricsLogger } from "./metrics-logger.ts";
import { loadOf, openRun, planRun, type RunFlags, type RunPlan, trainInto } from "./run.ts";
import { writeReport } from "./run-report.ts";
import { readingProgress } from "./terminal.ts";
import { TrainingView } from "./training-view.ts";

export interface TrainFlags extends RunFlags {
  readonly preflight?: boolean;
}

/** What V8's heap takes over the first steps, beyond what is held after the trial rollout; measured. */
const HEAP_GROWTH_BYTES = 36 * 2 ** 20;

/** `bellows train`: trains, logs, saves and reports. Returns the exit status. */
export async function runTrain(flags: TrainFlags): Promise<number> {
  checkTrains(flags.recipe);
  const plan = await planRun(flags, "rl");
  return train(plan, flags, new TrainingView(plan.config, flags.json === true));
}

/** Does what a plan says. Returns the exit status. */
export async function train(
  plan: RunPlan,
  flags: Pick<TrainFlags, "preflight" | "variants" | "log">,
  view: TrainingView,
): Promise<number> {
  // Everything that can be wrong with files is found before the device is opened, and nothing is changed until then.
  const { config, task, resumed } = plan;
  const { weights, reference } = await weightsOf(plan);
  const logger = await MetricsLogger.start(flags.log);

  const gpu = await openDevice();
  const variants = await chooseVariants(gpu, modelConfigOf(config, task), flags.variants ?? "auto");
  const planned = await plannedBytes(gpu, config, variants, task);
  view.device(gpu, variants);
  const engine = await buildEngine(gpu, config, variants, task);
  writeWeights(engine, weights);
  const trainer = new Trainer(engine, {
    ...(resumed === null ? {} : { resumed: resumed.snapshot }),
    ...(reference === undefined ? {} : { reference }),
  });
  await compileAll(gpu, view.compiling);
  if (flags.preflight !== false && resumed === null) {
    // By now everything is compiled and every buffer was written once, so that little is still to come.
    const found = await preflight(trainer, planned);
    view.preflight({ ...found, residentBytes: residentBytes() + HEAP_GROWTH_BYTES });
  }

  const run = await openRun(plan);
  const { storage, shown } = run.place;
  if (config.lora.rank > 0 && resumed === null) {
    await run.folder.saveNamed(BASE, baseCheckpointOf(engine, weights.parameters));
  }
  if (reference !== undefined && resumed === null) {
    await run.folder.saveNamed(REFERENCE, checkpointOf(engine, await trainer.snapshot()));
  }
  logger?.begin(run.place, config, resumed !== null);
  view.start(shown, trainer.step);
  const status = await trainInto(run, trainer, view, logger);
  await writeReport(storage, run.folder.path, config, gpu, variants);
  view.finish(shown, { gpuBytes: gpu.buffers.peakBytes, residentBytes: peakResidentBytes() });
  gpu.close();
  await logger?.close();
  return status;
}

/** @throws BellowsError `config-invalid` for a recipe that is a way to decode. */
function checkTrains(recipe: string | undefined): void {
  if (recipe === undefined || recipeOf(recipe).trains !== false) return;
  throw new BellowsError("config-invalid", `the recipe ${recipe} trains nothing: it is a way to decode`, {
    field: "recipe",
    hint: `See what it does by ${programCall()} eval --recipe ${recipe}`,
  });
}

/** The weights to go on from, and of the starting policy what is trained, where the run needs it besides. */
async function weightsOf({ config, task, resumed }: RunPlan) {
  const keepsStart = needsReference(config);
  if (resumed === null) {
    const weights = await startingWeights(checkpointSources(), config, task, readingProgress());
    return { weights, reference: keepsStart ? weights.trained : undefined };
  }
  const { place, parameters, snapshot } = resumed;
  const weights = { parameters, trained: snapshot.parameters };
  if (!keepsStart) return { weights, reference: undefined };
  return { weights, reference: trainedIn(await loadOf(place, REFERENCE, config, task)) };
}
