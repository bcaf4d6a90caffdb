import type { Gpu } from "../gpu/device.ts";
import type { CompileProgress } from "../gpu/pipelines.ts";
import type { RunCheckpoint } from "../io/run-folder.ts";
import type { Variants } from "../model/variants.ts";
import type { Config } from "../train/config.ts";
import { buildEngine, compileAll, type Engine } from "../train/engine.ts";
import type { PhaseRecord } from "../train/records.ts";
import { SftTrainer } from "../train/sft.ts";
import { type Snapshot, Trainer } from "../train/trainer.ts";
import type { RunKind, RunRecord } from "./protocol.ts";

/** Where a course begins. */
export interface Beginning {
  /** The weights at step 0. */
  readonly parameters: Float32Array<ArrayBuffer>;
  /** The state at a later step, to go on from. */
  readonly snapshot?: Snapshot;
  /** The policy that a KL penalty is measured from. */
  readonly reference?: Float32Array<ArrayBuffer>;
}

/** A trainer of either kind on its engine, as a run drives it. */
export interface Course {
  readonly engine: Engine;
  /** Present in RL. */
  readonly trainer?: Trainer;
  /** Steps that are done. */
  readonly step: number;
  /** What happens next; null at the end. */
  next(): Promise<RunRecord | PhaseRecord | null>;
  /** The state between two steps: as a checkpoint, and to go on from; SFT can only begin anew. */
  state(): Promise<{ readonly checkpoint: RunCheckpoint; readonly snapshot?: Snapshot }>;
}

/**
 * Builds a course on a device, in place of everything that was there; kernels that are compiled stay so.
 * @throws BellowsError `out-of-memory` or `limit-exceeded` where it does not fit the device.
 */
export async function buildCourse(
  gpu: Gpu,
  { config, kind, variants }: { config: Config; kind: RunKind; variants: Variants },
  { parameters, snapshot, reference }: Beginning,
  progress: CompileProgress,
): Promise<Course> {
  gpu.buffers.destroyAll();
  const engine = await buildEngine(gpu, config, variants);
  engine.model.writeParameters(snapshot?.parameters ?? parameters);
  const course = await gpu.scoped(() => {
    if (kind === "sft") return sftCourse(new SftTrainer(engine));
    const resumed = snapshot === undefined ? {} : { resumed: snapshot };
    return rlCourse(new Trainer(engine, { ...resumed, ...(reference === undefined ? {} : { reference }) }));
  });
  await compileAll(gpu, progress);
  return course;
}

function rlCourse(trainer: Trainer): Course {
  const records = trainer.runByPhase();
  const { engine } = trainer;
  return {
    engine,
    trainer,
    get step() {
      return trainer.step;
    },
    next: async () => (await records.next()).value ?? null,
    async state() {
      const snapshot = await trainer.snapshot();
      return { checkpoint: checkpointOf(engine, snapshot), snapshot };
    },
  };
}

function sftCourse(trainer: SftTrainer): Course {
  const records = trainer.run();
  const { engine } = trainer;
  let step = 0;
  return {
    engine,
    get step() {
      return step;
    },
    async next() {
      const record = (await records.next()).value ?? null;
      if (record?.type === "sft") step = record.step + 1;
      return record;
    },
    async state() {
      const parameters = await engine.model.readParameters();
      return { checkpoint: { ...modelOf(engine), parameters, trainer: { step } } };
    },
  };
}

/** A snapshot as a checkpoint, as the command line program saves it. */
export function checkpointOf(engine: Engine, snapshot: Snapshot): RunCheckpoint {
  const { parameters, firstMoment, secondMoment, progress } = snapshot;
  return { ...modelOf(engine), parameters, optimizer: { firstMoment, secondMoment }, trainer: progress };
}

function modelOf({ model, task }: Engine): Pick<RunCheckpoint, "config" | "vocabulary"> {
  const { tokens, pad, end } = task.vocabulary;
  return { config: model.context.config, vocabulary: { tokens, pad, end } };
}
