import * as v from "valibot";
import { BellowsError } from "../errors.ts";
import type { Checkpoint } from "../io/checkpoint.ts";
import type { RunCheckpoint } from "../io/run-folder.ts";
import type { Optimizer } from "../model/optimizer.ts";
import type { Engine } from "./engine.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** What `trainer.json` of a checkpoint says. */
const ProgressSchema = v.object({
  step: count,
  updates: count,
  generatedTokens: count,
  trainedTokens: count,
  baseline: v.nullable(v.object({ accuracy: v.array(v.number()), length: v.array(v.number()) })),
});

/**
 * Where a run stands, beside its weights and moments: all that resuming needs, since random numbers follow from the step.
 * `step` counts the steps that are done, `updates` those that the optimizer has made; `baseline` is the first evaluation of a
 * run of RL, null before it and in SFT, which samples nothing either.
 */
export type Progress = v.InferOutput<typeof ProgressSchema>;

export const NO_PROGRESS: Progress = {
  step: 0,
  updates: 0,
  generatedTokens: 0,
  trainedTokens: 0,
  baseline: null,
};

/** Weights, moments, progress, and the reference policy where it moves: what a checkpoint holds. All of what is trained. */
export interface Snapshot {
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly firstMoment: Float32Array<ArrayBuffer>;
  readonly secondMoment: Float32Array<ArrayBuffer>;
  /** Parameters of the reference policy, once it is no longer the starting policy. */
  readonly reference?: Float32Array<ArrayBuffer>;
  readonly progress: Progress;
}

/** What a trainer that goes on needs beside the weights, which are in the engine already. */
export type Resumed = Omit<Snapshot, "parameters">;

/** Puts an optimizer where it was. */
export function restoreOptimizer({ gpu }: Engine, optimizer: Optimizer, resumed: Resumed): void {
  optimizer.updates = resumed.progress.updates;
  gpu.device.queue.writeBuffer(optimizer.firstMoment.buffer, 0, resumed.firstMoment);
  gpu.device.queue.writeBuffer(optimizer.secondMoment.buffer, 0, resumed.secondMoment);
}

/** Reads the state back, between two records. @param progress but for the updates, which the optimizer counts. */
export async function takeSnapshot(
  { model }: Engine,
  optimizer: Optimizer,
  progress: Progress,
): Promise<Snapshot> {
  return {
    parameters: await model.readTrained(),
    firstMoment: await model.readFlat(optimizer.firstMoment),
    secondMoment: await model.readFlat(optimizer.secondMoment),
    progress: { ...progress, updates: optimizer.updates },
  };
}

/** The model that a run's adapters belong to, as a checkpoint beside theirs. */
export function baseCheckpointOf(
  { model, task }: Engine,
  parameters: Float32Array<ArrayBuffer>,
): RunCheckpoint {
  const { config } = model.context;
  return { config, vocabulary: task.vocabulary.stored, parameters, trainer: NO_PROGRESS };
}

/** The model with its adapters merged in, as a checkpoint of its own, where the config asks for one. */
export async function mergedCheckpointOf(
  engine: Engine,
  { parameters: values, progress }: Snapshot,
): Promise<RunCheckpoint | undefined> {
  const { model, config } = engine;
  const { table, adapters } = model.context;
  if (adapters === undefined || config.lora.merge === "off") return undefined;
  const { mergeAdapters } = await import("../model/adapters.ts");
  const parameters = mergeAdapters(table, adapters, await model.readParameters(), values);
  return { ...baseCheckpointOf(engine, parameters), trainer: progress };
}

/** A snapshot as the checkpoint of a run. */
export function checkpointOf({ model, task }: Engine, snapshot: Snapshot): RunCheckpoint {
  const { parameters, firstMoment, secondMoment, reference, progress } = snapshot;
  const { config, adapters } = model.context;
  return {
    config,
    vocabulary: task.vocabulary.stored,
    ...(adapters === undefined
      ? { parameters }
      : { adapters: { settings: adapters.settings, values: parameters } }),
    optimizer: { firstMoment, secondMoment, ...(reference === undefined ? {} : { reference }) },
    trainer: progress,
  };
}

/**
 * The state to go on from, out of a checkpoint.
 * @param run what the run is called.
 * @throws BellowsError `checkpoint-invalid` where the checkpoint holds a model and no more.
 */
export function snapshotOf(
  { optimizer, trainer, ...weights }: Pick<Checkpoint, "parameters" | "adapters" | "optimizer" | "trainer">,
  run: string,
): Snapshot {
  const parameters = trainedIn(weights);
  const progress = v.safeParse(ProgressSchema, trainer?.state);
  if (optimizer !== undefined && progress.success) {
    return { parameters, ...optimizer, progress: progress.output };
  }
  const message = `the latest checkpoint of ${run} has no state of optimizer and trainer to go on from`;
  throw new BellowsError("checkpoint-invalid", message, {
    hint: "Its weights can still be asked or started from.",
  });
}

/** What is trained, in a checkpoint: its adapters, or all parameters. */
export function trainedIn({ parameters, adapters }: Pick<Checkpoint, "parameters" | "adapters">) {
  return adapters?.values ?? parameters;
}
