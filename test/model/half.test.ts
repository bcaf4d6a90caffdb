import { expect, test } from "vitest";
import { fromHalf, LARGEST_HALF, toHalves } from "../../src/model/half.ts";
import { normals } from "../support/random.ts";

const halfOf = (value: number) => toHalves(Float32Array.of(value))[0]!;

test("every half comes back as it was, NaN as NaN", () => {
  const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
  const back = toHalves(Float32Array.from(all, fromHalf));
  for (const bits of all) {
    const isNan = (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
    if (isNan) expect(fromHalf(back[bits]!)).toBeNaN();
    else expect(back[bits]).toBe(bits);
  }
});

test("between two halves the nearer one is taken, halfway the even one", () => {
  for (let bits = 0; bits < 0x7bff; bits += 7) {
    const [low, high] = [fromHalf(bits), fromHalf(bits + 1)];
    const middle = (low + high) / 2;
    expect(halfOf(middle)).toBe(bits % 2 === 0 ? bits : bits + 1);
    // A quarter of the step off, also in the range where halves have the fewest bits.
    expect(halfOf(low + (high - low) / 4)).toBe(bits);
    expect(halfOf(high - (high - low) / 4)).toBe(bits + 1);
    expect(halfOf(-middle)).toBe(0x8000 | halfOf(middle));
  }
});

test("what is beyond the largest half becomes infinite, halfway to the next and further", () => {
  expect(fromHalf(halfOf(LARGEST_HALF))).toBe(LARGEST_HALF);
  expect(fromHalf(halfOf(65_519))).toBe(LARGEST_HALF);
  expect(fromHalf(halfOf(65_520))).toBe(Number.POSITIVE_INFINITY);
  expect(fromHalf(halfOf(Number.NEGATIVE_INFINITY))).toBe(Number.NEGATIVE_INFINITY);
  expect(halfOf(-0)).toBe(0x8000);
});

test("numbers of the order of one are rounded by less than 2⁻¹¹ of themselves", () => {
  const values = normals(1, 1000);
  for (const [i, half] of toHalves(values).entries()) {
    expect(Math.abs(fromHalf(half) - values[i]!)).toBeLessThanOrEqual(Math.abs(values[i]!) * 2 ** -11);
  }
});
