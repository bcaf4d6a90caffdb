// 1 / √(mean(x²) + eps) from Σ x², which is kept as four partial sums, one for each lane of a vec4.
fn inv_rms(squares: vec4f, width: u32, eps: f32) -> f32 {
  let total = (squares.x + squares.y) + (squares.z + squares.w);
  return inverseSqrt(total / f32(width) + eps);
}

// The normalised value, rounded in the same order wherever it is needed.
fn normalize4(x: vec4f, scale: f32, weight: vec4f) -> vec4f {
  return (x * scale) * weight;
}
