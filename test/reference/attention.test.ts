import { describe, expect, test } from "vitest";
import { expectGradient, weightedSum } from "../support/gradient-check.ts";
import { normals } from "../support/random.ts";
import { attentionBackward, attentionForward } from "./attention.ts";

describe("attention", () => {
  test.each([
    { heads: 4, keyHeads: 2, headDim: 8 },
    { heads: 3, keyHeads: 1, headDim: 8 },
    { heads: 2, keyHeads: 2, headDim: 16 },
  ])("gradient of the reference, $heads heads over $keyHeads of $headDim", (layout) => {
    const lengths = [1, 5, 3];
    const width = (layout.heads + 2 * layout.keyHeads) * layout.headDim;
    const qkv = Float64Array.from(normals(1, 9 * width));
    const dout = Float64Array.from(normals(2, 9 * layout.heads * layout.headDim));
    const loss = () => weightedSum(attentionForward(qkv, lengths, layout).out, dout);
    expectGradient("dqkv", loss, qkv, attentionBackward(qkv, lengths, layout, dout));
  });

  test("a row sees its own sequence only, and nothing that comes later", () => {
    const layout = { heads: 1, keyHeads: 1, headDim: 8 };
    const qkv = Float64Array.from(normals(1, 6 * 24));
    const before = attentionForward(qkv, [3, 3], layout).out;
    qkv.fill(100, 4 * 24, 5 * 24); // the second row of the second sequence
    const after = attentionForward(qkv, [3, 3], layout).out;
    const changed = Array.from({ length: 6 }, (_, row) => before[row * 8] !== after[row * 8]);
    expect(changed).toEqual([false, false, false, false, true, true]);
  });
});
