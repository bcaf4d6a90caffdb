// Beyond row N the last row is read again; dout is zero there. Weights may be f32 or f16.
fn load_weight(n: u32, column4: u32) -> vec4f {
  return vec4f(weight[min(n, params.inner - 1u) * params.columns4 + min(column4, params.columns4 - 1u)]);
}

fn store_output(index: u32, value: vec4f) {
  dinp[index] = value;
}
