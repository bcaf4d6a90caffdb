import { describe, test } from "vitest";
import { addAdamw } from "../../src/kernels/adamw.ts";
import { partialsOf } from "../../src/kernels/gradient.ts";
import { adamwStep } from "../reference/adamw.ts";
import { expectClose, sumTolerance, TOLERANCE } from "../support/compare.ts";
import { runKernels, useGpu } from "../support/gpu.ts";
import { normals } from "../support/random.ts";

const RULE = { rate: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-8, decay: 0.1 };

describe("adamw", () => {
  const gpu = useGpu();

  test.each([
    { total: 4, scale: 1, t: 1 },
    { total: 252, scale: 0.37, t: 2 },
    { total: 256, scale: 1, t: 1000 },
    { total: 260, scale: 0.01, t: 7 },
    { total: 260, scale: 0, t: 7 },
    { total: 40_012, scale: 0.5, t: 3 },
    { total: 300_004, scale: 1, t: 1 },
  ])("$total parameters, gradient scale $scale, update $t", async ({ total, scale, t }) => {
    const gradient = normals(1, total);
    const before = {
      weight: normals(2, total),
      firstMoment: normals(3, total, 0.1),
      secondMoment: normals(4, total, 0.1).map(Math.abs),
    };
    const result = await runKernels(gpu(), {
      inputs: { gradient, norm_and_scale: Float32Array.of(Number.NaN, scale) },
      outputs: {
        weight: before.weight,
        first_moment: before.firstMoment,
        second_moment: before.secondMoment,
        partial_squares: partialsOf(total),
      },
      build: (program, slices) => {
        const { rate, beta1, beta2, eps, decay } = RULE;
        const blends = { blend1: 1 - beta1, blend2: 1 - beta2 };
        const corrections = { correction1: 1 - beta1 ** t, correction2: 1 - beta2 ** t };
        addAdamw(program, gpu(), slices, { total4: total / 4, rate, eps, decay, ...blends, ...corrections });
      },
    });
    const state = {
      weight: Float64Array.from(before.weight),
      firstMoment: Float64Array.from(before.firstMoment),
      secondMoment: Float64Array.from(before.secondMoment),
    };
    const expected = adamwStep(state, Float64Array.from(gradient), Math.fround(scale), RULE, t);
    const tolerance = scale === 0 ? TOLERANCE.exact : TOLERANCE.elementwise;
    expectClose("weight", result.weight, expected.weight, tolerance);
    expectClose("first moment", result.first_moment, expected.firstMoment, tolerance);
    expectClose("second moment", result.second_moment, expected.secondMoment, tolerance);
    const changes = expected.weight.map((weight, i) => weight - state.weight[i]!);
    const squares = changes.reduce((sum, change) => sum + change ** 2, 0);
    const found = result.partial_squares.reduce((sum, share) => sum + share, 0);
    expectClose("squares of the change", [found], [squares], sumTolerance(total));
  });
});
