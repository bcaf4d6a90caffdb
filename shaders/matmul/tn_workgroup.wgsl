// dweight[n, k] (+)= Σ_r dout[r, n] inp[r, k]   over the rows of one slab
//   dout [rows, N] with its own row stride, inp [rows, K], dweight: slab group.z, [N, K]. Accumulates where
//   extent.accumulate is 1. A workgroup computes a 64 × 64 tile of dweight from strips of 16 rows that it copies to
//   workgroup memory; each of its 256 invocations keeps 4 × 4 of them in registers.
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

const LANES = 16u;  // per side of the workgroup
const STRIP = 16u;  // rows
var<workgroup> dout_tile: array<vec4f, 256>;  // [STRIP][64 / 4]
var<workgroup> inp_tile: array<vec4f, 256>;   // [STRIP][64 / 4]

@compute @workgroup_size(LANES, LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  // While copying, an invocation serves one vec4 of each tile.
  let copy_row = index / LANES;
  let copy_n4 = min(group.y * LANES + index % LANES, params.dout_stride4 - 1u);
  let copy_column4 = min(group.x * LANES + index % LANES, params.columns4 - 1u);
  let range = slab_rows(group.z);

  var acc: array<vec4f, 4>;
  for (var first = range.begin; first < range.end; first += STRIP) {
    // Beyond the last row dout counts as zero, and adding zero changes no bits.
    let row = min(first + copy_row, range.end - 1u);
    dout_tile[index] = select(vec4f(), dout[row * params.dout_stride4 + copy_n4], first + copy_row < range.end);
    inp_tile[index] = inp[row * params.columns4 + copy_column4];
    workgroupBarrier();
    for (var s = 0u; s < STRIP; s++) {
      let d = dout_tile[s * LANES + lane.y];
      let x = inp_tile[s * LANES + lane.x];
      acc[0] = fma(vec4f(d.x), x, acc[0]);
      acc[1] = fma(vec4f(d.y), x, acc[1]);
      acc[2] = fma(vec4f(d.z), x, acc[2]);
      acc[3] = fma(vec4f(d.w), x, acc[3]);
    }
    workgroupBarrier();
  }
  let column4 = group.x * LANES + lane.x;
  for (var i = 0u; i < 4u; i++) {
    store_output(group.z, (group.y * LANES + lane.y) * 4u + i, column4, acc[i]);
  }
}
