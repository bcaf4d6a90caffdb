import { Learner } from "../model/learner.ts";
import { Random, STREAM } from "../random.ts";
import { updateImitation } from "../rl/imitation-update.ts";
import { learningRateAt } from "../rl/learning-rate.ts";
import type { Trace } from "../rl/method.ts";
import type { Task } from "../tasks/task.ts";
import type { Config } from "./config.ts";
import { assertFinite, type Engine } from "./engine.ts";
import { evalProblems, evaluate } from "./evaluate.ts";
import { drawTrainProblems } from "./problems.ts";
import type { EvalRecord, SftRecord } from "./records.ts";
import {
  NO_PROGRESS,
  type Progress,
  type Resumed,
  restoreOptimizer,
  type Snapshot,
  takeSnapshot,
} from "./snapshot.ts";
import { adamwSettings } from "./update-settings.ts";

/**
 * Supervised fine-tuning on the teacher's traces: makes the pre-RL model, which imitates the teacher's overthinking and its
 * slips alike. Only response tokens count for the loss; every step draws fresh problems of the training split.
 */
export class SftTrainer {
  readonly engine: Engine;
  readonly #learner: Learner;
  readonly #progress: Progress;

  /**
   * The weights must be in the engine already.
   * @param resumed moments of the optimizer and progress, where a run goes on.
   */
  constructor(engine: Engine, resumed?: Resumed) {
    const { model } = engine;
    this.engine = engine;
    this.#learner = new Learner(model, model.trainingPass({ kind: "crossentropy" }), model.optimizer());
    this.#progress = { ...(resumed?.progress ?? NO_PROGRESS) };
    if (resumed !== undefined) restoreOptimizer(engine, this.#learner.optimizer, resumed);
  }

  /** Steps that are done. */
  get step(): number {
    return this.#progress.step;
  }

  /** Whether all steps are made. */
  get isDone(): boolean {
    return this.step >= this.engine.config.sft.steps;
  }

  /** The state to save, between two records. */
  snapshot(): Promise<Snapshot> {
    return takeSnapshot(this.engine, this.#learner.optimizer, this.#progress);
  }

  /** Trains to the end of the config's SFT steps, then evaluates. Between two records nothing is under way. */
  async *run(): AsyncGenerator<SftRecord | EvalRecord, void, void> {
    const { config, task } = this.engine;
    while (!this.isDone) yield await this.#trainStep();
    yield await evaluate(this.engine, evalProblems(task, config), this.step);
  }

  async #trainStep(): Promise<SftRecord> {
    const { config, task } = this.engine;
    const { step } = this.#progress;
    const { learningRate: peak, warmupSteps: warmup, decay, decayFloor: floor, steps } = config.sft;
    const begin = performance.now();
    const learningRate = learningRateAt({ peak, warmup, decay, floor }, step, steps);
    const update = await updateImitation(this.#learner, teacherBatch(task, config, step), {
      adamw: adamwSettings(config.sft),
      learningRate,
      microBatchTokens: config.train.microBatchTokens,
    });
    const { statistics, trainedTokens } = update;
    if (!update.skipped) assertFinite(statistics.loss, "the loss", step);
    this.#progress.trainedTokens += trainedTokens;
    this.#progress.step += 1;
    return {
      type: "sft",
      step,
      metrics: {
        loss: statistics.loss,
        entropy: statistics.entropy / statistics.tokens,
        grad_norm: update.gradientNorm,
        grad_skipped: Number(update.skipped),
        lr: learningRate,
        "tokens/trained": trainedTokens,
        "tokens/trained_total": this.#progress.trainedTokens,
        tokens_per_s: (trainedTokens / (performance.now() - begin)) * 1000,
      },
    };
  }
}

/**
 * The traces of a step. `poolBatches` batches are drawn together, sorted by length and dealt out in random order, so that the
 * traces of one batch are alike: on the toy that learns about twice as fast as batches that mix lengths.
 */
function teacherBatch(task: Task, config: Config, step: number): Trace[] {
  const { batchSize, poolBatches, maxTokens } = config.sft;
  const random = new Random(config.seed, STREAM.sftProblems, Math.floor(step / poolBatches));
  const traces = drawTrainProblems(task, config, random, batchSize * poolBatches).map((problem) => {
    const room = maxTokens - problem.prompt.length;
    return { prompt: problem.prompt, response: task.script!.trace(problem, random).slice(0, room) };
  });
  const tokensOf = ({ prompt, response }: (typeof traces)[number]) => prompt.length + response.length;
  traces.sort((a, b) => tokensOf(a) - tokensOf(b));
  const order = random.shuffle(Array.from({ length: poolBatches }, (_, i) => i));
  const begin = order[step % poolBatches]! * batchSize;
  return traces.slice(begin, begin + batchSize);
}
