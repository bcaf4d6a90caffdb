import { test } from "vitest";
import { NO_TOKEN } from "../../src/kernels/logprob.ts";
import { expectGradient } from "../support/gradient-check.ts";
import { normals } from "../support/random.ts";
import { crossentropyLoss } from "./crossentropy.ts";

test("crossentropy: gradient of the reference", () => {
  const target = Uint32Array.of(1, NO_TOKEN, 0, 5);
  const weight = Float64Array.of(0.25, 0.5, 0, 0.125);
  const logprob = Float64Array.from(normals(1, 4));
  const { dlogprob } = crossentropyLoss(target, weight, logprob);
  expectGradient("dlogprob", () => crossentropyLoss(target, weight, logprob).loss, logprob, dlogprob);
});
