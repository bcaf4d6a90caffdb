import type { Gpu } from "../gpu/device.ts";
import type { CompileProgress } from "../gpu/pipelines.ts";
import type { Variants } from "../model/variants.ts";
import type { Config } from "../train/config.ts";
import { buildEngine, compileAll, type PolicyWeights, writeWeights } from "../train/engine.ts";
import type { PhaseRecord, RunRecord } from "../train/records.ts";
import type { SftTrainer } from "../train/sft.ts";
import type { Snapshot } from "../train/snapshot.ts";
import { Trainer } from "../train/trainer.ts";
import type { RunKind } from "./protocol.ts";

/** Where a course begins. */
export interface Beginning {
  /** The weights at step 0; of a run that goes on, those of the model, on which what is trained goes over. */
  readonly weights: PolicyWeights;
  /** The state at a later step, to go on from. */
  readonly snapshot?: Snapshot;
  /** The starting policy, where the config needs it (src/train/reference.ts). */
  readonly reference?: Float32Array<ArrayBuffer>;
}

/** A trainer of either kind at work. */
export interface Course {
  readonly trainer: Trainer | SftTrainer;
  /** What happens next; null at the end. */
  next(): Promise<RunRecord | PhaseRecord | null>;
}

/**
 * Builds a course on a device, in place of everything that was there; kernels that are compiled stay so.
 * @throws BellowsError `out-of-memory` or `limit-exceeded` where it does not fit the device.
 */
export async function buildCourse(
  gpu: Gpu,
  { config, kind, variants }: { config: Config; kind: RunKind; variants: Variants },
  { weights, snapshot, reference }: Beginning,
  progress: CompileProgress,
): Promise<Course> {
  gpu.buffers.destroyAll();
  const engine = await buildEngine(gpu, config, variants);
  writeWeights(engine, weights);
  if (snapshot !== undefined) engine.model.writeTrained(snapshot.parameters);
  const course = await gpu.scoped(async () => {
    if (kind === "sft") {
      const { SftTrainer } = await import("../train/sft.ts"); // fetched with the first run of lessons
      const trainer = new SftTrainer(engine, snapshot);
      return courseOf(trainer, trainer.run());
    }
    const resumed = snapshot === undefined ? {} : { resumed: snapshot };
    const trainer = new Trainer(engine, { ...resumed, ...(reference === undefined ? {} : { reference }) });
    return courseOf(trainer, trainer.runByPhase());
  });
  await compileAll(gpu, progress);
  return course;
}

function courseOf(trainer: Course["trainer"], records: AsyncGenerator<RunRecord | PhaseRecord>): Course {
  return { trainer, next: async () => (await records.next()).value ?? null };
}
