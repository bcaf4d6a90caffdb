// Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11): a counter-based generator, so a
// number depends on its counter and key alone, never on the order in which numbers are drawn. The twin of
// src/random.ts; both are held to the published known-answer vectors.
struct WideProduct {
  high: u32,
  low: u32,
}

fn wide_multiply(a: u32, b: u32) -> WideProduct {
  let a_low = a & 0xffffu;
  let a_high = a >> 16u;
  let b_low = b & 0xffffu;
  let b_high = b >> 16u;
  let low = a_low * b_low;
  let middle = a_high * b_low + (low >> 16u);
  let carry = a_low * b_high + (middle & 0xffffu);
  return WideProduct(a_high * b_high + (middle >> 16u) + (carry >> 16u), a * b);
}

fn philox(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let p0 = wide_multiply(0xd2511f53u, c.x);
    let p1 = wide_multiply(0xcd9e8d57u, c.z);
    c = vec4u(p1.high ^ c.y ^ k.x, p1.low, p0.high ^ c.w ^ k.y, p0.low);
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

// A number in [0, 1) with 24 random bits.
fn uniform_from(bits: u32) -> f32 {
  return f32(bits >> 8u) * 0x1p-24;
}
