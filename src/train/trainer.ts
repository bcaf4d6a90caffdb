import { GRPO_TOKEN_FLOATS, type GrpoLossSettings } from "../kernels/grpo.ts";
import { Learner } from "../model/learner.ts";
import type { AdamwSettings } from "../model/optimizer.ts";
import { Scorer } from "../model/scorer.ts";
import { Random, STREAM } from "../random.ts";
import { addRollout, startRefill } from "../rl/groups.ts";
import { learningRateAt } from "../rl/learning-rate.ts";
import { capAt, exactCapAt, phaseAt } from "../rl/length-schedule.ts";
import { pack, splitIntoMicroBatches } from "../rl/pack.ts";
import { rollout, type Trajectory } from "../rl/rollout.ts";
import { type PolicyUpdate, splitIntoMiniBatches, updatePolicy } from "../rl/update.ts";
import type { Problem } from "../tasks/task.ts";
import type { Config } from "./config.ts";
import { assertFinite, type Engine } from "./engine.ts";
import { evalProblems, evaluate, wordMetrics } from "./evaluate.ts";
import { rolloutMetrics, updateMetrics } from "./metrics.ts";
import { drawTrainProblems } from "./problems.ts";
import type { EvalRecord, PhaseRecord, StepRecord, TrainerRecord } from "./records.ts";
import { asTraining, groupScorer, type ScoredGroup, sampleRecords } from "./score.ts";
import {
  NO_PROGRESS,
  type Progress,
  type Resumed,
  restoreOptimizer,
  type Snapshot,
  takeSnapshot,
} from "./snapshot.ts";

/**
 * GRPO under a length budget (SIRI 2509.25176 §4): each step samples a rollout under L(step), scores it, and updates the
 * policy. It knows no console, no file and no page: it yields records.
 */
export class Trainer {
  readonly engine: Engine;
  readonly #learner: Learner;
  readonly #problems: readonly Problem[];
  readonly #reference: Scorer | undefined;
  #progress: Progress;

  /**
   * The weights must be in the engine already.
   * @param options.resumed moments of the optimizer and progress, where a run goes on.
   * @param options.reference parameters of the policy that the KL penalty is measured from; needed where rl.klKind is not
   * none.
   */
  constructor(
    engine: Engine,
    { resumed, reference }: { resumed?: Resumed; reference?: Float32Array<ArrayBuffer> } = {},
  ) {
    const { model, config, task, gpu } = engine;
    this.engine = engine;
    const objective = {
      kind: "grpo",
      temperature: config.rl.temperature,
      settings: lossSettings(config),
    } as const;
    this.#learner = new Learner(model, model.trainingPass(objective), model.optimizer());
    this.#problems = evalProblems(task, config);
    this.#progress = { ...(resumed?.progress ?? NO_PROGRESS) };
    if (resumed !== undefined) restoreOptimizer(engine, this.#learner.optimizer, resumed);
    if (config.rl.klKind !== "none") {
      if (reference === undefined)
        throw new Error("a KL penalty needs the parameters of the reference policy");
      const weights = model.copyOfWeights("reference policy");
      gpu.device.queue.writeBuffer(weights.buffer, 0, reference);
      this.#reference = new Scorer(model, weights, config.rl.temperature);
    }
  }

  /** Steps that are done. */
  get step(): number {
    return this.#progress.step;
  }

  /** The state to save, between two records. */
  snapshot(): Promise<Snapshot> {
    return takeSnapshot(this.engine, this.#learner.optimizer, this.#progress);
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
    const { steps } = config.rl;
    const { every } = config.eval;
    while (this.#progress.step < steps) {
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
      lossInput: new Float32Array(response.length * GRPO_TOKEN_FLOATS),
    }));
    const batch = pack(
      splitIntoMicroBatches(sequences, config.train.microBatchTokens)[0]!,
      GRPO_TOKEN_FLOATS,
    );
    let seconds = 0;
    for (let round = 0; round < 2; round++) {
      const begin = performance.now();
      await this.#learner.evaluateLoss(batch);
      seconds = (performance.now() - begin) / 1000; // the first round may still be compiling
    }
    return { seconds, tokens: batch.token.length };
  }

  async *#trainStep(byPhase: boolean): AsyncGenerator<StepRecord | PhaseRecord, void, void> {
    const { config, task } = this.engine;
    const { step } = this.#progress;
    const { schedule } = config;
    const cap = capAt(schedule, step);
    const { phase, cycle } = phaseAt(schedule, step);

    const sampling = performance.now();
    const { groups, all, rollouts } = await this.#sampleGroups(step, cap);
    const timeRollout = seconds(sampling);
    if (byPhase) {
      const samples = sampleRecords(task, all, step, cap);
      yield { type: "phase", step, cap, done: "rollout", samples };
      yield { type: "phase", step, cap, done: "score", samples };
    }

    const learning = performance.now();
    const updates = await this.#update(groups);
    const timeUpdate = seconds(learning);

    const samples = all.flatMap((group) => group.samples);
    const generated = samples.reduce((sum, { response }) => sum + response.length, 0);
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
        ...updateMetrics(updates, learningRateOf(config, step)),
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

  /** The groups to train on, and all that were sampled for them (more, where dynamic sampling drops some). */
  async #sampleGroups(step: number, cap: number) {
    const { config, task, decoder } = this.engine;
    const { promptsPerStep, groupSize, temperature, groupFilter, maxRollouts, steps } = config.rl;
    const score = groupScorer(config, task);
    const random = new Random(config.seed, STREAM.trainProblems, step);
    const context = { step, totalSteps: steps, cap, phase: phaseAt(config.schedule, step).phase };
    const all: ScoredGroup[] = [];
    let refill = startRefill<ScoredGroup>(
      groupFilter,
      promptsPerStep,
      groupFilter === "off" ? 1 : maxRollouts,
    );
    while (refill.state === "sampling") {
      const problems = drawTrainProblems(task, config, random, promptsPerStep);
      const trajectories = await rollout(decoder, {
        prompts: problems.map((problem) => problem.prompt),
        groupSize,
        cap,
        temperature,
        seed: config.seed,
        stream: STREAM.trainSampling,
        step,
        firstId: refill.rollouts * promptsPerStep * groupSize,
      });
      const groups = problems.map((problem, i) =>
        score(problem, trajectories.slice(i * groupSize, (i + 1) * groupSize), context),
      );
      all.push(...groups);
      refill = addRollout(refill, groups);
    }
    return { groups: refill.kept, all, rollouts: refill.rollouts };
  }

  async #update(groups: readonly ScoredGroup[]): Promise<PolicyUpdate[]> {
    const { config } = this.engine;
    const { rl, schedule, train } = config;
    const { step } = this.#progress;
    const trajectories = groups.map((group) => group.samples.map(asTraining));
    const updates: PolicyUpdate[] = [];
    for (const batch of splitIntoMiniBatches(trajectories, rl.miniBatches)) {
      const update = await updatePolicy(
        this.#learner,
        batch,
        {
          aggregation: rl.lossAggregation,
          lmax: schedule.lmax,
          adamw: adamwSettings(rl),
          learningRate: learningRateOf(config, step),
          microBatchTokens: train.microBatchTokens,
          keepsZeroAdvantages: rl.entropyCoefficient !== 0 || rl.klCoefficient !== 0,
        },
        this.#reference,
      );
      if (!update.skipped) assertFinite(update.statistics.loss, "the loss", step);
      updates.push(update);
    }
    return updates;
  }
}

export function lossSettings({ rl }: Config): GrpoLossSettings {
  const { clipLow, clipHigh, dualClip, entropyCoefficient, klCoefficient, klKind } = rl;
  return { clipLow, clipHigh, dualClip, entropyCoefficient, klCoefficient, klKind };
}

export function adamwSettings({
  beta1,
  beta2,
  eps,
  weightDecay,
  gradientClip,
}: AdamwSettings): AdamwSettings {
  return { beta1, beta2, eps, weightDecay, gradientClip };
}

function learningRateOf({ rl }: Config, step: number): number {
  const { learningRate: peak, warmupSteps: warmup, decay, decayFloor: floor, steps } = rl;
  return learningRateAt({ peak, warmup, decay, floor }, step, steps);
}

function seconds(begin: number): number {
  return (performance.now() - begin) / 1000;
}
