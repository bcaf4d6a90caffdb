import { describe, expect, test } from "vitest";
import { makeExport } from "../../src/export/folder.ts";
import { checkExportable, TARGETS } from "../../src/export/mapping.ts";
import { trlMapping } from "../../src/export/trl.ts";
import { verlMapping } from "../../src/export/verl.ts";
import { toYaml } from "../../src/export/yaml.ts";
import { recipeOf } from "../../src/rl/recipes/index.ts";
import { createTask } from "../../src/tasks/registry.ts";
import { composeConfig } from "../../src/train/settings.ts";
import { refusal } from "../config/support.ts";

const task = createTask("chain-arithmetic");
const configOf = (...settings: string[]) => composeConfig({ settings });

/** The value at a path of plain data. */
function at(data: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], data);
}

describe("a setting in TRL's words", () => {
  test.each([
    ["rl.groupSize=4", "trl.num_generations", 4],
    ["rl.promptsPerStep=6", "batch", 48],
    ["rl.steps=7", "trl.max_steps", 7],
    ["schedule.lmax=96", "trl.max_completion_length", 96],
    ["rl.temperature=0.7", "trl.temperature", 0.7],
    ["rl.beta2=0.99", "optimizer.betas", [0.9, 0.99]],
    ["rl.eps=1e-6", "optimizer.eps", 1e-6],
    ["rl.weightDecay=0.1", "optimizer.weight_decay", 0.1],
    ["rl.gradientClip=0.5", "trl.max_grad_norm", 0.5],
    ["rl.clipLow=0.1", "trl.epsilon", 0.1],
    ["rl.clipHigh=0.3", "trl.epsilon_high", 0.3],
    ["rl.dualClip=3", "trl.delta", 3],
    ["rl.dualClip=0", "trl.delta", null],
    ["rl.advantageStd=sample", "trl.scale_rewards", "group"],
    ["rl.advantageStd=none", "trl.scale_rewards", "none"],
    ["rl.lossAggregation=token-mean", "trl.loss_type", "dapo"],
    ["rl.lossAggregation=seq-mean-token-mean", "trl.loss_type", "grpo"],
    ["rl.lossAggregation=seq-mean-token-sum-norm", "trl.loss_type", "dr_grpo"],
    ["rl.lossAggregation=seq-mean-token-sum", "trl.loss_type", "luspo"],
    ["rl.miniBatches=2", "trl.loss_type", "bnpo"],
    ["rl.miniBatches=2", "trl.steps_per_generation", 2],
    ["rl.miniBatches=2", "batch", 64],
    ["rl.miniBatches=2", "trl.max_steps", 640],
    ["rl.entropyCoefficient=0.01", "trl.entropy_coef", 0.01],
    ["rl.overlong=mask", "trl.mask_truncated_completions", true],
    ["rl.overlong=soft", "overlongBuffer", 16],
    ["seed=5", "seed", 5],
    ["eval.temperature=0", "eval.temperature", 0],
  ])("%s: %s", (setting, path, value) => {
    expect(at(trlMapping(configOf(setting)).settings, path)).toEqual(value);
  });

  test("a KL penalty is its beta", () => {
    const { settings } = trlMapping(configOf("rl.klKind=k3", "rl.klCoefficient=0.04"));
    expect(at(settings, "trl.beta")).toBe(0.04);
    expect(at(settings, "trl.use_bias_correction_kl")).toBe(false);
  });
});

describe("a setting in verl's words", () => {
  test.each([
    ["rl.groupSize=4", "actor_rollout_ref.rollout.n", 4],
    ["rl.promptsPerStep=6", "data.train_batch_size", 6],
    ["rl.steps=7", "trainer.total_training_steps", 7],
    ["schedule.lmax=96", "data.max_response_length", 96],
    ["rl.temperature=0.7", "actor_rollout_ref.rollout.temperature", 0.7],
    ["rl.learningRate=0.001", "actor_rollout_ref.actor.optim.lr", 0.001],
    ["rl.decay=cosine", "actor_rollout_ref.actor.optim.lr_scheduler_type", "cosine"],
    ["rl.beta1=0.8", "actor_rollout_ref.actor.optim.betas", [0.8, 0.95]],
    ["rl.eps=1e-6", "actor_rollout_ref.actor.optim.override_optimizer_config.eps", 1e-6],
    ["rl.gradientClip=0", "actor_rollout_ref.actor.grad_clip", 1e9],
    ["rl.clipLow=0.1", "actor_rollout_ref.actor.clip_ratio_low", 0.1],
    ["rl.clipHigh=0.3", "actor_rollout_ref.actor.clip_ratio_high", 0.3],
    ["rl.dualClip=3", "actor_rollout_ref.actor.clip_ratio_c", 3],
    ["rl.advantageStd=none", "algorithm.norm_adv_by_std_in_grpo", false],
    ["rl.lossAggregation=seq-mean-token-sum-norm", "actor_rollout_ref.actor.loss_scale_factor", 80],
    [
      "rl.lossAggregation=seq-mean-token-sum-norm",
      "actor_rollout_ref.actor.loss_agg_mode",
      "seq-mean-token-sum-norm",
    ],
    ["rl.miniBatches=2", "actor_rollout_ref.actor.ppo_mini_batch_size", 8],
    ["rl.overlong=soft", "reward.custom_reward_function.reward_kwargs.overlong_buffer", 16],
    ["rl.klKind=k2", "actor_rollout_ref.actor.kl_loss_type", "mse"],
    ["eval.samples=3", "actor_rollout_ref.rollout.val_kwargs.n", 3],
  ])("%s: %s", (setting, path, value) => {
    expect(at(verlMapping(configOf(setting), task).settings, path)).toEqual(value);
  });
});

describe.each(TARGETS)("what %s has no counterpart for is refused, by its name", (target) => {
  test.each([
    ["lora.rank", ["lora.rank=4"]],
    ["rl.groupFilter", ["rl.groupFilter=mixed"]],
    ["rl.miniBatches", ["rl.miniBatches=3"]],
    [
      "rl.stageGroupSizes",
      ["schedule.kind=staircase", 'schedule.stages=[{"step":0,"cap":80}]', "rl.stageGroupSizes=[4]"],
    ],
    ["rl.exploreIn", ["rl.exploreIn=expansion"]],
    ["rl.stageStart", ["schedule.kind=staircase", "rl.stageStart=restart"]],
    ["method.refreshEvery", ["rl.klKind=k3", "rl.klCoefficient=0.1", "method.refreshEvery=5"]],
    ["rl.steps", ["rl.steps=1000000"]],
  ])("%s", (field, settings) => {
    expect(() => makeExport(configOf(...settings), task, target)).toThrow(refusal(field, "it must be"));
  });

  test("the methods that have functions of their own", () => {
    for (const name of ["kimi-length-penalty", "l1-max", "adaptthink", "spin", "dapo"]) {
      const config = composeConfig({ recipe: recipeOf(name) });
      expect(() => checkExportable(config, target), name).toThrow(/to be exported to (TRL|verl)/);
    }
  });
});

test.each([
  ["trl", "rl.klKind", ["rl.klKind=k1", "rl.klCoefficient=0.1"]],
  ["trl", "rl.entropyCoefficient", ["rl.entropyCoefficient=0.1", "rl.lossAggregation=seq-mean-token-sum"]],
  ["trl", "rl.dualClip", ["rl.dualClip=1.1"]],
  ["verl", "rl.dualClip", ["rl.dualClip=1"]],
  ["verl", "rl.overlong", ["rl.overlong=mask"]],
  ["verl", "rl.decay", ["rl.decay=linear"]],
] as const)("%s refuses its own: %s", (target, field, settings) => {
  expect(() => makeExport(configOf(...settings), task, target)).toThrow(refusal(field, "it must be"));
});

test.each([
  ["trl", "rl.advantageStd", "rl.advantageStd=population", "rl.advantageStd=sample"],
  ["trl", "rl.advantageEps", "rl.advantageEps=1e-6", "rl.advantageEps=1e-4"],
  ["trl", "rl.miniBatches", "rl.miniBatches=2", "rl.miniBatches=1"],
  ["trl", "rl.tokenBudget", "rl.tokenBudget=1000", "rl.tokenBudget=0"],
  ["verl", "rl.advantageStd", "rl.advantageStd=sample", "rl.advantageStd=none"],
  ["verl", "rl.warmupSteps", "rl.warmupSteps=5", "rl.warmupSteps=0"],
  ["verl", "eval.forceAnswerAt", "eval.forceAnswerAt=40", "eval.forceAnswerAt=0"],
] as const)("%s: a difference in %s is told where there is one", (target, field, differing, same) => {
  const textOf = (setting: string) =>
    (target === "trl"
      ? trlMapping(configOf(setting))
      : verlMapping(configOf(setting), task)
    ).differences.join("\n");
  expect(textOf(differing)).toContain(field);
  expect(textOf(same)).not.toContain(field);
});

test("YAML has blocks for objects, and JSON for the rest", () => {
  const data = { a: { b: [1, "x"], c: null, d: { e: "it's: #1" } }, f: 1e-8 };
  expect(toYaml(data)).toBe('a:\n  b: [1,"x"]\n  c: null\n  d:\n    e: "it\'s: #1"\nf: 1e-8\n');
});
