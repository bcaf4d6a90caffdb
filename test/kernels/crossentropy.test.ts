import { describe, test } from "vitest";
import { addCrossentropy } from "../../src/kernels/crossentropy.ts";
import { NO_TOKEN } from "../../src/kernels/logprob.ts";
import { STATISTICS_FLOATS, statisticsRows } from "../../src/kernels/loss.ts";
import { crossentropyLoss } from "../reference/crossentropy.ts";
import { reduceSlabs } from "../reference/gradient.ts";
import { expectClose, sumTolerance, TOLERANCE } from "../support/compare.ts";
import { runKernels, useGpu } from "../support/gpu.ts";
import { normals } from "../support/random.ts";

describe("crossentropy", () => {
  const gpu = useGpu();

  test.each([
    { rows: 1, targets: "all" },
    { rows: 63, targets: "some" },
    { rows: 64, targets: "none" },
    { rows: 65, targets: "some" },
    { rows: 1009, targets: "some" },
    { rows: 70_001, targets: "some" },
  ])("$rows rows of which $targets have a target", async ({ rows, targets }) => {
    const counted = (r: number) => targets === "all" || (targets === "some" && r % 3 !== 1);
    const target_token = Uint32Array.from({ length: rows }, (_, r) => (counted(r) ? r % 29 : NO_TOKEN));
    const weight = normals(1, rows).map(Math.abs);
    const logprob = normals(2, rows, 2);
    const entropy = normals(3, rows).map(Math.abs);
    const { dlogprob, dentropy, statistics } = await runKernels(gpu(), {
      inputs: { target_token, weight, logprob, entropy },
      outputs: { dlogprob: rows, dentropy: rows, statistics: statisticsRows(rows) * STATISTICS_FLOATS },
      extent: [rows],
      build: (program, slices) => addCrossentropy(program, gpu(), slices),
    });
    const expected = crossentropyLoss(target_token, Float64Array.from(weight), Float64Array.from(logprob));
    expectClose("dlogprob", dlogprob, expected.dlogprob, TOLERANCE.exact);
    expectClose("dentropy", dentropy, new Float64Array(rows), TOLERANCE.exact);
    const total = (values: Float32Array, sign: number) =>
      values.reduce((sum, value, r) => sum + (counted(r) ? sign * value : 0), 0);
    const sums = new Float64Array(STATISTICS_FLOATS);
    sums.set([
      expected.loss,
      total(logprob, -1),
      total(entropy, 1),
      total(new Float32Array(rows).fill(1), 1),
    ]);
    const reported = reduceSlabs(Float64Array.from(statistics), statisticsRows(rows));
    expectClose("statistics", reported, sums, sumTolerance(rows, 2));
  });
});
