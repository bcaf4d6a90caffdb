import { describe, test } from "vitest";
import { addGrpoLoss, type GrpoLossSettings } from "../../src/kernels/grpo.ts";
import { NO_TOKEN } from "../../src/kernels/logprob.ts";
import {
  addPolicyStatistics,
  emptyStatistics,
  STATISTICS_FLOATS,
  statisticsRows,
} from "../../src/kernels/loss.ts";
import { type GrpoToken, grpoLoss } from "../reference/grpo.ts";
import { expectClose, sumTolerance, TOLERANCE } from "../support/compare.ts";
import { runKernels, useGpu } from "../support/gpu.ts";
import { normals } from "../support/random.ts";

// What a token may meet: log-ratios on either side of every bound, advantages of both signs and none, distances to the
// reference on either side of k3's limit. The counts have no common divisor, so the rows come to all combinations.
const LOG_RATIOS = [0.5, 0.79, 0.81, 1, 1.27, 1.29, 2.9, 3.1].map(Math.log);
const ADVANTAGES = [-1.5, 0, 0.7];
const DISTANCES = [-3, -0.5, 0, 0.5, 2.7];
const BEYOND_LIMITS = [-21, -12, 12, 21];

const PLAIN: GrpoLossSettings = {
  clipLow: 0.2,
  clipHigh: 0.28,
  dualClip: 0,
  entropyCoefficient: 0,
  klCoefficient: 0,
  klKind: "none",
};

const cycle = (values: readonly number[], r: number) => values[r % values.length]!;

/** Every fifth row but one has no target. Single-precision numbers, which kernel and reference both start from. */
function tokensOf(rows: number, logRatios: readonly number[], distances: readonly number[]) {
  const [logprobs, entropies, weights] = [normals(1, rows), normals(2, rows), normals(3, rows)];
  return Array.from({ length: rows }, (_, r): GrpoToken | undefined => {
    if (r % 5 === 4) return undefined;
    const logprob = -Math.abs(logprobs[r]!);
    return {
      weight: Math.abs(weights[r]!),
      advantage: Math.fround(cycle(ADVANTAGES, r)),
      oldLogprob: Math.fround(logprob - cycle(logRatios, r)),
      refLogprob: Math.fround(logprob + cycle(distances, r)),
      logprob,
      entropy: Math.abs(entropies[r]!),
    };
  });
}

describe("grpo", () => {
  const gpu = useGpu();

  async function run(tokens: readonly (GrpoToken | undefined)[], settings: GrpoLossSettings) {
    const rows = tokens.length;
    // What stands in a row without a target must not matter.
    const column = (of: (token: GrpoToken) => number) =>
      Float32Array.from(tokens, (token) => (token === undefined ? Number.NaN : of(token)));
    const fields = tokens.flatMap((token) =>
      token === undefined
        ? [1, 1, 1, 1]
        : [token.weight, token.advantage, token.oldLogprob, token.refLogprob],
    );
    return runKernels(gpu(), {
      inputs: {
        target_token: Uint32Array.from(tokens, (token) => (token === undefined ? NO_TOKEN : 5)),
        token: Float32Array.from(fields),
        logprob: column((token) => token.logprob),
        entropy: column((token) => token.entropy),
      },
      outputs: { dlogprob: rows, dentropy: rows, statistics: statisticsRows(rows) * STATISTICS_FLOATS },
      extent: [rows],
      build: (program, slices) => addGrpoLoss(program, gpu(), slices, settings),
    });
  }

  test.each<{ rows: number; change: Partial<GrpoLossSettings> }>([
    { rows: 1, change: {} },
    { rows: 63, change: { dualClip: 3 } },
    { rows: 64, change: { klCoefficient: 0.05, klKind: "k1" } },
    { rows: 65, change: { klCoefficient: 0.05, klKind: "k2" } },
    { rows: 1009, change: { klCoefficient: 0.05, klKind: "k3" } },
    { rows: 1009, change: { entropyCoefficient: 0.01, dualClip: 3 } },
    { rows: 70_001, change: { clipLow: 0.3, clipHigh: 0.1 } },
  ])("$rows tokens, $change", async ({ rows, change }) => {
    const settings = { ...PLAIN, ...change };
    const tokens = tokensOf(rows, LOG_RATIOS, DISTANCES);
    const { dlogprob, dentropy, statistics } = await run(tokens, settings);
    const expected = grpoLoss(tokens, settings);
    expectClose("dlogprob", dlogprob, expected.dlogprob, TOLERANCE.exponential);
    expectClose("dentropy", dentropy, expected.dentropy, TOLERANCE.elementwise);
    const total = emptyStatistics();
    addPolicyStatistics(total, statistics);
    const names = Object.keys(total) as (keyof typeof total)[];
    expectClose(
      `statistics ${names.join(", ")}`,
      names.map((name) => total[name]),
      names.map((name) => expected.statistics[name]),
      sumTolerance(rows, 4),
    );
  });

  test.each(["k1", "k2", "k3"] as const)(
    "log-ratios and %s beyond their limits stay finite",
    async (klKind) => {
      const settings = { ...PLAIN, dualClip: 3, klCoefficient: 0.05, klKind };
      const tokens = tokensOf(60, BEYOND_LIMITS, BEYOND_LIMITS);
      const { dlogprob } = await run(tokens, settings);
      expectClose("dlogprob", dlogprob, grpoLoss(tokens, settings).dlogprob, TOLERANCE.steepExponential);
    },
  );

  test("a micro-batch without any target gives zeros", async () => {
    const { dlogprob, dentropy, statistics } = await run(Array(65).fill(undefined), PLAIN);
    expectClose("gradients", [...dlogprob, ...dentropy], new Float64Array(130), TOLERANCE.exact);
    const total = emptyStatistics();
    addPolicyStatistics(total, statistics);
    expectClose("loss and tokens", [total.loss, total.tokens], [0, 0], TOLERANCE.exact);
  });
});
