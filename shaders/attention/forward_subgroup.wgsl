// out[q, h] = Σ_j softmax_j(scale · Q[q, h] · K[j, h/g]) V[j, h/g]   over the keys j ≤ q of q's own segment
//   Packed sequences without padding: qkv [rows, (H + 2K) D] holds rotated queries, rotated keys and values; g = H / K.
//   tile [tiles]: (segment begin, segment end, first query, unused). One workgroup takes one tile and one head, one
//   invocation one query. Saves lse [rows, H] = log Σ_j e^score for the backward pass. Overwrites.
//   attention/forward for adapters with subgroups of eight lanes or more: keys and values are handed around.
enable subgroups;
#include "attention/lib/common.wgsl"

struct Params {
  qkv4: u32,       // (H + 2K) D / 4
  heads: u32,      // H
  key_heads: u32,  // K
  scale: f32,      // 1 / √D
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> tile: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> lse: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

#include "attention/lib/share_subgroup.wgsl"
#include "attention/lib/forward.wgsl"

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
) {
  attend(tile[group.x], group.y, lane, subgroup_lane % BLOCK);
}
