import { test } from "vitest";
import { expectGradient, weightedSum } from "../support/gradient-check.ts";
import { normals } from "../support/random.ts";
import { swigluBackward, swigluForward } from "./swiglu.ts";

test("swiglu: gradient of the reference", () => {
  const inp = Float64Array.from(normals(1, 3 * 2 * 8, 2));
  const dout = Float64Array.from(normals(2, 3 * 8));
  expectGradient("dinp", () => weightedSum(swigluForward(inp, 8), dout), inp, swigluBackward(inp, 8, dout));
});
