import { expect, test } from "vitest";
import { expectGradient, weightedSum } from "../support/gradient-check.ts";
import { normals } from "../support/random.ts";
import { ropeBackward, ropeForward } from "./rope.ts";
import { dot } from "./vector.ts";

const THETA = 10_000;

test("rope: gradients of the reference", () => {
  const layout = { heads: 2, keyHeads: 1, headDim: 8 };
  const position = Uint32Array.of(0, 1, 5, 300);
  const qkv = Float64Array.from(normals(1, 4 * 32));
  const bias = Float64Array.from(normals(2, 32));
  const dout = Float64Array.from(normals(3, 4 * 32));
  const { dqkv, dbias } = ropeBackward(dout, position, layout, THETA);
  const loss = () => weightedSum(ropeForward(qkv, bias, position, layout, THETA), dout);
  expectGradient("dqkv", loss, qkv, dqkv);
  expectGradient("dbias", loss, bias, dbias);
});

test("rope: a score depends on the distance of its positions only", () => {
  const layout = { heads: 1, keyHeads: 1, headDim: 8 };
  const row = Float64Array.from(normals(1, 24));
  const bias = new Float64Array(24);
  const score = (query: number, key: number) => {
    const q = ropeForward(row, bias, Uint32Array.of(query), layout, THETA).subarray(0, 8);
    const k = ropeForward(row, bias, Uint32Array.of(key), layout, THETA).subarray(8, 16);
    return dot(q, k);
  };
  expect(score(17, 12)).toBeCloseTo(score(5, 0), 12);
  expect(score(17, 12)).not.toBeCloseTo(score(17, 13), 3);
});
