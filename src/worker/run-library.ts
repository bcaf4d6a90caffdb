import { BellowsError } from "../errors.ts";
import { type About, readAbout, writeAbout } from "../io/about.ts";
import { loadCheckpoint } from "../io/checkpoint.ts";
import { decodeJson } from "../io/json.ts";
import {
  checkpointPath,
  checkRun,
  latestCheckpoint,
  listCheckpoints,
  listRuns,
  RunFolder,
  readLog,
  readRunConfig,
} from "../io/run-folder.ts";
import { joinPath, type Storage } from "../io/storage.ts";
import { createTask, TASKS } from "../tasks/registry.ts";
import type { Config, modelConfigOf } from "../train/config.ts";
import { PRESETS } from "../train/presets.ts";
import type { SampleRecord } from "../train/records.ts";
import { composeConfig } from "../train/settings.ts";
import { NO_PROGRESS } from "../train/snapshot.ts";
import { recordsOf, samplesOf } from "./log-lines.ts";
import type { DamagedRun, OpenedRun, RunList, RunSummary } from "./protocol.ts";
import { errorData } from "./results.ts";

/** Longest name of a run that is imported; its folder may get a number behind. */
const MAX_NAME = 80;

/** The stored runs of a page. They are folders as the command line program keeps them, so that it can open them. */
export class RunLibrary {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** All runs, by name. */
  async list(): Promise<RunList> {
    const runs: RunSummary[] = [];
    const damaged: DamagedRun[] = [];
    for (const id of await listRuns(this.#storage, "")) {
      try {
        runs.push(await this.summary(id));
      } catch (error) {
        // Another tab may have removed it meanwhile.
        if (await this.#storage.exists(id)) damaged.push({ id, error: errorData(error) });
      }
    }
    return { runs, damaged };
  }

  async summary(id: string): Promise<RunSummary> {
    const latest = await latestCheckpoint(this.#storage, id);
    return {
      id,
      ...(await readAbout(this.#storage, id)),
      config: await this.config(id),
      step: latest === undefined ? 0 : await this.#stepOf(id, latest),
      checkpoints: await listCheckpoints(this.#storage, id),
    };
  }

  async config(id: string): Promise<Config> {
    return composeConfig({ file: await readRunConfig(this.#storage, id) });
  }

  /** A run as it is stored, with what it has logged. */
  async read(id: string): Promise<OpenedRun> {
    const summary = await this.summary(id);
    const records = recordsOf(await readLog(this.#storage, id, "metrics"));
    return { summary, step: summary.step, records, preflight: null };
  }

  async samples(id: string, step?: number): Promise<SampleRecord[]> {
    const samples = samplesOf(await readLog(this.#storage, id, "samples"));
    return step === undefined ? samples : samples.filter((sample) => sample.step === step);
  }

  /** Notes that a run was written to; `changes` say what else is new of it. */
  async note(id: string, changes: Partial<Pick<About, "title" | "kind">> = {}): Promise<void> {
    const about = await readAbout(this.#storage, id);
    await writeAbout(this.#storage, id, { ...about, ...changes, modified: Date.now() });
  }

  async remove(id: string): Promise<void> {
    await checkRun(this.#storage, id); // so that nothing but a run is ever removed
    await this.#storage.remove(id);
  }

  async export(id: string): Promise<Uint8Array<ArrayBuffer>> {
    await checkRun(this.#storage, id);
    const { zipFolder } = await zipModule();
    return zipFolder(this.#storage, id);
  }

  /**
   * Takes in a zipped folder, as a run of its own.
   * @param name what the file is called, e.g. `toy.zip`.
   * @throws BellowsError `input-invalid` or `checkpoint-invalid` where it is neither a run nor a checkpoint; then nothing
   *   stays behind.
   */
  async import(name: string, zip: Uint8Array<ArrayBuffer>): Promise<RunSummary> {
    const { readZip, storeFolder } = await zipModule();
    const files = readZip(zip);
    if (!files.has("config.json")) {
      const message = `${name} has no config.json; it must be the zipped folder of a run or of a checkpoint`;
      throw new BellowsError("input-invalid", message, { field: "zip" });
    }
    const id = await this.#freeName(name);
    try {
      await storeFolder(this.#storage, id, files);
      if (files.has("model.safetensors")) await this.#turnIntoRun(id);
      await this.note(id);
      return await this.summary(id);
    } catch (error) {
      await this.#storage.remove(id).catch(() => {}); // the first error says more
      throw error;
    }
  }

  /** Makes a run that starts from a checkpoint out of the checkpoint's folder. */
  async #turnIntoRun(id: string): Promise<void> {
    const { config: model, vocabulary, parameters } = await loadCheckpoint(this.#storage, id);
    const words = "tokens" in vocabulary ? vocabulary.tokens : [];
    const config = configForModel(model, words, `${id}/checkpoints/000000`);
    await this.#storage.remove(id);
    const run = await RunFolder.create(this.#storage, id, config);
    const zeros = () => new Float32Array(parameters.length);
    const optimizer = { firstMoment: zeros(), secondMoment: zeros() };
    await run.saveStep(0, { config: model, vocabulary, parameters, optimizer, trainer: NO_PROGRESS });
  }

  /** Steps that a checkpoint holds; one with a name of its own says so inside. */
  async #stepOf(id: string, checkpoint: string): Promise<number> {
    if (/^\d+$/.test(checkpoint)) return Number(checkpoint);
    const file = joinPath(checkpointPath(id, checkpoint), "trainer.json");
    if (!(await this.#storage.exists(file))) return 0;
    const { state } = decodeJson(await this.#storage.read(file), file);
    const step = (state as { step?: unknown } | null)?.step;
    return typeof step === "number" ? step : 0;
  }

  /** A name for a folder that is like the file's and is not taken. */
  async #freeName(file: string): Promise<string> {
    const plain = file.replace(/\.zip$/i, "").replaceAll(/[^A-Za-z0-9._-]+/g, "-");
    const name =
      plain
        .replace(/^[^A-Za-z0-9]+/, "")
        .slice(0, MAX_NAME)
        .replace(/\.+$/, "") || "imported";
    for (let number = 1; ; number++) {
      const id = number === 1 ? name : `${name}-${number}`;
      if (!(await this.#storage.exists(id))) return id;
    }
  }
}

/** Loaded when it is first needed: training does not wait for it. @throws BellowsError `network-failed`. */
async function zipModule() {
  try {
    return await import("../io/zip.ts");
  } catch (cause) {
    throw new BellowsError("network-failed", "the page's code for zip files could not be loaded", { cause });
  }
}

/**
 * The default config for a model of this shape, of the task that has these words.
 * @throws BellowsError `checkpoint-invalid` where no task has.
 */
function configForModel(
  model: ReturnType<typeof modelConfigOf>,
  words: readonly string[],
  init: string,
): Config {
  // What a config has no setting for is as modelConfigOf says; opening the run refuses another architecture.
  const { vocab_size, rope_scaling, attention_bias, tie_word_embeddings, ...shape } = model;
  const speaks = (name: string) => createTask(name).vocabulary.tokens.join(" ") === words.join(" ");
  const name = [...TASKS.keys()].find(speaks);
  if (name === undefined) {
    const message =
      words.length === 0
        ? "the checkpoint has a published tokenizer; the page runs toys alone"
        : `the checkpoint's vocabulary of ${words.length} words is that of no task`;
    const hint =
      words.length === 0 ? "bellows sample, eval and train on the command line take its folder." : "";
    throw new BellowsError("checkpoint-invalid", message, { field: "tokenizer.json", hint });
  }
  // No weight depends on how many positions there is room for, so a run may have more than the checkpoint says.
  const positions = Math.max(shape.max_position_embeddings, PRESETS.default.model.max_position_embeddings);
  return composeConfig({
    file: { init, task: { name }, model: { ...shape, max_position_embeddings: positions } },
  });
}
