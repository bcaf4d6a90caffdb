import { test } from "vitest";
import { expectGradient, weightedSum } from "../support/gradient-check.ts";
import { normals } from "../support/random.ts";
import { rmsnormBackward, rmsnormForward } from "./rmsnorm.ts";

test("rmsnorm: gradients of the reference", () => {
  const inp = Float64Array.from(normals(1, 3 * 8));
  const weight = Float64Array.from(normals(2, 8));
  const dout = Float64Array.from(normals(3, 3 * 8));
  const { dinp, dweight } = rmsnormBackward(inp, weight, 1e-6, dout);
  const loss = () => weightedSum(rmsnormForward(inp, weight, 1e-6).out, dout);
  expectGradient("dinp", loss, inp, dinp);
  expectGradient("dweight", loss, weight, dweight);
});
