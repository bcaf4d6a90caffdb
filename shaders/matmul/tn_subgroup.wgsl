// dweight[n, k] (+)= Σ_r dout[r, n] inp[r, k]   over the rows of one slab
//   dout [rows, N] with its own row stride, inp [rows, K], dweight: slab group.z, [N, K]. Accumulates where
//   extent.accumulate is 1. For adapters with subgroups of eight lanes or more. A workgroup computes 16 rows × 4·LANES
//   columns of dweight; each lane keeps 16 × 4 of them in registers. Eight rows of dout are wanted by every lane, so
//   each lane fetches one of them and the subgroup hands them around.
enable subgroups;
#include "lib/extent.wgsl"
#include "lib/slab.wgsl"

struct Params {
  outputs: u32,       // N
  columns4: u32,      // K / 4
  dout_stride4: u32,  // columns of dout's rows / 4
  slabs: u32,
  slab_stride4: u32,  // distance between slabs, in vec4
}

@group(0) @binding(0) var<storage, read> dout: array<vec4f>;
@group(0) @binding(1) var<storage, read> inp: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dweight: array<vec4f>;
@group(0) @binding(3) var<uniform> extent: Extent;
@group(0) @binding(4) var<uniform> params: Params;

#include "matmul/lib/tn_slab.wgsl"

override LANES: u32 = 16u;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
) {
  let first_n4 = group.y * 4u;  // sixteen rows of dweight, as four vec4 of dout
  let column4 = group.x * LANES + lane;
  let column = min(column4, params.columns4 - 1u);
  let range = slab_rows(group.z);

  var acc: array<vec4f, 16>;
  for (var row = range.begin; row < range.end; row += 8u) {
    let shared_row = row + subgroup_lane % 8u;
    let inside = shared_row < range.end;
    var mine: array<vec4f, 4>;
    for (var q = 0u; q < 4u; q++) {
      let n4 = min(first_n4 + q, params.dout_stride4 - 1u);
      // Beyond the last row dout counts as zero, and adding zero changes no bits.
      mine[q] = select(vec4f(), dout[min(shared_row, range.end - 1u) * params.dout_stride4 + n4], inside);
    }
    for (var i = 0u; i < 8u; i++) {
      let x = inp[min(row + i, range.end - 1u) * params.columns4 + column];
      for (var q = 0u; q < 4u; q++) {
        let d = subgroupShuffle(mine[q], i);
        acc[4u * q] = fma(vec4f(d.x), x, acc[4u * q]);
        acc[4u * q + 1u] = fma(vec4f(d.y), x, acc[4u * q + 1u]);
        acc[4u * q + 2u] = fma(vec4f(d.z), x, acc[4u * q + 2u]);
        acc[4u * q + 3u] = fma(vec4f(d.w), x, acc[4u * q + 3u]);
      }
    }
  }
  for (var i = 0u; i < 16u; i++) {
    store_output(group.z, first_n4 * 4u + i, column4, acc[i]);
  }
}
