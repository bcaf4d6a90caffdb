// dweight[n, j] (+)= scale · Σ_r dout[r, n] low[r, j]   over the rows of one slab
//   dout [rows, N] and low [rows, R] are columns of wider rows, from an offset on; dweight, the gradient of B: slab group.z,
//   [N, R]. Accumulates where extent.accumulate is 1. One invocation computes 4 rows × 4 columns of dweight.
#include "lib/extent.wgsl"
#include "lib/slab.wgsl"

struct Params {
  rank4: u32,         // R / 4
  columns4: u32,      // N / 4
  low_stride4: u32,   // columns of low's rows / 4
  low_offset4: u32,
  out_stride4: u32,   // columns of dout's rows / 4
  out_offset4: u32,
  scale: f32,
  slabs: u32,
  slab_stride4: u32,  // distance between slabs, in vec4
}

@group(0) @binding(0) var<storage, read> dout: array<vec4f>;
@group(0) @binding(1) var<storage, read> low: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dweight: array<vec4f>;
@group(0) @binding(3) var<uniform> extent: Extent;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = group.x * 64u + lane;
  let n4 = index / params.rank4;
  let j4 = index % params.rank4;
  if (n4 >= params.columns4) {
    return;
  }
  let chunk = slab_size(extent.rows, params.slabs);
  let begin = min(group.z * chunk, extent.rows);
  let end = min(begin + chunk, extent.rows);

  var acc: array<vec4f, 4>;
  for (var row = begin; row < end; row++) {
    let d = dout[row * params.out_stride4 + params.out_offset4 + n4];
    let x = low[row * params.low_stride4 + params.low_offset4 + j4];
    for (var i = 0u; i < 4u; i++) {
      acc[i] = fma(vec4f(d[i]), x, acc[i]);
    }
  }
  for (var i = 0u; i < 4u; i++) {
    let slot = group.z * params.slab_stride4 + (n4 * 4u + i) * params.rank4 + j4;
    if (extent.accumulate == 1u) {
      dweight[slot] += params.scale * acc[i];
    } else {
      dweight[slot] = params.scale * acc[i];
    }
  }
}
