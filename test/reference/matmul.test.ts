import { test } from "vitest";
import { expectGradient, weightedSum } from "../support/gradient-check.ts";
import { normals } from "../support/random.ts";
import { linearBackward, linearForward } from "./matmul.ts";

test("matmul: gradients of the reference", () => {
  const inp = Float64Array.from(normals(1, 3 * 8));
  const weight = Float64Array.from(normals(2, 5 * 8));
  const dout = Float64Array.from(normals(3, 3 * 5));
  const { dinp, dweight } = linearBackward(inp, weight, 8, dout);
  const loss = () => weightedSum(linearForward(inp, weight, 8), dout);
  expectGradient("dinp", loss, inp, dinp);
  expectGradient("dweight", loss, weight, dweight);
});
