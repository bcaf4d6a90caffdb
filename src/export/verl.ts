import type { JsonObject } from "../io/json.ts";
import type { Task } from "../tasks/task.ts";
import type { Config } from "../train/config.ts";
import { commonDifferences, type Mapping, noCounterpart } from "./mapping.ts";

/** verl's names of KL estimators. */
const KL_TYPES = { none: "low_var_kl", k1: "kl", k2: "mse", k3: "low_var_kl" } as const;

/** Larger than any ratio or norm: what verl is told where bellows has no bound. */
const UNBOUNDED = 1e9;

/** Our prompts are no chat: the template of a message is its words. */
const CHAT_TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}";

/** The folder of the export, which templates/verl/train.sh puts into the environment. */
const FOLDER = "$" + "{oc.env:EXPORT}";

/**
 * A config as settings of verl 0.9 that go over its `ppo_trainer` (Hydra): FSDP to train, vLLM to sample, one GPU.
 * @throws BellowsError `config-invalid` for a setting that verl has no counterpart for.
 */
export function verlMapping(config: Config, task: Task): Mapping {
  check(config);
  const { rl, schedule, eval: evaluation } = config;
  const responses = rl.promptsPerStep * rl.groupSize;
  const inFloat32 = { param_dtype: "fp32", reduce_dtype: "fp32", buffer_dtype: "fp32" };
  const actor: JsonObject = {
    strategy: "fsdp",
    ppo_mini_batch_size: rl.promptsPerStep / rl.miniBatches,
    ppo_micro_batch_size_per_gpu: responses / rl.miniBatches,
    ppo_epochs: 1,
    shuffle: false,
    clip_ratio_low: rl.clipLow,
    clip_ratio_high: rl.clipHigh,
    clip_ratio_c: rl.dualClip > 0 ? rl.dualClip : UNBOUNDED,
    loss_agg_mode: rl.lossAggregation,
    loss_scale_factor: schedule.lmax,
    entropy_coeff: rl.entropyCoefficient,
    use_kl_loss: rl.klCoefficient > 0,
    kl_loss_coef: rl.klCoefficient,
    kl_loss_type: KL_TYPES[rl.klKind],
    grad_clip: rl.gradientClip > 0 ? rl.gradientClip : UNBOUNDED,
    optim: {
      optimizer: "AdamW",
      lr: rl.learningRate,
      betas: [rl.beta1, rl.beta2],
      weight_decay: rl.weightDecay,
      clip_grad: rl.gradientClip > 0 ? rl.gradientClip : UNBOUNDED,
      lr_scheduler_type: rl.decay,
      lr_warmup_steps: rl.warmupSteps,
      min_lr_ratio: rl.decayFloor,
      override_optimizer_config: { eps: rl.eps },
    },
    fsdp_config: { model_dtype: "fp32", mixed_precision: inFloat32 },
  };
  const rollout: JsonObject = {
    name: "vllm",
    dtype: "float32",
    tensor_model_parallel_size: 1,
    n: rl.groupSize,
    temperature: rl.temperature,
    top_p: 1,
    top_k: -1,
    seed: config.seed,
    log_prob_micro_batch_size_per_gpu: responses,
    agent: { default_agent_loop: "capped", agent_loop_config_path: `${FOLDER}/agent_loops.yaml` },
    val_kwargs: {
      do_sample: evaluation.temperature > 0,
      temperature: evaluation.temperature,
      n: evaluation.samples,
    },
  };
  return {
    settings: {
      hydra: { searchpath: ["pkg://verl.trainer.config"] },
      defaults: ["ppo_trainer", "_self_"],
      algorithm: {
        adv_estimator: "grpo",
        norm_adv_by_std_in_grpo: rl.advantageStd !== "none",
        use_kl_in_reward: false,
      },
      data: {
        train_files: `${FOLDER}/train.parquet`,
        val_files: `${FOLDER}/eval.parquet`,
        shuffle: false,
        train_batch_size: rl.promptsPerStep,
        max_prompt_length: task.maxPromptTokens,
        max_response_length: schedule.lmax,
        truncation: "error",
      },
      actor_rollout_ref: {
        model: {
          path: `${FOLDER}/model`,
          custom_chat_template: CHAT_TEMPLATE,
          // FlashAttention has neither float32 nor heads as small as the toy's.
          override_config: { attn_implementation: "sdpa" },
          use_remove_padding: false,
          enable_gradient_checkpointing: false,
        },
        actor,
        rollout,
        ref: { log_prob_micro_batch_size_per_gpu: responses },
      },
      reward: {
        custom_reward_function: {
          path: `${FOLDER}/bellows_verl.py`,
          name: "compute_score",
          reward_kwargs: { overlong_buffer: rl.overlong === "soft" ? rl.overlongBuffer : 0 },
        },
      },
      trainer: {
        nnodes: 1,
        n_gpus_per_node: 1,
        total_epochs: 1,
        total_training_steps: rl.steps,
        val_before_train: true,
        test_freq: evaluation.every > 0 ? evaluation.every : rl.steps,
        logger: ["console"],
        project_name: "bellows",
        experiment_name: `${task.name}-${schedule.kind}-seed${config.seed}`,
        default_local_dir: `${FOLDER}/out`,
      },
    },
    differences: differencesOf(config),
  };
}

function check({ rl }: Config): void {
  if (rl.overlong === "mask") {
    const right = "penalise or soft, as it masks no responses that were cut off";
    throw noCounterpart("rl.overlong", rl.overlong, "verl", right);
  }
  if (rl.decay === "linear") throw noCounterpart("rl.decay", rl.decay, "verl", "constant or cosine");
  if (rl.dualClip > 0 && rl.dualClip <= 1) {
    throw noCounterpart("rl.dualClip", rl.dualClip, "verl", "0 or above 1");
  }
}

function differencesOf(config: Config): string[] {
  const { rl } = config;
  const differences = commonDifferences(config);
  differences.push(
    "The policy's log-probs count `<pad>` in the softmax, which bellows leaves out; sampling leaves it out in both.",
    "Log-probs of the old policy are computed by the training engine, ours are the sampler's, which are the same bits.",
  );
  if (rl.advantageStd !== "none") {
    const ours = rl.advantageStd === "population" ? "the population's deviation" : "the sample deviation";
    differences.push(
      `Advantages are divided by the sample deviation of a group plus 1e-6; this run: by ${ours} plus ${rl.advantageEps} (rl.advantageStd, rl.advantageEps).`,
    );
  }
  if (rl.warmupSteps > 0) {
    const decay =
      rl.decay === "cosine" ? ", and decays after the warm-up instead of from the first step" : "";
    differences.push(
      `The learning rate warms up from 0 in the first step, ours from a ${rl.warmupSteps}th part of its peak (rl.warmupSteps)${decay}.`,
    );
  }
  if (rl.gradientClip === 0 || rl.dualClip === 0) {
    differences.push(`What bellows does not clip is clipped at ${UNBOUNDED} (grad_clip, clip_ratio_c).`);
  }
  return differences;
}
