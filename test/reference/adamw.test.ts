import { describe, expect, test } from "vitest";
import { type AdamwState, adamwStep } from "./adamw.ts";

const RULE = { rate: 0.01, beta1: 0.9, beta2: 0.99, eps: 1e-8, decay: 0 };

function stateOf(weight: number[]): AdamwState {
  const zeros = new Float64Array(weight.length);
  return { weight: Float64Array.from(weight), firstMoment: zeros, secondMoment: zeros };
}

describe("adamw", () => {
  test("under a constant gradient every step moves each weight by the rate, from the first on", () => {
    const gradient = Float64Array.of(5, -0.001);
    let state = stateOf([1, 1]);
    for (let t = 1; t <= 5; t++) {
      state = adamwStep(state, gradient, 1, RULE, t);
      expect(state.weight[0]).toBeCloseTo(1 - t * 0.01, 9);
      expect(state.weight[1]).toBeCloseTo(1 + t * 0.01, 6); // eps counts a little here
    }
  });

  test("decay shrinks a weight that has no gradient, and is not averaged", () => {
    const state = adamwStep(stateOf([2, -3]), new Float64Array(2), 1, { ...RULE, decay: 0.1 }, 1);
    expect([...state.weight]).toEqual([2 - 0.01 * 0.1 * 2, -3 + 0.01 * 0.1 * 3]);
    expect([...state.firstMoment, ...state.secondMoment]).toEqual([0, 0, 0, 0]);
  });

  test("the scale multiplies the gradient; zero skips the step", () => {
    const start = stateOf([1, 1]);
    const gradient = Float64Array.of(4, -8);
    const halved = gradient.map((g) => g / 2);
    expect(adamwStep(start, gradient, 0.5, RULE, 1)).toEqual(adamwStep(start, halved, 1, RULE, 1));
    expect(adamwStep(start, gradient, 0, { ...RULE, decay: 0.1 }, 1)).toEqual(start);
  });
});
