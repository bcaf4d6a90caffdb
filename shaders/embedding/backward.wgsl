// dweight[v, :] += Σ_{r : token[r] = v} dout[r, :]
//   The host sorts the rows by their token: run u is token run_token[u] with the rows
//   order[run_begin[u] .. run_begin[u + 1]). One invocation sums four channels of one run, in row order, so no
//   atomics are needed. Always accumulates: with tied embeddings the head's gradient is there
//   already; without, the host cleared it (model/training-pass.ts).
#include "lib/extent.wgsl"
#include "lib/grid.wgsl"

struct Params {
  width4: u32,  // C / 4
}

@group(0) @binding(0) var<storage, read> dout: array<vec4f>;
@group(0) @binding(1) var<storage, read> order: array<u32>;
@group(0) @binding(2) var<storage, read> run_token: array<u32>;
@group(0) @binding(3) var<storage, read> run_begin: array<u32>;
@group(0) @binding(4) var<storage, read_write> dweight: array<vec4f>;
@group(0) @binding(5) var<uniform> extent: Extent;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = linear_group(group, groups) * 64u + lane;
  let run = index / params.width4;
  if (run >= extent.runs) {
    return;
  }
  let channel = index % params.width4;
  var sum = vec4f();
  for (var i = run_begin[run]; i < run_begin[run + 1u]; i++) {
    sum += dout[order[i] * params.width4 + channel];
  }
  dweight[run_token[run] * params.width4 + channel] += sum;
}
