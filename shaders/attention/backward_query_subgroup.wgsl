// dQ[q, h] = scale · Σ_j W_j (dW_j − delta) K[j, h/g]   over the keys j ≤ q of q's own segment, with
//   W_j = e^(score_j − lse), dW_j = dout[q, h] · V[j, h/g], delta[q, h] = dout[q, h] · out[q, h] = Σ_j W_j dW_j.
//   Layouts and tiles as in attention/forward; dqkv [rows, (H + 2K) D]: this kernel writes the query heads. delta
//   [rows, H] is kept for attention/backward_key_value. One invocation takes one query of one head. Overwrites.
//   attention/backward_query for adapters with subgroups of eight lanes or more: keys and values are handed around.
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
@group(0) @binding(2) var<storage, read> out: array<vec4f>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> dout: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> delta: array<f32>;
@group(0) @binding(6) var<storage, read_write> dqkv: array<vec4f>;
@group(0) @binding(7) var<uniform> params: Params;

#include "attention/lib/share_subgroup.wgsl"
#include "attention/lib/backward_query.wgsl"

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
) {
  differentiate(tile[group.x], group.y, lane, subgroup_lane % BLOCK);
}
