import { describe, test } from "vitest";
import { addPolicyStatistics, emptyStatistics, STATISTICS_FLOATS } from "../../src/kernels/loss.ts";
import { addSequenceRatioLoss, type SequenceRatioSettings } from "../../src/kernels/sequence-ratio.ts";
import { type RatioSequence, sequenceRatioLoss } from "../reference/sequence-ratio.ts";
import { expectClose, sumTolerance, TOLERANCE } from "../support/compare.ts";
import { runKernels, useGpu } from "../support/gpu.ts";
import { columnOf, inRows, packResponses } from "../support/packing.ts";
import { normals } from "../support/random.ts";

const CLIP: SequenceRatioSettings = { clipLow: 0.2, clipHigh: 0.28 };

// Either side of both bounds for all advantages; the counts have no common divisor, so sequences come to all combinations.
const LOG_RATIOS = [0.5, 0.79, 0.81, 1, 1.27, 1.29, 2.9].map(Math.log);
const ADVANTAGES = [-1.5, 0, 0.7];
const RAGGED = [1, 63, 64, 65, 7, 301, 2, 128, 129, 11, 1, 3, 5, 17, 40, 100, 66, 9, 4, 31, 250];

/** Sequences of these lengths, whose tokens have log-ratios spread around one of LOG_RATIOS. */
function sequencesOf(lengths: readonly number[], logRatios: readonly number[]): RatioSequence[] {
  return lengths.map((length, s) => {
    const [logprobs, spreads, entropies] = [0, 1000, 2000].map((offset) => normals(s + offset, length));
    const spread = (t: number) => (length === 1 ? 0 : 0.3 * spreads![t]!);
    const mean = Array.from({ length }, (_, t) => spread(t)).reduce((a, b) => a + b, 0) / length;
    const tokens = Array.from({ length }, (_, t) => {
      const logprob = -Math.abs(logprobs![t]!);
      const logRatio = logRatios[s % logRatios.length]! + spread(t) - mean;
      return { logprob, oldLogprob: Math.fround(logprob - logRatio), entropy: Math.abs(entropies![t]!) };
    });
    const advantage = Math.fround(ADVANTAGES[s % ADVANTAGES.length]!);
    return { weight: Math.fround(1 / lengths.length), advantage, tokens };
  });
}

describe("sequence ratio", () => {
  const gpu = useGpu();

  async function run(sequences: readonly RatioSequence[], settings: SequenceRatioSettings) {
    const { rows, target_token, sequence_begin } = packResponses(sequences.map(({ tokens }) => tokens));
    const token = new Float32Array(rows.length * 4).fill(Number.NaN);
    for (const [s, { weight, advantage }] of sequences.entries()) {
      for (let r = sequence_begin[s]!; r < sequence_begin[s + 1]!; r++)
        token.set([weight, advantage, rows[r]?.oldLogprob ?? Number.NaN, Number.NaN], r * 4);
    }
    const result = await runKernels(gpu(), {
      inputs: {
        target_token,
        token,
        sequence_begin,
        logprob: columnOf(rows, ({ logprob }) => logprob),
        entropy: columnOf(rows, ({ entropy }) => entropy),
      },
      outputs: {
        dlogprob: rows.length,
        dentropy: rows.length,
        statistics: sequences.length * STATISTICS_FLOATS,
      },
      build: (program, slices) =>
        addSequenceRatioLoss(program, gpu(), slices, settings, () => [sequences.length]),
    });
    return { rows, ...result };
  }

  test.each<{ name: string; lengths: readonly number[]; settings: SequenceRatioSettings }>([
    { name: "one token", lengths: [1], settings: CLIP },
    { name: "ragged lengths", lengths: RAGGED, settings: CLIP },
    { name: "ragged lengths, wide below", lengths: RAGGED, settings: { clipLow: 0.6, clipHigh: 0.1 } },
    { name: "many sequences", lengths: Array(521).fill(3), settings: CLIP },
  ])("$name", async ({ lengths, settings }) => {
    const sequences = sequencesOf(lengths, LOG_RATIOS);
    const { rows, dlogprob, dentropy, statistics } = await run(sequences, settings);
    const expected = sequenceRatioLoss(sequences, settings);
    expectClose("dlogprob", dlogprob, inRows(rows, expected.dlogprob), TOLERANCE.exponential);
    expectClose("dentropy", dentropy, new Float64Array(rows.length), TOLERANCE.exact);
    const total = emptyStatistics();
    addPolicyStatistics(total, statistics);
    const names = Object.keys(total) as (keyof typeof total)[];
    expectClose(
      `statistics ${names.join(", ")}`,
      names.map((name) => total[name]),
      names.map((name) => expected.statistics[name]),
      sumTolerance(rows.length, 4),
    );
  });

  test("ratios beyond the limit stay finite", async () => {
    const sequences = sequencesOf(RAGGED.slice(0, 12), [-21, -12, 12, 21]);
    const { rows, dlogprob } = await run(sequences, CLIP);
    const expected = inRows(rows, sequenceRatioLoss(sequences, CLIP).dlogprob);
    expectClose("dlogprob", dlogprob, expected, TOLERANCE.steepExponential);
  });
});
