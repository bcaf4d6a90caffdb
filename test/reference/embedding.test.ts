import { test } from "vitest";
import { expectGradient, weightedSum } from "../support/gradient-check.ts";
import { normals } from "../support/random.ts";
import { embeddingBackward, embeddingForward } from "./embedding.ts";

test("embedding: gradient of the reference", () => {
  const token = Uint32Array.of(3, 1, 3, 0, 3); // token 2 does not occur, token 3 three times
  const weight = Float64Array.from(normals(1, 4 * 6));
  const dout = Float64Array.from(normals(2, token.length * 6));
  const loss = () => weightedSum(embeddingForward(token, weight, 6), dout);
  expectGradient("dweight", loss, weight, embeddingBackward(token, dout, 6, 4));
});
