import { describe, expect, test } from "vitest";
import { emptyStatistics, STATISTICS_FLOATS } from "../../src/kernels/loss.ts";
import {
  addPreferenceLoss,
  addPreferenceStatistics,
  emptyPreferenceStatistics,
  type PreferenceLossSettings,
} from "../../src/kernels/preference.ts";
import { type PairToken, preferenceLoss, type TokenPair } from "../reference/preference.ts";
import { expectClose, expectSameBits, sumTolerance, TOLERANCE } from "../support/compare.ts";
import { runKernels, useGpu } from "../support/gpu.ts";
import { columnOf, inRows, packResponses } from "../support/packing.ts";
import { normals } from "../support/random.ts";

const SIMPO: PreferenceLossSettings = { loss: "simpo", beta: 2, margin: 0.25, nllCoefficient: 0 };
const DPO: PreferenceLossSettings = { loss: "dpo", beta: 0.1, margin: 0.25, nllCoefficient: 0 };

// Tokens of the chosen and of the rejected response of each pair.
const RAGGED: readonly (readonly [number, number])[] = [
  [1, 1],
  [63, 64],
  [65, 7],
  [2, 301],
  [128, 129],
];

/** Pairs of these lengths, the chosen response likelier than the rejected one by about `ahead` a token. */
function pairsOf(lengths: readonly (readonly [number, number])[], ahead: number): TokenPair[] {
  return lengths.map(([chosen, rejected], p) => ({
    weight: Math.fround((p + 1) / 10),
    chosen: tokensOf(3 * p + 1, chosen, ahead),
    rejected: tokensOf(3 * p + 2, rejected, 0),
  }));
}

function tokensOf(seed: number, count: number, ahead: number): PairToken[] {
  const [logprobs, references, entropies] = [0, 100, 200].map((offset) => normals(seed + offset, count));
  return Array.from({ length: count }, (_, t) => ({
    logprob: Math.fround(ahead - Math.abs(logprobs![t]!)),
    refLogprob: -Math.abs(references![t]!),
    entropy: Math.abs(entropies![t]!),
  }));
}

describe("preference", () => {
  const gpu = useGpu();

  async function run(pairs: readonly TokenPair[], settings: PreferenceLossSettings) {
    const packed = packResponses(pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]));
    const { rows, target_token, sequence_begin } = packed;
    const token = new Float32Array(rows.length * 4).fill(Number.NaN);
    for (let s = 0; s + 1 < sequence_begin.length; s++) {
      const { weight } = pairs[Math.floor(s / 2)]!;
      for (let r = sequence_begin[s]!; r < sequence_begin[s + 1]!; r++)
        token.set([weight, Number.NaN, Number.NaN, rows[r]?.refLogprob ?? Number.NaN], r * 4);
    }
    const result = await runKernels(gpu(), {
      inputs: {
        target_token,
        token,
        sequence_begin,
        logprob: columnOf(rows, ({ logprob }) => logprob),
        entropy: columnOf(rows, ({ entropy }) => entropy),
      },
      outputs: { dlogprob: rows.length, dentropy: rows.length, statistics: pairs.length * STATISTICS_FLOATS },
      build: (program, slices) => addPreferenceLoss(program, gpu(), slices, settings, () => [pairs.length]),
    });
    return { rows, ...result };
  }

  test.each<{ name: string; lengths: typeof RAGGED; ahead: number; settings: PreferenceLossSettings }>([
    { name: "one pair of one token", lengths: [[1, 1]], ahead: 0, settings: SIMPO },
    { name: "SimPO", lengths: RAGGED, ahead: 0.3, settings: SIMPO },
    { name: "SimPO with NLL", lengths: RAGGED, ahead: -0.3, settings: { ...SIMPO, nllCoefficient: 0.7 } },
    { name: "DPO", lengths: RAGGED, ahead: 0.1, settings: DPO },
    { name: "DPO with NLL", lengths: RAGGED, ahead: -0.1, settings: { ...DPO, nllCoefficient: 1 } },
    { name: "many pairs", lengths: Array(257).fill([3, 5]), ahead: 0, settings: SIMPO },
  ])("$name", async ({ lengths, ahead, settings }) => {
    const pairs = pairsOf(lengths, ahead);
    const { rows, dlogprob, dentropy, statistics } = await run(pairs, settings);
    const expected = preferenceLoss(pairs, settings);
    // The sum over a response rounds, and σ turns that into a relative error of its slope.
    const tolerance = sumTolerance(Math.max(...lengths.flat()));
    expectClose("dlogprob", dlogprob, inRows(rows, expected.dlogprob), tolerance);
    expectClose("dentropy", dentropy, new Float64Array(rows.length), TOLERANCE.exact);
    const [total, preference] = [emptyStatistics(), emptyPreferenceStatistics()];
    addPreferenceStatistics(total, preference, statistics);
    const actual = { ...total, ...preference };
    const reference = { ...expected.statistics, ...expected.preference };
    expect(actual.ratioMinimum, "ratios are none of its business").toBe(Number.POSITIVE_INFINITY);
    const names = (Object.keys(actual) as (keyof typeof actual)[]).filter((name) => name !== "ratioMinimum");
    expectClose(
      `statistics ${names.join(", ")}`,
      names.map((name) => actual[name]),
      names.map((name) => reference[name]),
      sumTolerance(rows.length, 4),
    );
  });

  test.each([-40, 40])("margins of thousands stay finite: %d a token", async (ahead) => {
    const settings = { ...DPO, beta: 10 };
    const pairs = pairsOf([[100, 100]], ahead);
    const { rows, dlogprob, statistics } = await run(pairs, settings);
    const expected = preferenceLoss(pairs, settings);
    expectClose("dlogprob", dlogprob, inRows(rows, expected.dlogprob), TOLERANCE.exponential);
    expect(Math.abs(statistics[0]! - expected.loss)).toBeLessThanOrEqual(1e-5 * Math.abs(expected.loss));
  });

  test("a pair has the same bits wherever it stands in a batch", async () => {
    const pairs = pairsOf(RAGGED, 0.1);
    const all = await run(pairs, DPO);
    const last = await run(pairs.slice(2), DPO);
    expectSameBits("statistics", last.statistics, all.statistics.slice(2 * STATISTICS_FLOATS));
    expectSameBits("dlogprob", last.dlogprob, all.dlogprob.slice(-last.dlogprob.length));
  });
});
