// cache[s, p, :] = the keys and values of row begin[s] + p of a packed batch, for the positions p < length[s]
//   Copies the prefilled prompt to every sequence that starts with it. qkv [rows, (H + 2K) D], after rope/forward;
//   begin, length [sequences]; cache [sequences, positions, 2, K D]: keys, then values. One invocation copies four channels.
#include "lib/extent.wgsl"
#include "lib/grid.wgsl"

struct Params {
  qkv4: u32,        // (H + 2K) D / 4
  key_value4: u32,  // 2 K D / 4, at the end of a row of qkv
  positions: u32,   // capacity of the cache per sequence
  filled: u32,      // positions that the longest prompt fills
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> begin: array<u32>;
@group(0) @binding(2) var<storage, read> length: array<u32>;
@group(0) @binding(3) var<storage, read_write> cache: array<vec4f>;
@group(0) @binding(4) var<uniform> extent: Extent;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = linear_group(group, groups) * 64u + lane;
  let channel = index % params.key_value4;
  let place = index / params.key_value4 % params.filled;
  let sequence = index / params.key_value4 / params.filled;
  if (sequence >= extent.rows || place >= length[sequence]) {
    return;
  }
  let row_end = (begin[sequence] + place + 1u) * params.qkv4;
  cache[(sequence * params.positions + place) * params.key_value4 + channel] = qkv[row_end - params.key_value4 + channel];
}
