// dinp[r, k] = Σ_n dout[r, n] weight[n, k]
//   dout [rows, N] with its own row stride, zero from N to the stride; weight [N, K]; dinp [rows, K]. Overwrites.
//   A workgroup computes a 64 × 64 tile from strips of 16 terms of n that it copies to workgroup memory; each of its
//   256 invocations keeps 4 rows × 4 columns in registers.
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

const TILE = 64u;
const LANES = 16u;  // per side of the workgroup
const STRIP = 16u;  // terms of n
var<workgroup> dout_tile: array<vec4f, 256>;    // [TILE rows][STRIP / 4]
var<workgroup> weight_tile: array<vec4f, 256>;  // [STRIP][TILE columns / 4]

@compute @workgroup_size(LANES, LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let tile_row = group.y * TILE;
  if (tile_row >= extent.rows) {
    return;
  }
  // While copying, an invocation serves one vec4 of each tile.
  let copy_n4 = index % 4u;
  let copy_row = min(tile_row + index / 4u, extent.rows - 1u) * params.dout_stride4;

  var acc: array<vec4f, 4>;
  for (var n = 0u; n < params.inner; n += STRIP) {
    // Beyond the end of n the factor dout is zero, and adding zero changes no bits.
    let n4 = n / 4u + copy_n4;
    dout_tile[index] = select(vec4f(), dout[copy_row + min(n4, params.dout_stride4 - 1u)], n4 < params.dout_stride4);
    weight_tile[index] = load_weight(n + index / LANES, group.x * LANES + index % LANES);
    workgroupBarrier();
    for (var s = 0u; s < STRIP; s += 4u) {
      let b0 = weight_tile[s * LANES + lane.x];
      let b1 = weight_tile[(s + 1u) * LANES + lane.x];
      let b2 = weight_tile[(s + 2u) * LANES + lane.x];
      let b3 = weight_tile[(s + 3u) * LANES + lane.x];
      for (var i = 0u; i < 4u; i++) {
        acc[i] = multiply_add(acc[i], dout_tile[(lane.y * 4u + i) * 4u + s / 4u], b0, b1, b2, b3);
      }
    }
    workgroupBarrier();
  }

  let column4 = group.x * LANES + lane.x;
  if (column4 >= params.columns4) {
    return;
  }
  for (var i = 0u; i < 4u; i++) {
    let row = tile_row + lane.y * 4u + i;
    if (row < extent.rows) {
      store_output(row * params.columns4 + column4, acc[i]);
    }
  }
}
