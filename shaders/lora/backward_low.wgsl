// dlow[r, j] = scale · Σ_n dout[r, n] weight[n, j]
//   weight is B [N, R]; dlow [rows, R] and dout [rows, N] are columns of wider rows, from an offset on. Overwrites.
//   One invocation computes 4 rows × 4 columns.
#include "lib/extent.wgsl"
#include "lib/grid.wgsl"
#include "lib/multiply_add.wgsl"

struct Params {
  rank4: u32,         // R / 4
  columns4: u32,      // N / 4
  low_stride4: u32,   // columns of dlow's rows / 4
  low_offset4: u32,
  out_stride4: u32,   // columns of dout's rows / 4
  out_offset4: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> dout: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dlow: array<vec4f>;
@group(0) @binding(3) var<uniform> extent: Extent;
@group(0) @binding(4) var<uniform> params: Params;

const ROWS = 4u;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = linear_group(group, groups) * 64u + lane;
  let first_row = index / params.rank4 * ROWS;
  let j4 = index % params.rank4;
  if (first_row >= extent.rows) {
    return;
  }
  // Rows beyond the edge read the last one instead; what they compute lands nowhere.
  var row: array<u32, ROWS>;
  for (var i = 0u; i < ROWS; i++) {
    row[i] = min(first_row + i, extent.rows - 1u) * params.out_stride4 + params.out_offset4;
  }
  var acc: array<vec4f, ROWS>;
  for (var n4 = 0u; n4 < params.columns4; n4++) {
    let at = n4 * 4u * params.rank4 + j4;
    let b0 = weight[at];
    let b1 = weight[at + params.rank4];
    let b2 = weight[at + 2u * params.rank4];
    let b3 = weight[at + 3u * params.rank4];
    for (var i = 0u; i < ROWS; i++) {
      acc[i] = multiply_add(acc[i], dout[row[i] + n4], b0, b1, b2, b3);
    }
  }
  for (var i = 0u; i < ROWS; i++) {
    if (first_row + i < extent.rows) {
      dlow[(first_row + i) * params.low_stride4 + params.low_offset4 + j4] = params.scale * acc[i];
    }
  }
}
