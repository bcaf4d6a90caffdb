// acc[j] + Σ_i a[i] b_i[j] for four terms i, added one by one in ascending order. Every matmul variant sums this way,
// so every variant gives the same bits, and choosing one by its speed never changes a result.
fn multiply_add(acc: vec4f, a: vec4f, b0: vec4f, b1: vec4f, b2: vec4f, b3: vec4f) -> vec4f {
  return fma(vec4f(a.w), b3, fma(vec4f(a.z), b2, fma(vec4f(a.y), b1, fma(vec4f(a.x), b0, acc))));
}
