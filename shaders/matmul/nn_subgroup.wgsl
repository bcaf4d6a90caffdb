// dinp[r, k] = Σ_n dout[r, n] weight[n, k]
//   dout [rows, N] with its own row stride, zero from N to the stride; weight [N, K]; dinp [rows, K]. Overwrites.
//   For adapters with subgroups of eight lanes or more. A workgroup computes ROWS rows × 4·LANES columns; each lane
//   keeps ROWS rows × 4 columns in registers. A row of dout is wanted by every lane, so each lane fetches only
//   two of the rows and the subgroup hands them around.
enable subgroups;
#include "lib/extent.wgsl"
#include "lib/multiply_add.wgsl"

struct Params {
  inner: u32,         // N
  columns4: u32,      // K / 4
  dout_stride4: u32,  // columns of dout's rows / 4
}

@group(0) @binding(0) var<storage, read> dout: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dinp: array<vec4f>;
@group(0) @binding(3) var<uniform> extent: Extent;
@group(0) @binding(4) var<uniform> params: Params;

#include "matmul/lib/nn_edges.wgsl"

const ROWS = 16u;
override LANES: u32 = 16u;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
) {
  let first_row = group.y * ROWS;
  if (first_row >= extent.rows) {
    return;
  }
  let column4 = group.x * LANES + lane;
  var row: array<u32, 2>;
  for (var half = 0u; half < 2u; half++) {
    row[half] = min(first_row + half * 8u + subgroup_lane % 8u, extent.rows - 1u) * params.dout_stride4;
  }
  var acc: array<vec4f, ROWS>;
  for (var n = 0u; n < params.inner; n += 4u) {
    let b0 = load_weight(n, column4);
    let b1 = load_weight(n + 1u, column4);
    let b2 = load_weight(n + 2u, column4);
    let b3 = load_weight(n + 3u, column4);
    for (var half = 0u; half < 2u; half++) {
      let mine = dout[row[half] + n / 4u];
      for (var i = 0u; i < 8u; i++) {
        acc[half * 8u + i] = multiply_add(acc[half * 8u + i], subgroupShuffle(mine, i), b0, b1, b2, b3);
      }
    }
  }
  if (column4 >= params.columns4) {
    return;
  }
  // A constant bound, so that acc stays in registers.
  for (var i = 0u; i < ROWS; i++) {
    if (first_row + i < extent.rows) {
      store_output((first_row + i) * params.columns4 + column4, acc[i]);
    }
  }
}
