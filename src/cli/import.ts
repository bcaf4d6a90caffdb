import { BellowsError } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import { checkFree, placeOf, print, programCall } from "../host/node-program.ts";
import { loadCheckpoint, saveCheckpoint } from "../io/checkpoint.ts";
import { checkNeed, type MemoryNeed, planMemory } from "../model/memory.ts";
import { boundSpeed, type SpeedBound } from "../model/speed.ts";
import { defaultVariants } from "../model/variants.ts";
import { decodeCapacity } from "../train/capacity.ts";
import { adaptersOf, modelConfigOf } from "../train/config.ts";
import { needsReference } from "../train/reference.ts";
import { type ConfiguredTask, openPublished, type Published } from "../train/text.ts";
import { findCheckpoint } from "../train/weights.ts";
import { checkpointSources } from "./checkpoints.ts";
import { openDevice } from "./device.ts";
import { type ConfigFlags, sourcesFromFlags } from "./flags.ts";
import { prepare } from "./prepare.ts";
import { formatBytes, formatNumber, readingProgress } from "./terminal.ts";

export interface ImportFlags extends ConfigFlags {
  readonly out?: string;
  readonly json?: boolean;
}

/** Bytes of GPU memory, or why this device cannot hold it. */
type Need = { readonly gpuBytes: number } | { readonly refused: string };

/**
 * `bellows import <folder>`: says what a published model is and what it takes, and with `--out` copies it as a checkpoint. Nothing
 * is read of its weights before that.
 */
export async function runImport(folder: string, flags: ImportFlags): Promise<number> {
  const place = await findCheckpoint(checkpointSources(), folder, "folder");
  const published = await openPublished(place);
  if (published === undefined) {
    throw new BellowsError(
      "input-invalid",
      `${folder} is a checkpoint of bellows already; there is nothing to import`,
      {
        field: "folder",
      },
    );
  }
  const sources = sourcesFromFlags(flags, null);
  const prepared = await prepare(sources, { place, withoutProblems: true });
  const out = flags.out === undefined ? null : placeOf(flags.out);
  if (out !== null) await checkFree(out, "Choose another --out.");

  const gpu = await openDevice();
  const needs = needsOf(gpu, prepared);
  const speed = "refused" in needs.sampling ? null : await speedOf(gpu, prepared);
  const adapter = gpu.adapter.description || gpu.adapter.device;
  gpu.close();
  const facts = factsOf(published);
  if (flags.json)
    print(JSON.stringify({ folder, ...facts, ...needs, speed, adapter, out: out?.shown ?? null }));
  else for (const line of linesOf(folder, facts, needs, speed, adapter, prepared)) print(line);

  if (out !== null) {
    const { config, parameters, vocabulary } = await loadCheckpoint(
      place.storage,
      place.path,
      {},
      readingProgress(),
    );
    await saveCheckpoint(out.storage, out.path, { config, parameters, vocabulary });
  }
  if (flags.json) return 0;
  const name = out?.shown ?? folder;
  if (out !== null) print(`copied to ${name}`);
  print(`ask it:     ${programCall()} sample ${name} --prompt "What is 2 + 2?"`);
  print(`train it:   ${programCall()} train --set init=${name} --set text.file=<problems.jsonl>`);
  return 0;
}

function needsOf(gpu: Gpu, { config, task }: ConfiguredTask): Record<"sampling" | "training", Need> {
  const plan = planMemory(gpu.adapter, modelConfigOf(config, task), {
    batchTokens: config.train.microBatchTokens,
    decoder: decodeCapacity(config, task),
    reference: needsReference(config),
  });
  const needOf = (need: MemoryNeed): Need => {
    try {
      checkNeed(need, gpu.device.limits);
      return { gpuBytes: need.bytes };
    } catch (error) {
      if (error instanceof BellowsError) return { refused: error.message };
      throw error;
    }
  };
  return { sampling: needOf(plan.sample), training: needOf(plan.train) };
}

function speedOf(gpu: Gpu, { config, task }: ConfiguredTask): Promise<SpeedBound> {
  return boundSpeed(gpu, modelConfigOf(config, task), defaultVariants(gpu), {
    tokens: config.train.microBatchTokens,
    sequences: decodeCapacity(config, task).sequences,
    frozen: adaptersOf(config) !== undefined,
  });
}

function factsOf({ config, configJson, table, file, tokenizer }: Published) {
  const entries = [...file.tensors.values()];
  const { architectures } = configJson;
  return {
    architecture: Array.isArray(architectures) ? String(architectures[0]) : String(configJson.model_type),
    parameters: table.count,
    dtypes: [...new Set(entries.map(({ dtype }) => dtype))].sort(),
    bytes: entries.reduce((sum, { begin, end }) => sum + end - begin, 0),
    model: config,
    tokens: tokenizer.tokens,
    ends: [tokenizer.end, ...tokenizer.otherEnds].map((id) => tokenizer.token(id)),
    hasChatTemplate: tokenizer.hasChatTemplate,
  };
}

function linesOf(
  folder: string,
  {
    architecture,
    parameters,
    dtypes,
    bytes,
    model,
    tokens,
    ends,
    hasChatTemplate,
  }: ReturnType<typeof factsOf>,
  { sampling, training }: Record<"sampling" | "training", Need>,
  speed: SpeedBound | null,
  adapter: string,
  { config }: ConfiguredTask,
): string[] {
  const whole = (n: number) => n.toLocaleString("en-GB");
  const { promptTokens } = config.text;
  const lengths = `prompts of ${promptTokens}, responses of ${config.schedule.lmax} tokens`;
  const say = (need: Need) =>
    "refused" in need ? `not on this device: ${need.refused}` : `${formatBytes(need.gpuBytes)} of GPU memory`;
  const most = (what: keyof SpeedBound) => {
    if (speed === null) return "";
    const rate = speed[what];
    return `, at most ${formatNumber(rate, rate < 100 ? 1 : 0)} tokens/s`;
  };
  const batch = `${config.train.decodeSequences} at a time`;
  return [
    `${folder}: ${architecture}, ${whole(parameters)} parameters in ${dtypes.join(", ")} (${formatBytes(bytes)})`,
    `  ${model.num_hidden_layers} layers of width ${model.hidden_size}, ${model.num_attention_heads} query and ` +
      `${model.num_key_value_heads} key-value heads of ${model.head_dim} channels, ` +
      `${model.tie_word_embeddings ? "head tied to the embedding" : "a head of its own"}`,
    `  ${whole(tokens)} tokens, room for ${whole(model.vocab_size)}; a response ends with ${ends.join(" or ")}`,
    "  prompts are used as they stand" +
      (hasChatTemplate ? ": its chat template is for you to write out in them" : ""),
    `on ${adapter}, with weights in 32 bits (${formatBytes(4 * parameters)} of memory of the process, too):`,
    `  to sample  ${say(sampling)}; ${lengths}, up to ${batch}${most("sampling")}`,
    `  to train   ${say(training)}; micro-batches of ${config.train.microBatchTokens} tokens${most("training")}`,
    "  These follow from settings (--set); a device tells its limits, but not how much memory it has. Speed is what the largest",
    "  matmul allows, measured here: attention and the rest come to it.",
  ];
}
