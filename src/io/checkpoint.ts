import { BellowsError } from "../errors.ts";
import type { AdapterSettings } from "../model/adapter-settings.ts";
import type { AdapterTable } from "../model/adapters.ts";
import type { ModelConfig } from "../model/config.ts";
import { type Parameter, type ParameterLayout, ParameterTable } from "../model/parameters.ts";
import { modelConfigJson, readModelConfig } from "./hugging-face.ts";
import { checkJson, decodeJson, encodeJson, isJsonObject, type JsonObject, refuse, shown } from "./json.ts";
import { encodeSafetensors, type Tensor } from "./safetensors.ts";
import { type Chunks, joinPath, type Storage } from "./storage.ts";
import {
  type CheckpointVocabulary,
  checkSameVocabulary,
  checkVocabulary,
  readCheckpointVocabulary,
  specialIds,
  tokenizerFiles,
} from "./vocabulary.ts";
import { openTensors, openWeights, type TensorFiles, WEIGHTS } from "./weight-files.ts";

const CONFIG = "config.json";
const OPTIMIZER = "optimizer.safetensors";
const TRAINER = "trainer.json";

/** Version of `trainer.json`; a change that older programs would misread makes it one higher. */
const TRAINER_FORMAT = 1;

/** Bytes of the largest JSON file: the vocabularies of published models take a tenth of it. */
const MAX_JSON = 2 ** 27;

/** What early Llama checkpoints hold besides: the frequencies of the rotation, which follow from their `config.json`. */
const DERIVED = /\.rotary_emb\.inv_freq$/;

/** Adapters in the layout of Hugging Face's PEFT. */
export const ADAPTER_CONFIG = "adapter_config.json";
export const ADAPTER_WEIGHTS = "adapter_model.safetensors";

/** The checkpoint of a run that holds the model which its adapters belong to, beside those of the adapters. */
export const BASE = "base";

/** The one that holds that model with the adapters merged in. */
export const MERGED = "merged";

/** Adapters of a model. */
export interface Adapters {
  readonly settings: AdapterSettings;
  /** Flat, as {@link AdapterTable} lays it out. */
  readonly values: Float32Array<ArrayBuffer>;
}

/** A model. `parameters` is flat, as {@link ParameterTable} lays it out. */
export interface Weights {
  readonly config: ModelConfig;
  readonly parameters: Float32Array<ArrayBuffer>;
}

/** AdamW's moments, and the reference policy where it moves in the course of a run; all laid out as what is trained is. */
export interface OptimizerState {
  readonly firstMoment: Float32Array<ArrayBuffer>;
  readonly secondMoment: Float32Array<ArrayBuffer>;
  readonly reference?: Float32Array<ArrayBuffer>;
}

/** What a trainer needs besides, to go on as if it had never stopped. */
export interface TrainerState<State = JsonObject> {
  /** Plain data that the trainer alone understands. */
  readonly state: State;
  /** Bytes that each log of the run (src/io/run-folder.ts) had at this moment. */
  readonly logBytes: Readonly<Record<string, number>>;
}

/** What a checkpoint folder holds; without `optimizer` and `trainer` it is a model for use, not for training on. */
export interface Checkpoint<State = JsonObject> extends Weights {
  readonly vocabulary: CheckpointVocabulary;
  /** Adapters that are trained in place of the parameters. */
  readonly adapters?: Adapters;
  readonly optimizer?: OptimizerState;
  readonly trainer?: TrainerState<State>;
}

/**
 * A checkpoint to be written, but for the trainer's state. Adapters stand in place of the model that they belong to, which is
 * another checkpoint, {@link BASE}.
 */
export type SavedModel = Omit<Checkpoint, "parameters" | "adapters" | "trainer"> &
  (Pick<Weights, "parameters"> | { readonly adapters: Adapters });

/** What a checkpoint has to fit; `max_position_embeddings` may differ. */
export interface Expected {
  readonly config?: ModelConfig;
  readonly vocabulary?: CheckpointVocabulary;
}

/**
 * Writes a checkpoint folder, in place of an earlier one: after a crash there is the old one or the new one.
 * The folder is one that Hugging Face `transformers` opens (Qwen2ForCausalLM, or LlamaForCausalLM where there is no bias),
 * with `optimizer.safetensors` and `trainer.json` beside; one with adapters is one that PEFT opens.
 * @throws BellowsError `input-invalid` where the parts do not fit each other, before anything is written;
 *   `storage-failed`.
 */
export async function saveCheckpoint(
  storage: Storage,
  folder: string,
  checkpoint: SavedModel & Pick<Checkpoint<object>, "trainer">,
): Promise<void> {
  const { config, vocabulary, optimizer, trainer } = checkpoint;
  checkVocabulary(vocabulary, config);
  const files = new Map<string, Chunks>();
  // transformers refuses weights that do not say that they are PyTorch's.
  const metadata = { format: "pt" };
  let table: ParameterLayout;
  if ("adapters" in checkpoint) {
    const { settings, values } = checkpoint.adapters;
    const [{ AdapterTable }, { adapterConfigJson }] = await adapterModules();
    table = new AdapterTable(config, settings);
    files.set(ADAPTER_CONFIG, [encodeJson(adapterConfigJson(settings), ADAPTER_CONFIG)]);
    files.set(ADAPTER_WEIGHTS, encodeSafetensors(tensorsOf(table, values, "adapters"), metadata));
  } else {
    table = new ParameterTable(config);
    files.set(CONFIG, [encodeJson(modelConfigJson(config, specialIds(vocabulary)), CONFIG)]);
    for (const [name, content] of tokenizerFiles(vocabulary, config)) files.set(name, content);
    files.set(WEIGHTS, encodeSafetensors(tensorsOf(table, checkpoint.parameters, "parameters"), metadata));
  }
  if (optimizer !== undefined) {
    const { firstMoment, secondMoment, reference } = optimizer;
    const tensors = [
      ...tensorsOf(table, firstMoment, "first_moment", "first_moment."),
      ...tensorsOf(table, secondMoment, "second_moment", "second_moment."),
      ...(reference === undefined ? [] : tensorsOf(table, reference, "reference", "reference.")),
    ];
    files.set(OPTIMIZER, encodeSafetensors(tensors));
  }
  if (trainer !== undefined) {
    checkJson(trainer.state, "trainer.state");
    const { logBytes, state } = trainer;
    files.set(TRAINER, [encodeJson({ format: TRAINER_FORMAT, logBytes, state }, TRAINER)]);
  }
  await storage.writeFolder(folder, files);
}

/** Told how many of a model's parameters are read. */
export type ReadProgress = (done: number, total: number) => void;

/**
 * Reads a checkpoint folder, of bellows or of a published model. That of adapters has the model that they belong to in
 * {@link BASE} beside it.
 * @throws BellowsError `checkpoint-invalid` naming the file, the field or tensor, what it is and what would be
 *   right, also where it does not fit `expected`; `storage-failed`.
 */
export async function loadCheckpoint(
  storage: Storage,
  folder: string,
  expected: Expected = {},
  progress: ReadProgress = () => {},
): Promise<Checkpoint> {
  const isWhole = (await modelFolder(storage, folder)) === folder;
  return (isWhole ? loadWhole : loadAdapted)(storage, folder, expected, progress);
}

/** What only adapters need is fetched with the first of them. */
function adapterModules() {
  return Promise.all([import("../model/adapters.ts"), import("./adapters.ts")]);
}

/** Reads a checkpoint folder of a model. */
async function loadWhole(
  storage: Storage,
  folder: string,
  expected: Expected,
  progress: ReadProgress,
): Promise<Checkpoint> {
  const { config, configJson, table, file } = await openModel(storage, folder, expected.config);
  const vocabulary = await readCheckpointVocabulary(storage, folder, configJson);
  if (expected.vocabulary !== undefined) checkSameVocabulary(vocabulary, expected.vocabulary, folder);
  return {
    config,
    parameters: await flatten(file, table, "", progress),
    vocabulary,
    ...(await loadOptimizer(storage, folder, table)),
    ...(await loadTrainer(storage, folder)),
  };
}

/** Where the model is that the adapters of a checkpoint belong to. */
function baseOf(folder: string): string {
  return joinPath(folder.split("/").slice(0, -1).join("/"), BASE);
}

/** The folder of a checkpoint's model: its own, or, where it holds adapters alone, that of {@link BASE} beside it. */
export async function modelFolder(storage: Storage, folder: string): Promise<string> {
  return (await storage.exists(joinPath(folder, ADAPTER_CONFIG))) ? baseOf(folder) : folder;
}

/** Reads a checkpoint folder of adapters, and the model that they belong to. */
async function loadAdapted(
  storage: Storage,
  folder: string,
  expected: Expected,
  progress: ReadProgress,
): Promise<Checkpoint> {
  const base = baseOf(folder);
  if (!(await storage.exists(joinPath(base, CONFIG)))) {
    throw new BellowsError(
      "checkpoint-invalid",
      `${folder} holds adapters, and there is no model in ${base}`,
      {
        field: BASE,
        hint: "Name the model that they belong to by init, and this folder by lora.init.",
      },
    );
  }
  const { config, vocabulary, parameters } = await loadWhole(storage, base, expected, progress);
  const { table, adapters } = await readAdapters(storage, folder, config);
  const state = { ...(await loadOptimizer(storage, folder, table)), ...(await loadTrainer(storage, folder)) };
  return { config, vocabulary, parameters, adapters, ...state };
}

/**
 * Reads adapters for a model, also those that PEFT wrote.
 * @throws BellowsError as {@link loadCheckpoint}.
 */
export async function readAdapters(
  storage: Storage,
  folder: string,
  config: ModelConfig,
): Promise<{ readonly table: AdapterTable; readonly adapters: Adapters }> {
  const [{ AdapterTable }, { readAdapterConfig }] = await adapterModules();
  const json = decodeJson(await readPart(storage, folder, ADAPTER_CONFIG), joinPath(folder, ADAPTER_CONFIG));
  const settings = readAdapterConfig(json, joinPath(folder, ADAPTER_CONFIG));
  const table = new AdapterTable(config, settings);
  const file = await openTensors(storage, folder, ADAPTER_WEIGHTS);
  checkTensors(file, table.parameters);
  return { table, adapters: { settings, values: await flatten(file, table) } };
}

/**
 * Reads the model of a checkpoint folder, also of one that bellows did not write: a Qwen2 or Llama model, in one file
 * or several of F32, F16 or BF16 tensors.
 * @throws BellowsError as {@link loadCheckpoint}.
 */
export async function loadWeights(
  storage: Storage,
  folder: string,
  expected?: ModelConfig,
): Promise<Weights> {
  const { config, table, file } = await openModel(storage, folder, expected);
  return { config, parameters: await flatten(file, table) };
}

/** A model whose weights can be read, but are not yet. */
export interface OpenModel {
  readonly config: ModelConfig;
  /** `config.json` as it stands. */
  readonly configJson: JsonObject;
  readonly table: ParameterTable;
  readonly file: TensorFiles;
}

/**
 * Opens the model of a checkpoint folder: everything is checked but the values of the weights.
 * @throws BellowsError as {@link loadCheckpoint}.
 */
export async function openModel(
  storage: Storage,
  folder: string,
  expected?: ModelConfig,
): Promise<OpenModel> {
  const configFile = joinPath(folder, CONFIG);
  const configJson = decodeJson(await readPart(storage, folder, CONFIG), configFile);
  const config = readModelConfig(configJson, configFile);
  if (expected !== undefined) checkSameConfig(config, expected, configFile);
  const file = await openWeights(storage, folder);
  // A table is as long as the config claims; so the claim is first held against the file.
  const { size } = file.tensors;
  if (config.num_hidden_layers > size) {
    const right = `at most ${size}, the number of tensors of ${file.name}`;
    refuse(configFile, "num_hidden_layers", config.num_hidden_layers, right);
  }
  const table = new ParameterTable(config);
  checkTensors(file, table.parameters);
  return { config, configJson, table, file };
}

async function loadOptimizer(
  storage: Storage,
  folder: string,
  table: ParameterLayout,
): Promise<{ optimizer?: OptimizerState }> {
  if (!(await storage.exists(joinPath(folder, OPTIMIZER)))) return {};
  const file = await openTensors(storage, folder, OPTIMIZER);
  const named = (start: string) => table.parameters.map((p) => ({ ...p, name: start + p.name }));
  const hasReference = [...file.tensors.keys()].some((name) => name.startsWith("reference."));
  const reference = hasReference ? named("reference.") : [];
  checkTensors(file, [...named("first_moment."), ...named("second_moment."), ...reference]);
  const firstMoment = await flatten(file, table, "first_moment.");
  const secondMoment = await flatten(file, table, "second_moment.");
  const moments = { firstMoment, secondMoment };
  return {
    optimizer: hasReference ? { ...moments, reference: await flatten(file, table, "reference.") } : moments,
  };
}

async function loadTrainer(storage: Storage, folder: string): Promise<{ trainer?: TrainerState }> {
  const name = joinPath(folder, TRAINER);
  if (!(await storage.exists(name))) return {};
  const { format, logBytes, state } = decodeJson(await storage.read(name), name);
  if (format !== TRAINER_FORMAT) {
    refuse(name, "format", format, `${TRAINER_FORMAT}; this checkpoint is of another version of bellows`);
  }
  if (!isJsonObject(state)) refuse(name, "state", state, "an object");
  if (!isJsonObject(logBytes)) refuse(name, "logBytes", logBytes, "an object");
  const sizes = Object.entries(logBytes).map(([log, bytes]): [string, number] => {
    if (typeof bytes === "number" && Number.isSafeInteger(bytes) && bytes >= 0) return [log, bytes];
    return refuse(name, `logBytes[${shown(log)}]`, bytes, "a whole number of bytes");
  });
  return { trainer: { state, logBytes: Object.fromEntries(sizes) } };
}

/** Reads a JSON file that must be there. */
async function readPart(storage: Storage, folder: string, part: string): Promise<Uint8Array<ArrayBuffer>> {
  const name = joinPath(folder, part);
  if (await storage.exists(name)) {
    const { size, read } = await storage.open(name);
    if (size > MAX_JSON) refuse(name, "its length", size, `at most ${MAX_JSON} bytes`);
    return read(0, size);
  }
  throw new BellowsError("checkpoint-invalid", `${name} is missing; a checkpoint folder has it`, {
    field: part,
    hint: `A checkpoint is a folder with ${CONFIG}, ${WEIGHTS} or its shards, and tokenizer.json.`,
  });
}

function tensorsOf(table: ParameterLayout, flat: Float32Array, field: string, start = ""): Tensor[] {
  if (flat.length !== table.totalFloats) {
    throw new BellowsError(
      "input-invalid",
      `${field} has ${flat.length} floats; this model's layout has ${table.totalFloats}`,
      { field },
    );
  }
  return table.parameters.map(({ name, shape, offset, size }) => ({
    name: start + name,
    shape,
    values: flat.subarray(offset, offset + size),
  }));
}

async function flatten(
  file: TensorFiles,
  table: ParameterLayout,
  start = "",
  progress: ReadProgress = () => {},
): Promise<Float32Array<ArrayBuffer>> {
  const flat = new Float32Array(table.totalFloats);
  let done = 0;
  for (const { name, offset, size } of table.parameters) {
    await file.copy(start + name, flat.subarray(offset, offset + size));
    done += size;
    progress(done, table.count);
  }
  return flat;
}

/** Checks that a file has these tensors, in these shapes, and no others. */
function checkTensors(file: TensorFiles, parameters: readonly Parameter[]): void {
  const found = file.tensors;
  for (const { name, shape } of parameters) {
    const entry = found.get(name);
    if (entry === undefined) refuse(file.name, name, undefined, `a tensor of shape ${shown(shape)}`);
    if (entry.shape.length !== shape.length || entry.shape.some((n, i) => n !== shape[i])) {
      refuse(file.name, `the shape of ${name}`, entry.shape, shown(shape));
    }
  }
  const known = new Set(parameters.map(({ name }) => name));
  for (const [name, { shape }] of found) {
    if (known.has(name) || DERIVED.test(name)) continue;
    const isHead = name === "lm_head.weight";
    const why = isHead ? "the head is the embedding (tie_word_embeddings)" : "this model has no such tensor";
    refuse(file.name, shown(name), shape, `absent: ${why}`);
  }
}

function checkSameConfig(config: ModelConfig, expected: ModelConfig, file: string): void {
  for (const field of Object.keys(config) as (keyof ModelConfig)[]) {
    // How many positions a run has room for is its own affair: no weight depends on it.
    if (field === "max_position_embeddings") continue;
    const [is, right] = [config[field], expected[field]].map((value) => JSON.stringify(value));
    if (is !== right) refuse(file, field, config[field], `${right} for this run`);
  }
}
