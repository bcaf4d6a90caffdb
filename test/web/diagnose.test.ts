import { describe, expect, test } from "vitest";
import { recipeOf } from "../../src/rl/recipes/index.ts";
import type { Config } from "../../src/train/config.ts";
import type { Preflight } from "../../src/train/preflight.ts";
import { PRESETS } from "../../src/train/presets.ts";
import type { Metrics, StepRecord } from "../../src/train/records.ts";
import { composeConfig } from "../../src/train/settings.ts";
import { withSetting } from "../../web/state/config-diff.ts";
import { diagnose } from "../../web/state/diagnose.ts";
import { RECENT_STEPS } from "../../web/state/diagnose-steps.ts";
import { configError, withEdits } from "../../web/state/edit-config.ts";
import type { FindingCode } from "../../web/state/finding.ts";

/** As in the middle of a healthy run of the default preset. */
const HEALTHY: Metrics = {
  acc: 0.64,
  frac_reward_zero_std: 0.47,
  "groups/all_correct": 5,
  "groups/all_wrong": 2.5,
  "groups/mixed": 8.5,
  "completions/clipped_ratio": 0.2,
  "completions/max_length": 53,
  entropy: 0.05,
  grad_norm: 0.12,
  grad_skipped: 0,
  update_norm: 0.034,
  lr: 5e-4,
  kl: 0,
  "clip_ratio/region_mean": 0,
  "mismatch/max_abs_dlogp": 0,
};

function stepsWith(count: number, change: Metrics | ((step: number) => Metrics) = {}): StepRecord[] {
  return Array.from({ length: count }, (_, step): StepRecord => {
    const changed = typeof change === "function" ? change(step) : change;
    const metrics = { ...HEALTHY, ...changed };
    return { type: "step", step, cap: 60, exactCap: 60, phase: "expand", cycle: 0, metrics, samples: [] };
  });
}

const TRIAL: Preflight = {
  lmin: 40,
  lmax: 80,
  truncatedAtLmin: 0.7,
  truncatedAtLmax: 0.3,
  accuracyAtLmin: 0.25,
  accuracyAtLmax: 0.45,
  deadGroupsAtLmin: 0.4,
  deadGroupsAtLmax: 0.2,
  meanLength: 58,
  gpuBytes: 1e7,
  seconds: 100,
  warnings: [],
};

const CONFIG: Config = PRESETS.default;

function codesOf(change: Metrics | ((step: number) => Metrics), config = CONFIG, count = 30): FindingCode[] {
  return diagnose({ steps: stepsWith(count, change), config }, TRIAL).map(({ code }) => code);
}

test("a healthy run and a healthy trial have no findings", () => {
  expect(codesOf({})).toEqual([]);
  expect(diagnose({ steps: [], config: CONFIG }, TRIAL)).toEqual([]);
  expect(diagnose({ steps: [], config: CONFIG }, null)).toEqual([]);
});

test("the late part of a healthy run, where most groups are right, has none either", () => {
  const late = { acc: 0.86, frac_reward_zero_std: 0.83, entropy: 0.03, "groups/all_correct": 12 };
  expect(codesOf(late)).toEqual([]);
});

test.each<[FindingCode, Metrics]>([
  ["never-right", { acc: 0, frac_reward_zero_std: 1, "groups/all_wrong": 16, "groups/mixed": 0 }],
  ["always-right", { acc: 0.99, frac_reward_zero_std: 0.96 }],
  ["cut-off", { "completions/clipped_ratio": 0.8 }],
  ["no-pressure", { "completions/max_length": 31, "completions/clipped_ratio": 0 }],
  ["dead-groups", { frac_reward_zero_std: 0.95 }],
  ["skipped-steps", { grad_skipped: 1 }],
  ["gradient-large", { grad_norm: 40 }],
  ["gradient-none", { grad_norm: 1e-6 }],
  ["rate-small", { lr: 1e-7 }],
  ["entropy-low", { entropy: 0.001 }],
  ["entropy-high", { entropy: 2.5 }],
  ["clipped-updates", { "clip_ratio/region_mean": 0.5 }],
  ["mismatch", { "mismatch/max_abs_dlogp": 0.02 }],
])("%s is found, and nothing else", (code, change) => {
  expect(codesOf(change)).toEqual([code]);
});

describe("a method that weighs nothing by an advantage", () => {
  /** Metrics as such a method leaves them: no ratio, and groups that are alike though their pairs teach. */
  const ofPairs: Metrics = {
    frac_reward_zero_std: 1,
    kl: null,
    "clip_ratio/region_mean": null,
    "mismatch/max_abs_dlogp": null,
    pairs: 12,
    "rewards/margins": 0.3,
  };
  const dast = composeConfig({ recipe: recipeOf("dast") });

  test("is not told of dead groups, of a small gradient, or of the entropy of another policy", () => {
    expect(codesOf(ofPairs, dast)).toEqual([]);
    expect(codesOf({ ...ofPairs, grad_norm: 1e-6, entropy: 0.001, acc: 0.99 }, dast)).toEqual([]);
    const trial = { ...TRIAL, deadGroupsAtLmax: 0.95, accuracyAtLmin: 0.99 };
    expect(diagnose({ steps: [], config: dast }, trial)).toEqual([]);
  });

  test("is told where it finds no pairs", () => {
    expect(codesOf({ ...ofPairs, pairs: 0, grad_norm: null }, dast)).toEqual(["no-pairs"]);
  });

  test("needs right responses, unless it learns the teacher's", () => {
    expect(codesOf({ ...ofPairs, acc: 0 }, dast)).toEqual(["never-right"]);
    expect(codesOf({ ...ofPairs, acc: 0 }, composeConfig({ recipe: recipeOf("spin") }))).toEqual([]);
  });
});

test("a KL penalty as large as the advantages holds the policy back", () => {
  const config = withEdits(CONFIG, [
    { path: "rl.klKind", value: "k3" },
    { path: "rl.klCoefficient", value: 2 },
  ]);
  expect(codesOf({ kl: 0.2 }, config)).toEqual(["held-back"]);
  expect(codesOf({ kl: 0.01 }, config)).toEqual([]);
});

test("a run that could more before has collapsed", () => {
  expect(codesOf((step) => ({ acc: step < 20 ? 0.7 : 0.1 }), CONFIG, 40)).toEqual(["collapsed"]);
});

test("falling accuracy while the budget shrinks is a note, not a fault", () => {
  const steps = stepsWith(40, (step) => ({ acc: step < 20 ? 0.6 : 0.5 }));
  const compressing = steps.map((step): StepRecord => ({ ...step, phase: "compress" }));
  const findings = diagnose({ steps: compressing, config: CONFIG }, null);
  expect(findings.map(({ code, severity }) => [code, severity])).toEqual([["compressing", "note"]]);
});

describe("the trial rollout speaks before there are steps", () => {
  test.each<[FindingCode, Partial<Preflight>]>([
    ["never-right", { accuracyAtLmax: 0, accuracyAtLmin: 0, deadGroupsAtLmax: 1 }],
    ["always-right", { accuracyAtLmin: 0.99, accuracyAtLmax: 0.99, deadGroupsAtLmax: 0.95 }],
    ["cut-off", { truncatedAtLmin: 0.95 }],
    ["no-pressure", { truncatedAtLmin: 0.01 }],
    ["dead-groups", { deadGroupsAtLmax: 0.95 }],
  ])("%s", (code, change) => {
    const [finding, ...others] = diagnose({ steps: [], config: CONFIG }, { ...TRIAL, ...change });
    expect(finding).toMatchObject({ code, source: "preflight" });
    expect(others).toEqual([]);
  });

  test("and is silent once enough steps have told more", () => {
    const steps = stepsWith(RECENT_STEPS);
    expect(diagnose({ steps, config: CONFIG }, { ...TRIAL, truncatedAtLmin: 0.95 })).toEqual([]);
  });
});

test("only the last steps count", () => {
  expect(codesOf((step) => (step < 10 ? { grad_skipped: 1 } : {}))).toEqual([]);
});

test("the worst comes first", () => {
  const found = codesOf({ "completions/clipped_ratio": 0.8, lr: 0 });
  expect(found).toEqual(["rate-small", "cut-off"]);
});

test("every remedy changes the config, and leaves one that can be run", () => {
  const config = withSetting(CONFIG, "init", "random");
  const changes: Metrics[] = [
    { acc: 0 },
    { acc: 0.99 },
    { "completions/clipped_ratio": 0.8 },
    { "completions/max_length": 31 },
    { frac_reward_zero_std: 0.95 },
    { grad_skipped: 1 },
    { grad_norm: 40 },
    { entropy: 2.5 },
    { entropy: 0 },
  ];
  for (const change of changes) {
    for (const { code, remedies } of diagnose({ steps: stepsWith(30, change), config }, null)) {
      expect(remedies.length, code).toBeGreaterThan(0);
      for (const edit of remedies) {
        const edited = withEdits(config, [edit]);
        expect(configError(edited), `${code}: ${edit.path}`).toBeNull();
        expect(edited).not.toEqual(config);
      }
    }
  }
});

test("metrics that are null do not count as 0", () => {
  expect(codesOf({ grad_norm: null, entropy: null, acc: null, lr: null })).toEqual([]);
});
