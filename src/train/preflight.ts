import { Random, STREAM } from "../random.ts";
import { countGroups } from "../rl/groups.ts";
import { capAt, largestCap, smallestCap } from "../rl/length-schedule.ts";
import { type RolloutRequest, rollout, type Trajectory } from "../rl/rollout.ts";
import { drawTrainProblems } from "./problems.ts";
import { openingsOf, promptsOf } from "./sampling.ts";
import type { Trainer } from "./trainer.ts";

/** What a run is going to be like, predicted from a trial rollout of the starting policy under L_max. */
export interface Preflight {
  readonly lmin: number;
  readonly lmax: number;
  /** Fraction of responses that would be cut at the smallest cap of the run, and at L_max. */
  readonly truncatedAtLmin: number;
  readonly truncatedAtLmax: number;
  /** Fraction of responses that are right within the cap. */
  readonly accuracyAtLmin: number;
  readonly accuracyAtLmax: number;
  /** Fraction of groups that are all right or all wrong within the cap. */
  readonly deadGroupsAtLmin: number;
  readonly deadGroupsAtLmax: number;
  readonly meanLength: number;
  /** Bytes of all GPU buffers. */
  readonly gpuBytes: number;
  /** Of the whole run, evaluations included. */
  readonly seconds: number;
  readonly warnings: readonly PreflightWarning[];
}

export interface PreflightWarning {
  readonly code: "never-right" | "always-right" | "never-ends" | "all-cut" | "no-pressure" | "dead-groups";
  readonly message: string;
}

/** Prompts of the trial rollout: enough that fractions are good to a few hundredths. */
const TRIAL_PROMPTS = 32;

/** Prompts between two chances to look on and to stop. */
const PROMPTS_PER_PART = 8;

/** Parts of a pre-flight: those of the trial rollout, then two measurements. */
const PARTS = TRIAL_PROMPTS / PROMPTS_PER_PART + 2;

/** Who looks on while a pre-flight is made. */
export interface PreflightWatch {
  /** Told after each part. */
  readonly progress?: (done: number, total: number) => void;
  /** Ends it after the part in hand. */
  readonly signal?: AbortSignal;
}

interface Trial {
  readonly length: number;
  readonly ended: boolean;
  readonly correct: boolean;
}

/**
 * Samples with the starting policy and tells what the run will be like. Changes nothing that the run depends on: it draws
 * from a stream of its own, and no weight moves.
 * @throws the reason of the watch's signal, where that ends it.
 */
export async function preflight(
  trainer: Trainer,
  gpuBytes: number,
  watch: PreflightWatch = {},
): Promise<Preflight> {
  const { config, task } = trainer.engine;
  const { groupSize, steps } = config.rl;
  const lmin = smallestCap(config.schedule, steps);
  const lmax = largestCap(config.schedule);
  const problems = drawTrainProblems(task, config, new Random(config.seed, STREAM.trial), TRIAL_PROMPTS);
  const { prompts } = promptsOf(trainer.engine, problems, new Random(config.seed, STREAM.trial, 1));
  const partDone = partCounter(watch);
  const trajectories: Trajectory[] = [];
  for (let first = 0; first < prompts.length; first += PROMPTS_PER_PART) {
    const part = prompts.slice(first, first + PROMPTS_PER_PART);
    trajectories.push(...(await trialRollout(trainer, part, 0, first * groupSize)));
    partDone();
  }
  const trials = trajectories.map(({ response, ended }, index): Trial => {
    const { correct } = task.verify(problems[Math.floor(index / groupSize)]!, response);
    return { length: response.length, ended, correct };
  });
  const share = (test: (trial: Trial) => boolean) => trials.filter(test).length / trials.length;
  const costs = await measureCosts(trainer, prompts, trajectories, partDone);
  const found = {
    lmin,
    lmax,
    truncatedAtLmin: share((trial) => !trial.ended || trial.length > lmin),
    truncatedAtLmax: share((trial) => !trial.ended),
    accuracyAtLmin: share((trial) => trial.correct && trial.length <= lmin),
    accuracyAtLmax: share((trial) => trial.correct),
    deadGroupsAtLmin: deadGroups(trials, groupSize, lmin),
    deadGroupsAtLmax: deadGroups(trials, groupSize, lmax),
    meanLength: trials.reduce((sum, { length }) => sum + length, 0) / trials.length,
    gpuBytes,
  };
  return { ...found, seconds: expectedSeconds(trainer, trials, costs), warnings: warningsOf(found) };
}

/** To be called after each part. */
function partCounter({ progress, signal }: PreflightWatch): () => void {
  let done = 0;
  return () => {
    signal?.throwIfAborted();
    done += 1;
    progress?.(done, PARTS);
  };
}

function trialRollout(
  trainer: Trainer,
  prompts: readonly (readonly number[])[],
  step: number,
  firstId = 0,
): Promise<Trajectory[]> {
  const { config, decoder } = trainer.engine;
  const request: RolloutRequest = {
    prompts,
    groupSize: config.rl.groupSize,
    cap: largestCap(config.schedule),
    temperature: config.rl.temperature,
    seed: config.seed,
    stream: STREAM.trial,
    step,
    otherEnds: trainer.engine.task.vocabulary.otherEnds,
    firstId,
    openings: openingsOf(trainer.engine),
  };
  return rollout(decoder, request);
}

/** Fraction of the groups whose responses would all be right, or all wrong, under a cap. */
function deadGroups(trials: readonly Trial[], groupSize: number, cap: number): number {
  const groups = Array.from({ length: trials.length / groupSize }, (_, group) => ({
    correct: trials
      .slice(group * groupSize, (group + 1) * groupSize)
      .map(({ correct, length }) => correct && length <= cap),
  }));
  return 1 - countGroups(groups).mixed / groups.length;
}

interface Costs {
  /** Seconds per sampled token, and per token that goes through forward and backward. */
  readonly sampled: number;
  readonly trained: number;
}

/** Times a rollout and a pass of the run's own size; everything is compiled by now. */
async function measureCosts(
  trainer: Trainer,
  prompts: readonly (readonly number[])[],
  trajectories: readonly Trajectory[],
  partDone: () => void,
): Promise<Costs> {
  const { promptsPerStep, groupSize } = trainer.engine.config.rl;
  const few = prompts.slice(0, promptsPerStep);
  const sampling = performance.now();
  const sampled = await trialRollout(trainer, few, 1);
  const sampleSeconds = (performance.now() - sampling) / 1000;
  partDone();
  const tokens = sampled.reduce((sum, { response }) => sum + response.length, 0);
  const pass = await trainer.timePass(trajectories.slice(0, few.length * groupSize));
  partDone();
  return { sampled: sampleSeconds / tokens, trained: pass.seconds / pass.tokens };
}

function expectedSeconds({ engine }: Trainer, trials: readonly Trial[], costs: Costs): number {
  const { config, task } = engine;
  const { steps, promptsPerStep, groupSize, tokenBudget } = config.rl;
  const responses = promptsPerStep * groupSize;
  const meanUnder = (cap: number) =>
    trials.reduce((sum, { length }) => sum + Math.min(length, cap), 0) / trials.length;
  let seconds = 0;
  let generated = 0;
  let step = 0;
  for (; step < steps && (tokenBudget === 0 || generated < tokenBudget); step++) {
    const cap = capAt(config.schedule, step);
    const mean = meanUnder(cap);
    const learning = 1 - deadGroups(trials, groupSize, cap);
    generated += responses * mean;
    seconds += responses * (mean * costs.sampled + learning * (mean + task.maxPromptTokens) * costs.trained);
  }
  const { every, problemsPerLevel, samples } = config.eval;
  const evaluations = every > 0 ? Math.ceil(step / every) + 1 : 2;
  const judged = problemsPerLevel * task.levels.length * samples;
  return seconds + evaluations * judged * meanUnder(config.schedule.lmax) * costs.sampled;
}

function warningsOf(found: Omit<Preflight, "warnings" | "seconds">): PreflightWarning[] {
  const warnings: PreflightWarning[] = [];
  const warn = (code: PreflightWarning["code"], message: string) => warnings.push({ code, message });
  const { lmin, lmax } = found;
  if (found.accuracyAtLmax < 0.01) {
    warn("never-right", "under 1 % of the responses are right: there is no reward to learn from");
  }
  if (found.accuracyAtLmin > 0.99) warn("always-right", "over 99 % of the responses are right already");
  if (found.truncatedAtLmax > 0.95) {
    warn("never-ends", `over 95 % of the responses do not end within ${lmax} tokens (schedule.lmax)`);
  }
  if (found.truncatedAtLmin > 0.9) {
    warn(
      "all-cut",
      `over 90 % of the responses would be cut at ${lmin} tokens, where nearly every group is then all wrong`,
    );
  }
  if (found.truncatedAtLmin < 0.05) {
    warn("no-pressure", `under 5 % of the responses are longer than ${lmin} tokens: the budget never bites`);
  }
  if (found.deadGroupsAtLmax > 0.9) {
    warn("dead-groups", "over 90 % of the groups are all right or all wrong, and teach nothing");
  }
  return warnings;
}
