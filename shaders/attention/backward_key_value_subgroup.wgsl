// dK[j] = scale · Σ_q W (dW − delta) Q[q, h],   dV[j] = Σ_q W dout[q, h]   over the queries q ≥ j of j's own segment and the
//   heads h that share the key head, with W, dW and delta as in attention/backward_query, which must have run.
//   dqkv [rows, (H + 2K) D]: this kernel writes the key and value heads. tile: (segment begin, segment end, first key,
//   unused). One invocation takes one key of one key head, so every sum has one writer and no atomics. Overwrites.
//   attention/backward_key_value for adapters with subgroups of eight lanes or more: queries are handed around.
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
@group(0) @binding(2) var<storage, read> lse: array<f32>;
@group(0) @binding(3) var<storage, read> delta: array<f32>;
@group(0) @binding(4) var<storage, read> dout: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> dqkv: array<vec4f>;
@group(0) @binding(6) var<uniform> params: Params;

#include "attention/lib/share_subgroup.wgsl"
#include "attention/lib/share_dout_subgroup.wgsl"
#include "attention/lib/backward_key_value.wgsl"

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
) {
  differentiate(tile[group.x], group.y, lane, subgroup_lane % BLOCK);
}
