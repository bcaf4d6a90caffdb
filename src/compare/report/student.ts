/**
 * How many standard errors around a mean it takes to hold the true value with this confidence: Student's t, two-sided.
 * With t = √ν · tan θ its density is cos^(ν−1) θ over θ in (−π/2, π/2), which is summed in slices.
 * @param freedom ν, from 1; need not be whole
 */
export function studentQuantile(confidence: number, freedom: number): number {
  const slices = 512;
  const slice = Math.PI / 2 / slices;
  const weights = Array.from({ length: slices }, (_, i) => Math.cos((i + 0.5) * slice) ** (freedom - 1));
  let left = confidence * weights.reduce((sum, weight) => sum + weight, 0);
  const last = weights.findIndex((weight) => {
    left -= weight;
    return left <= 0;
  });
  const angle = (last + 1 + left / weights[last]!) * slice;
  return Math.sqrt(freedom) * Math.tan(angle);
}
