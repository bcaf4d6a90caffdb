import { LOSS_TOKEN_FLOATS } from "../kernels/loss.ts";
import { Random, STREAM } from "../random.ts";
import { capAt, exactCapAt, phaseAt, startsStage } from "../rl/length-schedule.ts";
import { pack, splitIntoMicroBatches } from "../rl/pack.ts";
import type { Trajectory } from "../rl/rollout.ts";
import type { Problem } from "../tasks/task.ts";
import type { Engine } from "./engine.ts";
import { evalProblems, evaluate, wordMetrics } from "./evaluate.ts";
import { Learning } from "./learning.ts";
import { rolloutMetrics, updateMetrics } from "./metrics.ts";
import type { EvalRecord, PhaseRecord, StepRecord, TrainerRecord } from "./records.ts";
import { needsReference, ReferencePolicy } from "./reference.ts";
import { sampleGroups } from "./sampling.ts";
import { sampleRecords } from "./score.ts";
import {
  NO_PROGRESS,
  type Progress,
  type Resumed,
  restoreOptimizer,
  type Snapshot,
  takeSnapshot,
} from "./snapshot.ts";
import { learningRateOf } from "./update-settings.ts";

/**
 * GRPO under a length budget (SIRI 2509.25176 §4): each step samples a rollout under L(step), scores it, and updates the
 * policy. It knows no console, no file and no page: it yields records.
 */
export class Trainer {
  readonly engine: Engine;
  readonly #learning: Learning;
  readonly #problems: readonly Problem[];
  readonly #reference: ReferencePolicy | undefined;
  #progress: Progress;

  /**
   * The weights must be in the engine already.
   * @param options.resumed moments of the optimizer and progress, where a run goes on.
   * @param options.reference parameters of the starting policy; needed where {@link needsReference} says so.
   */
  constructor(
    engine: Engine,
    { resumed, reference }: { resumed?: Resumed; reference?: Float32Array<ArrayBuffer> } = {},
  ) {
    const { config, task } = engine;
    this.engine = engine;
    this.#problems = evalProblems(task, config);
    this.#progress = { ...(resumed?.progress ?? NO_PROGRESS) };
    if (needsReference(config)) {
      if (reference === undefined) throw new Error("this config needs the parameters of the starting policy");
      this.#reference = new ReferencePolicy(engine, reference);
    }
    this.#learning = new Learning(engine, this.#reference);
    if (resumed === undefined) return;
    restoreOptimizer(engine, this.#learning.optimizer, resumed);
    if (resumed.reference !== undefined) this.#reference?.restore(resumed.reference);
  }

  /** Steps that are done. */
  get step(): number {
    return this.#progress.step;
  }

  /** Whether the run is over: all its steps are made, or its tokens are spent. */
  get isDone(): boolean {
    const { steps, tokenBudget } = this.engine.config.rl;
    const { step, generatedTokens } = this.#progress;
    return step >= steps || (tokenBudget > 0 && generatedTokens >= tokenBudget);
  }

  /** The state to save, between two records. */
  async snapshot(): Promise<Snapshot> {
    const snapshot = await takeSnapshot(this.engine, this.#learning.optimizer, this.#progress);
    const reference = await this.#reference?.read();
    return reference == null ? snapshot : { ...snapshot, reference };
  }

  /** Trains to the end of the config's steps. Between two records nothing is under way, so the caller may save or stop. */
  async *run(): AsyncGenerator<TrainerRecord, void, void> {
    for await (const record of this.#run(false)) if (record.type !== "phase") yield record;
  }

  /** As {@link run}, with a record after the rollout and after the scoring of each step as well. */
  runByPhase(): AsyncGenerator<TrainerRecord | PhaseRecord, void, void> {
    return this.#run(true);
  }

  async *#run(byPhase: boolean): AsyncGenerator<TrainerRecord | PhaseRecord, void, void> {
    const { config } = this.engine;
    const { every } = config.eval;
    while (!this.isDone) {
      const { step } = this.#progress;
      if (step === 0 || (every > 0 && step % every === 0)) yield await this.evaluate();
      yield* this.#trainStep(byPhase);
    }
    yield await this.evaluate();
  }

  /** Evaluates the policy as it is now. The first evaluation of a run becomes what later ones are compared with. */
  async evaluate(): Promise<EvalRecord> {
    const begin = performance.now();
    const { step, baseline } = this.#progress;
    const record = await evaluate(this.engine, this.#problems, step, baseline ?? undefined);
    this.#progress.baseline ??= {
      accuracy: record.levels.map((level) => level.accuracy),
      length: record.levels.map((level) => level.meanLength),
    };
    const metrics = { ...record.metrics, "tokens/generated_total": this.#progress.generatedTokens };
    return { ...record, metrics: { ...metrics, "time/eval": seconds(begin) } };
  }

  /** Times forward, loss and backward over some trajectories, without an update. */
  async timePass(trajectories: readonly Trajectory[]): Promise<{ seconds: number; tokens: number }> {
    const { config } = this.engine;
    const sequences = trajectories.map(({ prompt, response }) => ({
      prompt,
      response,
      lossInput: new Float32Array(response.length * LOSS_TOKEN_FLOATS),
    }));
    const batch = pack(splitIntoMicroBatches(sequences, config.train.microBatchTokens)[0]!);
    let seconds = 0;
    for (let round = 0; round < 2; round++) {
      const begin = performance.now();
      await this.#learning.learner.evaluateLoss(batch);
      seconds = (performance.now() - begin) / 1000; // the first round may still be compiling
    }
    return { seconds, tokens: batch.token.length };
  }

  /** What a step begins with: a reference policy that is refreshed, or a stage that starts afresh (DeepScaleR, ThinkPrune). */
  #startStage(step: number): void {
    if (step === 0) return;
    const { schedule, rl, method } = this.engine.config;
    const restarts = rl.stageStart === "restart" && startsStage(schedule, step);
    if (restarts) this.#learning.optimizer.reset();
    if (restarts || (method.refreshEvery > 0 && step % method.refreshEvery === 0)) this.#reference?.refresh();
  }

  async *#trainStep(byPhase: boolean): AsyncGenerator<StepRecord | PhaseRecord, void, void> {
    const { config, task } = this.engine;
    const { step } = this.#progress;
    const { schedule } = config;
    const cap = capAt(schedule, step);
    const { phase, cycle } = phaseAt(schedule, step);

    const sampling = performance.now();
    this.#startStage(step);
    const { groups, all, rollouts } = await sampleGroups(this.engine, this.#reference, step, cap);
    const timeRollout = seconds(sampling);
    if (byPhase) {
      const samples = sampleRecords(task, all, step, cap);
      yield { type: "phase", step, cap, done: "rollout", samples };
      yield { type: "phase", step, cap, done: "score", samples };
    }

    const learning = performance.now();
    const updates = await this.#learning.update(groups, step, new Random(config.seed, STREAM.pairs, step));
    const timeUpdate = seconds(learning);

    const samples = all.flatMap((group) => group.samples);
    const generated = [...samples, ...all.flatMap((group) => group.rated.reference)].reduce(
      (sum, { response }) => sum + response.length,
      0,
    );
    this.#progress.generatedTokens += generated;
    this.#progress.trainedTokens += updates.reduce((sum, update) => sum + update.trainedTokens, 0);
    this.#progress.step += 1;
    const logged = config.train.samplesEvery > 0 && step % config.train.samplesEvery === 0;
    yield {
      type: "step",
      step,
      cap,
      exactCap: exactCapAt(schedule, step),
      phase,
      cycle,
      metrics: {
        ...rolloutMetrics(all),
        ...wordMetrics(task, samples, ""),
        ...updateMetrics(updates, learningRateOf(config, step), this.#learning.isOnPolicy),
        gen_batches: rollouts,
        "tokens/generated": generated,
        "tokens/generated_total": this.#progress.generatedTokens,
        "tokens/trained_total": this.#progress.trainedTokens,
        tokens_per_s: generated / (timeRollout + timeUpdate),
        "time/gen": timeRollout,
        "time/update": timeUpdate,
      },
      samples: logged ? sampleRecords(task, all, step, cap) : [],
    };
  }
}

function seconds(begin: number): number {
  return (performance.now() - begin) / 1000;
}
