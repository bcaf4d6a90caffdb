import { addScaled, dot, rowOf } from "./vector.ts";

/** Σ_s slab[s, :]: the gradient, of which every slab holds the part of its own rows. */
export function reduceSlabs(slabs: Float64Array, count: number): Float64Array {
  const width = slabs.length / count;
  const sum = new Float64Array(width);
  for (let s = 0; s < count; s++) addScaled(sum, 1, rowOf(slabs, s, width));
  return sum;
}

/**
 * The gradient's global norm, and what to multiply the gradient with so that its norm is at most `limit`
 * (Pascanu et al., 1211.5063): min(1, limit / (norm + 1e-6)) as in PyTorch; 1 where limit ≤ 0, which means no clipping;
 * 0, which skips the step, where the norm is not finite.
 */
export function gradientNorm(gradient: Float64Array, limit: number) {
  const norm = Math.sqrt(dot(gradient, gradient));
  if (!Number.isFinite(norm)) return { norm, scale: 0 };
  return { norm, scale: limit > 0 ? Math.min(1, limit / (norm + 1e-6)) : 1 };
}
