// silu(x) = x / (1 + e⁻ˣ)
fn silu4(x: vec4f) -> vec4f {
  return x / (1.0 + exp(-x));
}
