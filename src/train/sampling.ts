import type { Decoder } from "../model/decoder.ts";
import { Random, STREAM, type Stream } from "../random.ts";
import { addRollout, startRefill } from "../rl/groups.ts";
import { phaseAt } from "../rl/length-schedule.ts";
import { traitsOf } from "../rl/recipes/traits.ts";
import type { PromptBudget } from "../rl/reward.ts";
import { rollout, type Trajectory } from "../rl/rollout.ts";
import type { Problem } from "../tasks/task.ts";
import type { Config } from "./config.ts";
import type { Engine } from "./engine.ts";
import { drawTrainProblems } from "./problems.ts";
import type { ReferencePolicy } from "./reference.ts";
import { groupScorer, type SampledGroup, type ScoredGroup } from "./score.ts";

/** What a step has sampled. */
export interface Sampled {
  /** The groups to train on. */
  readonly groups: readonly ScoredGroup[];
  /** All that were sampled for them: more, where dynamic sampling drops some. */
  readonly all: readonly ScoredGroup[];
  readonly rollouts: number;
}

/** Responses to each prompt at a step: a stage of the schedule may have a number of its own. */
export function groupSizeAt({ rl, schedule }: Config, step: number): number {
  const stage = schedule.stages.findLastIndex((stage) => stage.step <= step);
  return rl.stageGroupSizes[stage] ?? rl.groupSize;
}

/** Samples and scores the groups of a step, with as many rollouts as dynamic sampling needs. */
export async function sampleGroups(
  engine: Engine,
  reference: ReferencePolicy | undefined,
  step: number,
  cap: number,
): Promise<Sampled> {
  const { config, task } = engine;
  const { promptsPerStep, groupFilter, maxRollouts, steps } = config.rl;
  const score = groupScorer(engine);
  const random = new Random(config.seed, STREAM.trainProblems, step);
  const ofMethod = new Random(config.seed, STREAM.method, step);
  const context = { step, totalSteps: steps, cap, phase: phaseAt(config.schedule, step).phase };
  const all: ScoredGroup[] = [];
  let refill = startRefill<ScoredGroup>(groupFilter, promptsPerStep, groupFilter === "off" ? 1 : maxRollouts);
  while (refill.state === "sampling") {
    const problems = drawTrainProblems(task, config, random, promptsPerStep);
    const sampled = await sampleFor(problems, engine, reference, {
      step,
      cap,
      rollouts: refill.rollouts,
      random: ofMethod,
    });
    const groups = score(sampled, context, ofMethod);
    all.push(...groups);
    refill = addRollout(refill, groups);
  }
  return { groups: refill.kept, all, rollouts: refill.rollouts };
}

/** One rollout: as many responses to each problem as the method wants, by the policy, the reference, or both. */
async function sampleFor(
  problems: readonly Problem[],
  engine: Engine,
  reference: ReferencePolicy | undefined,
  { step, cap, rollouts, random }: { step: number; cap: number; rollouts: number; random: Random },
): Promise<SampledGroup[]> {
  const { config, method, decoder } = engine;
  const groupSize = groupSizeAt(config, step);
  const { prompts, budgets } = promptsOf(engine, problems, random);
  const respond = (by: Decoder, stream: Stream, openings: readonly (readonly number[])[]) =>
    rollout(by, {
      prompts,
      groupSize,
      cap,
      temperature: config.rl.temperature,
      seed: config.seed,
      stream,
      step,
      otherEnds: engine.task.vocabulary.otherEnds,
      firstId: rollouts * problems.length * groupSize,
      openings,
    });
  const sampler = method.sampler === "reference" ? reference!.decoder! : decoder;
  const trajectories = await respond(sampler, STREAM.trainSampling, openingsOf(engine));
  const others: readonly Trajectory[] =
    method.referenceGroup === true ? await respond(reference!.decoder!, STREAM.referenceSampling, []) : [];
  return problems.map((problem, i) => {
    const ofGroup = (list: readonly Trajectory[]) => list.slice(i * groupSize, (i + 1) * groupSize);
    const group = { problem, trajectories: ofGroup(trajectories), reference: ofGroup(others) };
    const budget = budgets[i];
    return budget === undefined ? group : { ...group, budget };
  });
}

// What methods ask of a task's script is there: train/text.ts refuses them where it is not.

/** The problems as the method has them asked, and the budgets that it draws for them. [problems] */
export function promptsOf({ config, task }: Engine, problems: readonly Problem[], random: Random) {
  const budgets = problems.map(() => drawBudget(config, random));
  const prompts = problems.map(({ prompt }, i) => {
    const budget = budgets[i];
    return budget === undefined ? prompt : task.script!.withBudget(prompt, budget);
  });
  return { prompts, budgets };
}

/** Token ids of the openings that the method forces on responses; empty where it forces none. */
export function openingsOf({ method, task }: Engine): readonly (readonly number[])[] {
  return (method.openings ?? []).map((word) => task.script!.vocabulary.ids([word]));
}

/** A budget for a prompt to name, from a quarter of L_max to L_max, all alike (L1 2503.04697 §4: 100 to 4000). */
function drawBudget({ method, schedule }: Config, random: Random): PromptBudget | undefined {
  const { promptBudget } = traitsOf(method.name);
  if (promptBudget === undefined) return undefined;
  const tokens = random.integer(Math.ceil(schedule.lmax / 4), schedule.lmax + 1);
  if (promptBudget !== "mixed") return { kind: promptBudget, tokens };
  return { kind: random.chance(0.5) ? "exact" : "max", tokens };
}
