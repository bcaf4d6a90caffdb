/** What flags and files say a command is to work on: a config, and its task with the files that it needs. */
import { BellowsError } from "../errors.ts";
import { type Place, placeOf, readTextFile } from "../host/node-program.ts";
import { latestCheckpoint, readRunConfig, readRunProblems } from "../io/run-folder.ts";
import { createTask } from "../tasks/registry.ts";
import { TEXT } from "../tasks/text/settings.ts";
import { parseConfig } from "../train/config.ts";
import { type ConfigSources, layConfig } from "../train/settings.ts";
import { asksForText, type ConfiguredTask, composeText, openPublished, textTask } from "../train/text.ts";
import { type CheckpointPlace, findCheckpoint, isBundled } from "../train/weights.ts";
import { checkpointSources } from "./checkpoints.ts";
import { type ConfigFlags, settingsOf, sourcesFromFlags } from "./flags.ts";

export interface Prepared extends ConfiguredTask {
  /** Of a text task: the problems, a line each. A run keeps them. */
  readonly problems?: string;
}

export interface PrepareOptions {
  /** The checkpoint that the command is about, where it is not that of `init`. */
  readonly place?: CheckpointPlace;
  /** Problems that a run has kept, and the `text.file` that they are of. */
  readonly kept?: { readonly file: string; readonly problems: string };
  /** Whether the command can do without problems. */
  readonly withoutProblems?: boolean;
}

/**
 * Puts a config together, checks it, and makes its task. A checkpoint with a published tokenizer brings its shape, and text as the
 * task; all else is as the presets have it.
 * @throws BellowsError naming the setting, file or line at fault.
 */
export async function prepare(sources: ConfigSources, options: PrepareOptions = {}): Promise<Prepared> {
  const plain = layConfig(sources);
  const place = options.place ?? (await placeOfInit(plain));
  const published = place === undefined ? undefined : await openPublished(place);
  const laid = published === undefined ? plain : composeText(sources, published);
  if (!asksForText(laid)) {
    const config = parseConfig(plain);
    return { config, task: createTask(config.task.name, config.task.settings) };
  }
  if (published === undefined) {
    const message = `init is ${String(plain.init)}; it must be the folder of a published model, whose tokenizer task.name=${TEXT} takes`;
    throw new BellowsError("config-invalid", message, { field: "init" });
  }
  const problems = problemsOf(laid, options);
  const task = textTask(laid, published, problems);
  return problems === undefined ? task : { ...task, problems };
}

/**
 * For a command that looks at a checkpoint. A run, named itself or by one of its checkpoints, brings its own config and problems;
 * `--set` and `--seed` change the config, and `--preset`, `--config` or `--recipe` replaces it.
 */
export async function prepareFor(
  name: string | undefined,
  flags: ConfigFlags,
  options: Pick<PrepareOptions, "withoutProblems"> = {},
): Promise<Prepared> {
  const isNew = [flags.preset, flags.config, flags.recipe].some((flag) => flag !== undefined);
  const isPath = name !== undefined && !isBundled(name);
  const run = isPath ? await runOf(name) : undefined;
  const place = isPath ? { place: await findCheckpoint(checkpointSources(), name, "checkpoint") } : {};
  const kept = run === undefined ? {} : await keptProblems(run);
  if (run === undefined || isNew) return prepare(sourcesFromFlags(flags, null), { ...place, ...options });
  const file = await readRunConfig(run.storage, run.path);
  return prepare({ file, settings: settingsOf(flags) }, { ...place, ...kept, ...options });
}

/** The problems that a run of text has kept. */
export async function keptProblems({
  storage,
  path,
}: CheckpointPlace): Promise<Pick<PrepareOptions, "kept">> {
  const problems = await readRunProblems(storage, path);
  if (problems === undefined) return {};
  const { text } = await readRunConfig(storage, path);
  const { file } = text as { file: string };
  return { kept: { file, problems } };
}

/** The run that a name stands for, or that the checkpoint of this name lies in. */
async function runOf(name: string): Promise<Place | undefined> {
  for (const path of [name, `${name}/../..`]) {
    const place = placeOf(path);
    if ((await latestCheckpoint(place.storage, place.path)) !== undefined) return place;
  }
  return undefined;
}

/** Where `init` points to; undefined where that is no folder, or none yet. */
async function placeOfInit({
  init,
  ...config
}: Record<string, unknown>): Promise<CheckpointPlace | undefined> {
  if (typeof init !== "string" || init === "" || init === "random" || isBundled(init)) return undefined;
  try {
    return await findCheckpoint(checkpointSources(), init, "init");
  } catch (error) {
    // What is missing is told by the command that needs it; the tokenizer of text is needed here.
    if (asksForText(config) || !(error instanceof BellowsError)) throw error;
    return undefined;
  }
}

function problemsOf(
  laid: Record<string, unknown>,
  { kept, withoutProblems }: PrepareOptions,
): string | undefined {
  const { file } = (laid.text ?? {}) as { file?: unknown };
  if (typeof file !== "string") return undefined; // the check says what is wrong
  if (file !== "") return file === kept?.file ? kept.problems : readTextFile(file);
  if (withoutProblems === true) return undefined;
  throw new BellowsError("config-invalid", "text.file is empty; it must be the path of a file of problems", {
    field: "text.file",
    hint: 'A line each: {"prompt": "…", "answer": "…"}. Give it by --set text.file=<path>.',
  });
}
