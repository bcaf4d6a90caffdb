// The input of a matmul is a buffer that goes through RMSNorm first: the same arithmetic as rmsnorm/forward, in the
// same order, so the bits agree with it. Whoever opens a row finds the row's scale.
#include "lib/inv_rms.wgsl"

struct RowState {
  scale: f32,
}

fn open_row(row: u32) -> RowState {
  var squares = vec4f();
  for (var k4 = 0u; k4 < params.inner4; k4++) {
    let x = inp[row * params.inner4 + k4];
    squares = fma(x, x, squares);
  }
  return RowState(inv_rms(squares, params.inner4 * 4u, params.eps));
}

fn load_input(row: u32, k4: u32, state: RowState) -> vec4f {
  return normalize4(inp[row * params.inner4 + k4], state.scale, norm_weight[k4]);
}
