import { describe, expect, test } from "vitest";
import { NO_TOKEN } from "../../src/kernels/logprob.ts";
import { expectGradient, weightedSum } from "../support/gradient-check.ts";
import { normals } from "../support/random.ts";
import { logprobBackward, logprobForward } from "./logprob.ts";

describe("logprob", () => {
  test.each([
    { excluded: NO_TOKEN, temperature: 1 },
    { excluded: 4, temperature: 0.7 },
    { excluded: 0, temperature: 1.9 },
  ])("gradient of the reference, excluded $excluded, temperature $temperature", (rest) => {
    const distribution = { vocabulary: 7, ...rest };
    const target = Uint32Array.of(2, NO_TOKEN, 6);
    const logits = Float64Array.from(normals(1, 3 * 7, 2));
    const dlogprob = Float64Array.from(normals(2, 3));
    const dentropy = Float64Array.from(normals(3, 3));
    const loss = () => {
      const { logprob, entropy } = logprobForward(logits, target, distribution);
      return weightedSum(logprob, dlogprob) + weightedSum(entropy, dentropy);
    };
    expectGradient(
      "dlogits",
      loss,
      logits,
      logprobBackward(logits, target, distribution, dlogprob, dentropy),
    );
  });

  test("equal logits are a uniform distribution", () => {
    const distribution = { vocabulary: 9, excluded: 3, temperature: 0.5 };
    const { logprob, lse, entropy } = logprobForward(
      new Float64Array(9).fill(2),
      Uint32Array.of(1),
      distribution,
    );
    expect(logprob[0]).toBeCloseTo(-Math.log(8), 14);
    expect(lse[0]).toBeCloseTo(4 + Math.log(8), 14);
    expect(entropy[0]).toBeCloseTo(Math.log(8), 14);
  });
});
