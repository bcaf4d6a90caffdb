/**
 * What the last steps of a run say. The thresholds lie well outside what healthy runs of the bundled presets show (dead groups up
 * to 0.85, truncated up to 0.3, entropy down to 0.03 nats, gradient norms from 0.05 to 0.3).
 */
import type { Config } from "../../src/train/config.ts";
import { PRESETS } from "../../src/train/presets.ts";
import type { StepRecord } from "../../src/train/records.ts";
import type { Finding, Found } from "./finding.ts";
import { hasAdvantages, learnsFromMistakes, needsRight, samplesPolicy } from "./learns-from.ts";
import { easier, harder, livelier, longer, slower } from "./remedies.ts";

/** Steps that a finding looks back over. */
export const RECENT_STEPS = 20;

/** What is looked at of a run. */
export interface Diagnosed {
  readonly steps: readonly StepRecord[];
  readonly config: Config;
}

/** Everything that the rules find. */
export function fromSteps({ steps, config }: Diagnosed): Finding[] {
  const recent = steps.slice(-RECENT_STEPS);
  const rules = [
    neverRight,
    alwaysRight,
    cutOff,
    noPressure,
    deadGroups,
    noPairs,
    skippedSteps,
    gradientSize,
    smallRate,
    entropyOut,
    clippedUpdates,
    heldBack,
    mismatched,
  ];
  const found = rules.map((rule) => rule(recent, config));
  return [...found, trend(steps, config)]
    .filter((finding) => finding !== false)
    .map((finding) => ({ ...finding, source: "run" }));
}

type Rule = (recent: readonly StepRecord[], config: Config) => Found;

const neverRight: Rule = (recent, config) => {
  const accuracy = meanOf(recent, "acc");
  const truncated = meanOf(recent, "completions/clipped_ratio");
  return (
    needsRight(config) &&
    below(accuracy, 0.01) && {
      code: "never-right",
      severity: "stops",
      evidence: { accuracy, truncated: truncated ?? 0 },
      remedies: easier(config),
    }
  );
};

const alwaysRight: Rule = (recent, config) => {
  const accuracy = meanOf(recent, "acc");
  return (
    learnsFromMistakes(config) &&
    above(accuracy, 0.97) && {
      code: "always-right",
      severity: "stops",
      evidence: { accuracy, deadGroups: meanOf(recent, "frac_reward_zero_std") ?? 0 },
      remedies: harder(config),
    }
  );
};

const cutOff: Rule = (recent, config) => {
  const truncated = meanOf(recent, "completions/clipped_ratio");
  const budget = recent.at(-1)!.cap;
  return (
    above(truncated, 0.6) && {
      code: "cut-off",
      severity: truncated > 0.95 ? "stops" : "slows",
      evidence: { truncated, budget },
      remedies: longer(config),
    }
  );
};

/** Only where a whole window never came near the smallest budget, which the window may not hold itself. */
const noPressure: Rule = (recent, config) => {
  const { kind, lmin } = config.schedule;
  const longest = Math.max(...recent.map(({ metrics }) => metrics["completions/max_length"] ?? Infinity));
  return (
    kind !== "constant" &&
    longest < lmin && {
      code: "no-pressure",
      severity: "note",
      evidence: { longest, budget: lmin },
      remedies: [{ path: "schedule.lmin", value: Math.round(0.8 * longest) }],
    }
  );
};

const deadGroups: Rule = (recent, config) => {
  const dead = meanOf(recent, "frac_reward_zero_std");
  const accuracy = meanOf(recent, "acc");
  if (!hasAdvantages(config) || !above(dead, 0.9) || accuracy === null || accuracy < 0.01 || accuracy > 0.97)
    return false;
  const right = meanOf(recent, "groups/all_correct") ?? 0;
  const wrong = meanOf(recent, "groups/all_wrong") ?? 0;
  const groups = right + wrong + (meanOf(recent, "groups/mixed") ?? 0);
  return {
    code: "dead-groups",
    severity: "slows",
    evidence: { deadGroups: dead, allRight: right / groups, allWrong: wrong / groups },
    remedies: [...livelier(config), ...(right > wrong ? harder(config) : easier(config))],
  };
};

/** Only methods that learn from pairs count them. */
const noPairs: Rule = (recent, config) => {
  const pairs = meanOf(recent, "pairs");
  const { promptsPerStep, groupSize } = config.rl;
  return (
    below(pairs, 1) && {
      code: "no-pairs",
      severity: pairs === 0 ? "stops" : "slows",
      evidence: { pairs, accuracy: meanOf(recent, "acc") ?? 0 },
      remedies: [
        { path: "rl.groupSize", value: 2 * groupSize },
        { path: "rl.promptsPerStep", value: 2 * promptsPerStep },
      ],
    }
  );
};

const skippedSteps: Rule = (recent, config) => {
  const skipped = recent.filter(({ metrics }) => (metrics.grad_skipped ?? 0) > 0).length;
  return (
    skipped > 0 && {
      code: "skipped-steps",
      severity: skipped > recent.length / 2 ? "stops" : "slows",
      evidence: { skipped: skipped / recent.length, learningRate: config.rl.learningRate },
      remedies: [...slower(config), { path: "rl.gradientClip", value: 1 }],
    }
  );
};

const gradientSize: Rule = (recent, config) => {
  const gradientNorm = meanOf(recent, "grad_norm");
  if (above(gradientNorm, 5)) {
    const remedies = [{ path: "rl.gradientClip", value: 1 }, ...slower(config)];
    return { code: "gradient-large", severity: "slows", evidence: { gradientNorm }, remedies };
  }
  // Without a gradient because all groups are dead: that is told by its own finding. Pairs have one until they are learned.
  if (!hasAdvantages(config) || !below(gradientNorm, 1e-4)) return false;
  if (above(meanOf(recent, "frac_reward_zero_std"), 0.9)) return false;
  const truncated = meanOf(recent, "completions/clipped_ratio") ?? 0;
  return {
    code: "gradient-none",
    severity: "stops",
    evidence: { gradientNorm, truncated },
    remedies: [
      { path: "rl.overlong", value: "penalise" },
      { path: "rl.advantageStd", value: "population" },
    ],
  };
};

/** The bundled model moves too little to be seen below a fiftieth of the preset's rate. */
const smallRate: Rule = (recent) => {
  const usual = PRESETS.default.rl.learningRate;
  const learningRate = meanOf(recent, "lr");
  return (
    below(learningRate, usual / 50) && {
      code: "rate-small",
      severity: learningRate === 0 ? "stops" : "slows",
      evidence: { learningRate },
      remedies: [
        { path: "rl.learningRate", value: usual },
        { path: "rl.warmupSteps", value: 0 },
        { path: "rl.decay", value: "constant" },
      ],
    }
  );
};

const entropyOut: Rule = (recent, config) => {
  if (!samplesPolicy(config)) return false;
  const entropy = meanOf(recent, "entropy");
  const calmer = [
    { path: "rl.temperature", value: 1 },
    { path: "rl.entropyCoefficient", value: 0 },
  ];
  if (above(entropy, 1.5)) {
    const remedies = [...calmer, ...slower(config)];
    return { code: "entropy-high", severity: "slows", evidence: { entropy }, remedies };
  }
  const livelier = [
    { path: "rl.temperature", value: 1 },
    { path: "rl.clipHigh", value: 0.28 },
    { path: "rl.entropyCoefficient", value: 0.001 },
  ];
  return (
    below(entropy, 0.005) && {
      code: "entropy-low",
      severity: "slows",
      evidence: { entropy },
      remedies: livelier,
    }
  );
};

const clippedUpdates: Rule = (recent, config) => {
  const clipped = meanOf(recent, "clip_ratio/region_mean");
  return (
    samplesPolicy(config) &&
    above(clipped, 0.3) && {
      code: "clipped-updates",
      severity: "slows",
      evidence: { clipped },
      remedies: [{ path: "rl.miniBatches", value: 1 }, ...slower(config)],
    }
  );
};

/** A penalty that is a tenth of the usual advantage decides where the policy may go. */
const heldBack: Rule = (recent, config) => {
  const { klCoefficient } = config.rl;
  const kl = meanOf(recent, "kl");
  const penalty = kl === null ? null : kl * klCoefficient;
  return (
    above(penalty, 0.1) && {
      code: "held-back",
      severity: "slows",
      evidence: { penalty },
      remedies: [
        { path: "rl.klCoefficient", value: klCoefficient / 10 },
        { path: "rl.klCoefficient", value: 0 },
      ],
    }
  );
};

/** Sampler and trainer agree to the last bit: any difference is a fault of the device or of bellows. */
const mismatched: Rule = (recent) => {
  const mismatch = Math.max(...recent.map(({ metrics }) => metrics["mismatch/max_abs_dlogp"] ?? 0));
  return mismatch > 1e-3 && { code: "mismatch", severity: "slows", evidence: { mismatch }, remedies: [] };
};

/** Accuracy under the budget against the window before, and against the best window of the run. */
function trend(steps: readonly StepRecord[], config: Config): Found {
  if (steps.length < 2 * RECENT_STEPS) return false;
  const windows = Math.floor(steps.length / RECENT_STEPS);
  const accuracies = Array.from({ length: windows }, (_, i) =>
    meanOf(steps.slice(steps.length - (i + 1) * RECENT_STEPS, steps.length - i * RECENT_STEPS), "acc"),
  ).filter((accuracy) => accuracy !== null);
  const [accuracy, before] = accuracies;
  const { phase, cap } = steps.at(-1)!;
  if (accuracy === undefined || before === undefined) return false;
  const best = Math.max(...accuracies);
  if (best > 0.2 && accuracy < best / 2) {
    const evidence = { accuracyBefore: best, accuracy };
    return { code: "collapsed", severity: "stops", evidence, remedies: slower(config) };
  }
  return (
    phase === "compress" &&
    accuracy < before && {
      code: "compressing",
      severity: "note",
      evidence: { accuracyBefore: before, accuracy, budget: cap },
      remedies: [],
    }
  );
}

/** Over the steps that have the metric; null where none has. */
function meanOf(steps: readonly StepRecord[], name: string): number | null {
  const values = steps.map(({ metrics }) => metrics[name] ?? null).filter((value) => value !== null);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function above(value: number | null, bound: number): value is number {
  return value !== null && value > bound;
}

function below(value: number | null, bound: number): value is number {
  return value !== null && value < bound;
}
