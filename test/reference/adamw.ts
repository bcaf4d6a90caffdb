export interface AdamwState {
  readonly weight: Float64Array;
  readonly firstMoment: Float64Array;
  readonly secondMoment: Float64Array;
}

export interface AdamwRule {
  readonly rate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly decay: number;
}

/**
 * Update number t = 1, 2, … of AdamW (Loshchilov & Hutter, 1711.05101), with g = gradient · scale:
 *   m = β₁m + (1 − β₁)g,   v = β₂v + (1 − β₂)g²          running averages that start from zero …
 *   m̂ = m / (1 − β₁ᵗ),   v̂ = v / (1 − β₂ᵗ)             … and here are freed of that start
 *   weight −= rate · (m̂ / (√v̂ + eps) + decay · weight)
 * A scale of 0 means that the step is skipped: nothing changes.
 */
export function adamwStep(
  state: AdamwState,
  gradient: Float64Array,
  scale: number,
  rule: AdamwRule,
  t: number,
): AdamwState {
  if (scale === 0) return state;
  const { rate, beta1, beta2, eps, decay } = rule;
  const g = gradient.map((value) => value * scale);
  const firstMoment = state.firstMoment.map((m, i) => beta1 * m + (1 - beta1) * g[i]!);
  const secondMoment = state.secondMoment.map((v, i) => beta2 * v + (1 - beta2) * g[i]! ** 2);
  const weight = state.weight.map((w, i) => {
    const mean = firstMoment[i]! / (1 - beta1 ** t);
    const square = secondMoment[i]! / (1 - beta2 ** t);
    return w - rate * (mean / (Math.sqrt(square) + eps) + decay * w);
  });
  return { weight, firstMoment, secondMoment };
}
