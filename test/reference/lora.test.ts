import { expect, test } from "vitest";
import { expectGradient, weightedSum } from "../support/gradient-check.ts";
import { normals } from "../support/random.ts";
import { loraBackward, loraForward } from "./lora.ts";
import { linearForward } from "./matmul.ts";

const wide = (seed: number, count: number) => Float64Array.from(normals(seed, count));
const inp = wide(1, 3 * 8);
const layer = {
  weight: wide(2, 6 * 8),
  down: wide(3, 4 * 8),
  up: wide(4, 6 * 4),
  inputs: 8,
  rank: 4,
  scale: 0.7,
};

test("lora: gradients of the reference", () => {
  const dout = wide(5, 3 * 6);
  const { dup, ddown, dinp } = loraBackward(inp, layer, dout);
  const loss = () => weightedSum(loraForward(inp, layer).out, dout);
  expectGradient("dinp", loss, inp, dinp);
  expectGradient("dup", loss, layer.up, dup);
  expectGradient("ddown", loss, layer.down, ddown);
});

test("lora: is the linear layer of the weight W + scale · B A", () => {
  const merged = layer.weight.map((value, i) => {
    const [row, column] = [Math.floor(i / 8), i % 8];
    let product = 0;
    for (let j = 0; j < 4; j++) product += layer.up[row * 4 + j]! * layer.down[j * 8 + column]!;
    return value + layer.scale * product;
  });
  const expected = linearForward(inp, merged, 8);
  const { out } = loraForward(inp, layer);
  for (const [i, value] of expected.entries()) expect(out[i]).toBeCloseTo(value, 12);
});
