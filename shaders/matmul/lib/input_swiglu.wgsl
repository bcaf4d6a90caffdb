// The input of a matmul is silu(gate) · up of a buffer [rows, 2K], as in swiglu/forward.
#include "lib/silu.wgsl"

struct RowState {
  unused: f32,
}

fn open_row(row: u32) -> RowState {
  return RowState(0.0);
}

fn load_input(row: u32, k4: u32, state: RowState) -> vec4f {
  let gate = row * 2u * params.inner4 + k4;
  return silu4(inp[gate]) * inp[gate + params.inner4];
}
