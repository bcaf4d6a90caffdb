// out[r, n] += scale · Σ_j low[r, j] weight[n, j]
//   LoRA (Hu et al., 2106.09685) adds scale · B (A x) to W x: out holds W x already, low is A x, weight is B [N, R].
//   low [rows, R] and out [rows, N] are columns of wider rows, from an offset on. Accumulates.
//   A workgroup computes 32 rows × 64 columns; each invocation keeps 8 rows × 4 columns in registers. Training and decoding
//   use this one kernel, in which a row does not depend on others, so their bits agree.
#include "lib/extent.wgsl"
#include "lib/multiply_add.wgsl"

struct Params {
  rank4: u32,        // R / 4
  columns4: u32,     // N / 4
  low_stride4: u32,  // columns of low's rows / 4
  low_offset4: u32,
  out_stride4: u32,  // columns of out's rows / 4
  out_offset4: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> low: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<uniform> extent: Extent;
@group(0) @binding(4) var<uniform> params: Params;

const ROWS = 8u;
const LANES_X = 16u;
const LANES_Y = 4u;

@compute @workgroup_size(LANES_X, LANES_Y)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) lane: vec3u) {
  let first_row = (group.y * LANES_Y + lane.y) * ROWS;
  let column4 = group.x * LANES_X + lane.x;
  if (first_row >= extent.rows || column4 >= params.columns4) {
    return;
  }
  // Rows beyond the edge read the last one instead; what they compute lands nowhere.
  var row: array<u32, ROWS>;
  for (var i = 0u; i < ROWS; i++) {
    row[i] = min(first_row + i, extent.rows - 1u) * params.low_stride4 + params.low_offset4;
  }
  let first_weight = column4 * 4u * params.rank4;
  var acc: array<vec4f, ROWS>;
  for (var j4 = 0u; j4 < params.rank4; j4++) {
    let b = transpose(mat4x4f(
      weight[first_weight + j4],
      weight[first_weight + params.rank4 + j4],
      weight[first_weight + 2u * params.rank4 + j4],
      weight[first_weight + 3u * params.rank4 + j4],
    ));
    for (var i = 0u; i < ROWS; i++) {
      acc[i] = multiply_add(acc[i], low[row[i] + j4], b[0], b[1], b[2], b[3]);
    }
  }
  // A constant bound, so that acc stays in registers.
  for (var i = 0u; i < ROWS; i++) {
    if (first_row + i < extent.rows) {
      let index = (first_row + i) * params.out_stride4 + params.out_offset4 + column4;
      out[index] = fma(vec4f(params.scale), acc[i], out[index]);
    }
  }
}
