// With σ = 1 / (1 + e^−gate):
//   dgate[r, f] = dout[r, f] · up[r, f] · σ · (1 + gate[r, f] · (1 − σ))
//   dup[r, f]   = dout[r, f] · gate[r, f] · σ
//   inp, dinp [rows, 2F], gate in the first F columns; dout [rows, F]. One invocation takes four columns of one row.
//   Overwrites.
#include "lib/extent.wgsl"
#include "lib/grid.wgsl"

struct Params {
  width4: u32,  // F / 4
}

@group(0) @binding(0) var<storage, read> inp: array<vec4f>;
@group(0) @binding(1) var<storage, read> dout: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dinp: array<vec4f>;
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
  let at = index + row * params.width4;
  let gate = inp[at];
  let up = inp[at + params.width4];
  let sigma = 1.0 / (1.0 + exp(-gate));
  let d = dout[index];
  dinp[at] = d * up * sigma * (1.0 + gate * (1.0 - sigma));
  dinp[at + params.width4] = d * gate * sigma;
}
