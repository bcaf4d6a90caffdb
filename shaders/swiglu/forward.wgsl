// out[r, f] = silu(gate[r, f]) · up[r, f]
//   inp [rows, 2F] holds gate in its first F columns and up in the others; out [rows, F].
//   One invocation takes four columns of one row. Overwrites.
#include "lib/extent.wgsl"
#include "lib/grid.wgsl"
#include "lib/silu.wgsl"

struct Params {
  width4: u32,  // F / 4
}

@group(0) @binding(0) var<storage, read> inp: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> extent: Extent;
@group(0) @binding(3) var<uniform> params: Params;

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
  let gate = index + row * params.width4;
  out[index] = silu4(inp[gate]) * inp[gate + params.width4];
}
