import type { Aggregation } from "../rl/aggregation.ts";
import type { Config } from "../train/config.ts";
import { commonDifferences, type Mapping, noCounterpart } from "./mapping.ts";

/** TRL's name of a loss. `luspo` with ratios of tokens is a mean over responses of sums over tokens. */
const LOSS_TYPES: Readonly<Record<Aggregation, string>> = {
  "token-mean": "dapo",
  "seq-mean-token-mean": "grpo",
  "seq-mean-token-sum-norm": "dr_grpo",
  "seq-mean-token-sum": "luspo",
};

/** TRL adds this to the deviation of a group, whatever is set. */
const ADVANTAGE_EPS = 1e-4;

/** Evaluation problems that are answered together. */
const EVAL_BATCH = 200;

/**
 * A config as settings of TRL's GRPOTrainer (1.16): what templates/trl/train.py reads.
 * @throws BellowsError `config-invalid` for a setting that TRL has no counterpart for.
 */
export function trlMapping(config: Config): Mapping {
  check(config);
  const { rl, schedule, eval: evaluation } = config;
  const responses = rl.promptsPerStep * rl.groupSize;
  // With several updates a rollout, `dapo` would divide each by the tokens of all; `bnpo` takes those of its own.
  const lossType =
    rl.lossAggregation === "token-mean" && rl.miniBatches > 1 ? "bnpo" : LOSS_TYPES[rl.lossAggregation];
  return {
    settings: {
      seed: config.seed,
      updates: rl.miniBatches,
      batch: responses / rl.miniBatches,
      overlongBuffer: rl.overlong === "soft" ? rl.overlongBuffer : 0,
      optimizer: { betas: [rl.beta1, rl.beta2], eps: rl.eps, weight_decay: rl.weightDecay },
      eval: {
        every: evaluation.every,
        samples: evaluation.samples,
        temperature: evaluation.temperature,
        cap: schedule.lmax,
        batch: EVAL_BATCH,
      },
      trl: {
        max_steps: rl.steps * rl.miniBatches,
        steps_per_generation: rl.miniBatches,
        gradient_accumulation_steps: 1,
        num_generations: rl.groupSize,
        max_completion_length: schedule.lmax,
        shuffle_dataset: false,
        temperature: rl.temperature,
        loss_type: lossType,
        importance_sampling_level: "token",
        scale_rewards: rl.advantageStd === "none" ? "none" : "group",
        epsilon: rl.clipLow,
        epsilon_high: rl.clipHigh,
        delta: rl.dualClip > 0 ? rl.dualClip : null,
        beta: rl.klCoefficient,
        use_bias_correction_kl: false,
        entropy_coef: rl.entropyCoefficient,
        mask_truncated_completions: rl.overlong === "mask",
        max_grad_norm: rl.gradientClip,
        bf16: false,
        gradient_checkpointing: false,
        logging_steps: 1,
        save_strategy: "no",
        report_to: "none",
      },
    },
    differences: differencesOf(config),
  };
}

function check({ rl }: Config): void {
  if (rl.klCoefficient > 0 && rl.klKind !== "k3") {
    throw noCounterpart("rl.klKind", rl.klKind, "trl", "k3, the one estimator that it has");
  }
  if (rl.entropyCoefficient !== 0 && rl.lossAggregation !== "token-mean") {
    const right = "0, as its entropy bonus is a mean over tokens, which rl.lossAggregation is not";
    throw noCounterpart("rl.entropyCoefficient", rl.entropyCoefficient, "trl", right);
  }
  if (rl.dualClip > 0 && rl.dualClip <= 1 + rl.clipHigh) {
    const right = `0 or above 1 + rl.clipHigh (${1 + rl.clipHigh})`;
    throw noCounterpart("rl.dualClip", rl.dualClip, "trl", right);
  }
}

function differencesOf(config: Config): string[] {
  const { rl } = config;
  const differences = commonDifferences(config);
  if (rl.advantageStd === "population") {
    const factor = Math.sqrt((rl.groupSize - 1) / rl.groupSize).toFixed(4);
    differences.push(
      `TRL divides advantages by the sample deviation of a group, this run by the population's (rl.advantageStd): its advantages, and so its gradients before clipping, are ${factor} of ours. \`--set rl.advantageStd=sample\` makes bellows do the same.`,
    );
  }
  if (rl.advantageStd !== "none" && rl.advantageEps !== ADVANTAGE_EPS) {
    differences.push(
      `TRL adds ${ADVANTAGE_EPS} to that deviation, this run ${rl.advantageEps} (rl.advantageEps).`,
    );
  }
  if (rl.miniBatches > 1) {
    differences.push(
      `A rollout is split into ${rl.miniBatches} updates by single responses at random, not by whole groups in their order (rl.miniBatches); and old log-probs are computed by the training pass.`,
    );
  }
  if (rl.overlong === "mask" && rl.lossAggregation !== "token-mean") {
    differences.push(
      "TRL's mean over responses counts masked ones as well, ours does not (rl.overlong, rl.lossAggregation).",
    );
  }
  if (rl.klCoefficient > 0) {
    differences.push("The estimate of the KL penalty is not clamped (ours at 10 for a token).");
  }
  return differences;
}
