import { BellowsError, invalid } from "../errors.ts";
import { makeExport, VERSIONS, writeExport } from "../export/folder.ts";
import { TARGET_NAMES, TARGETS, type Target } from "../export/mapping.ts";
import { checkFree, type Place, placeOf, print } from "../host/node-program.ts";
import { readAbout } from "../io/about.ts";
import { checkpointPath, readRunConfig } from "../io/run-folder.ts";
import { joinPath } from "../io/storage.ts";
import { createTask } from "../tasks/registry.ts";
import type { Task } from "../tasks/task.ts";
import type { Config } from "../train/config.ts";
import { needsReference } from "../train/reference.ts";
import { composeConfig } from "../train/settings.ts";
import { loadFitting, REFERENCE, startingWeights } from "../train/weights.ts";
import { checkpointSources } from "./checkpoints.ts";
import { type ConfigFlags, settingsOf, sourcesFromFlags } from "./flags.ts";
import { plural } from "./terminal.ts";

export interface ExportFlags extends ConfigFlags {
  readonly to?: string;
  readonly out?: string;
}

/** What starts the training of an export, in its folder. */
const LAUNCH: Readonly<Record<Target, string>> = { trl: "python train.py", verl: "sh train.sh" };

/** `bellows export [run]`: writes a folder that trains the same model on the same problems with TRL or verl. */
export async function runExport(run: string | undefined, flags: ExportFlags): Promise<number> {
  const target = targetOf(flags.to);
  const place = run === undefined ? undefined : placeOf(run);
  const config =
    place === undefined
      ? composeConfig(sourcesFromFlags(flags, "rl.steps"))
      : await configOfRun(place, flags);
  const task = createTask(config.task.name, config.task.settings);
  const made = makeExport(config, task, target);
  const out = placeOf(flags.out ?? `${place === undefined ? task.name : place.shown}-${target}`);
  await checkFree(out, "Choose another --out.");
  const weights = await startOf(place, config, task);
  await writeExport(out.storage, out.path, made, weights, config, task);
  print(
    `${out.shown}: ${plural(config.rl.steps, "step")} for ${TARGET_NAMES[target]} ${VERSIONS[target]}, ` +
      `${plural(made.problems.train, "problem")} of training, ${made.problems.eval} of evaluation`,
  );
  print("Not the same there:");
  for (const difference of made.differences) print(`- ${difference}`);
  print(`Start it by cd ${out.shown} && ${LAUNCH[target]}; README.md there says what it needs.`);
  return 0;
}

function targetOf(to: string | undefined): Target {
  const target = TARGETS.find((name) => name === to);
  if (target !== undefined) return target;
  const right = `one of ${TARGETS.join(", ")}`;
  if (to !== undefined) throw invalid("input-invalid", "--to", to, right);
  throw new BellowsError("input-invalid", `--to is missing; it must be ${right}`, { field: "to" });
}

/** The config of a run, which `--set`, `--seed` and `--steps` change. */
async function configOfRun({ storage, path, shown }: Place, flags: ExportFlags): Promise<Config> {
  for (const flag of ["preset", "config", "recipe"] as const) {
    if (flags[flag] === undefined) continue;
    throw new BellowsError("config-invalid", `--${flag} cannot go with a run, which has its own config`, {
      field: flag,
      hint: "Give either; single settings of a run can be changed by --set.",
    });
  }
  const file = await readRunConfig(storage, path);
  const { kind } = await readAbout(storage, path);
  if (kind !== "rl") {
    const message = `${shown} is a run of bellows sft; it must be one of bellows train`;
    throw new BellowsError("input-invalid", message, { field: "run" });
  }
  const steps = flags.steps === undefined ? [] : [`rl.steps=${flags.steps}`];
  return composeConfig({ file, settings: [...settingsOf(flags), ...steps] });
}

/** The policy that a run started from: its own copy where it has one, else what `init` names. */
async function startOf(
  place: Place | undefined,
  config: Config,
  task: Task,
): Promise<Float32Array<ArrayBuffer>> {
  if (place !== undefined && needsReference(config)) {
    const path = checkpointPath(place.path, REFERENCE);
    if (await place.storage.exists(joinPath(path, "model.safetensors"))) {
      return (await loadFitting({ storage: place.storage, path }, config, task)).parameters;
    }
  }
  return (await startingWeights(checkpointSources(), config, task)).parameters;
}
