// out[r, :] = weight[token[r], :]
//   embedding/forward for weights in half precision: token [rows], weight [V, C], out [rows, C] in f32. One invocation
//   copies four channels of one row. Overwrites.
enable f16;
#include "lib/extent.wgsl"
#include "lib/grid.wgsl"

struct Params {
  width4: u32,  // C / 4
}

@group(0) @binding(0) var<storage, read> token: array<u32>;
@group(0) @binding(1) var<storage, read> weight: array<vec4h>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<uniform> extent: Extent;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = linear_group(group, groups) * 64u + lane;
  let row = index / params.width4;
  if (row >= extent.rows) {
    return;
  }
  out[index] = vec4f(weight[token[row] * params.width4 + index % params.width4]);
}
