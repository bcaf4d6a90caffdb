// dweight[n, k] (+)= Σ_r dout[r, n] inp[r, k]   over the rows of one slab
//   dout [rows, N] with its own row stride, inp [rows, K], dweight: slab group.z, [N, K]. Accumulates where
//   extent.accumulate is 1. A workgroup computes 32 rows × 64 columns of dweight; each invocation keeps 8 × 4 of them in
//   registers and reads what it needs straight from storage, trusting the cache.
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

const LANES_X = 16u;
const LANES_Y = 4u;

@compute @workgroup_size(LANES_X, LANES_Y)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) lane: vec3u) {
  let first_n4 = (group.y * LANES_Y + lane.y) * 2u;  // eight rows of dweight, as two vec4 of dout
  let column4 = group.x * LANES_X + lane.x;
  let n4_low = min(first_n4, params.dout_stride4 - 1u);
  let n4_high = min(first_n4 + 1u, params.dout_stride4 - 1u);
  let column = min(column4, params.columns4 - 1u);
  let range = slab_rows(group.z);

  var acc: array<vec4f, 8>;
  for (var row = range.begin; row < range.end; row++) {
    let low = dout[row * params.dout_stride4 + n4_low];
    let high = dout[row * params.dout_stride4 + n4_high];
    let x = inp[row * params.columns4 + column];
    for (var i = 0u; i < 4u; i++) {
      acc[i] = fma(vec4f(low[i]), x, acc[i]);
      acc[4u + i] = fma(vec4f(high[i]), x, acc[4u + i]);
    }
  }
  for (var i = 0u; i < 8u; i++) {
    store_output(group.z, first_n4 * 4u + i, column4, acc[i]);
  }
}
