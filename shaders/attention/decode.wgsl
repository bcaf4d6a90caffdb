// out[r, h] = Σ_j softmax_j(scale · Q[r, h] · K[j, h/g]) V[j, h/g]   over the cached keys j ≤ position[r] of row r's sequence
//   One new token of every live sequence. qkv [rows, (H + 2K) D] holds rotated queries; sequence [rows]: which sequence a row
//   is; position [rows]: where in its sequence the new token stands; cache [sequences, positions, 2, K D]: keys, then
//   values, the new ones included (rope/decode). The sums run in the order of attention/forward, so the bits agree with
//   it. One invocation takes one head of one row. Overwrites.
#include "lib/extent.wgsl"
#include "lib/grid.wgsl"
#include "attention/lib/common.wgsl"

struct Params {
  heads: u32,      // H
  key_heads: u32,  // K
  positions: u32,  // capacity of the cache per sequence
  scale: f32,      // 1 / √D
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> sequence: array<u32>;
@group(0) @binding(2) var<storage, read> position: array<u32>;
@group(0) @binding(3) var<storage, read> cache: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(5) var<uniform> extent: Extent;
@group(0) @binding(6) var<uniform> params: Params;

const LANES = 32u;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = linear_group(group, groups) * LANES + lane;
  let row = index / params.heads;
  let head = index % params.heads;
  if (row >= extent.rows) {
    return;
  }
  let query_at = (row * (params.heads + 2u * params.key_heads) + head) * HEAD4;
  let step = 2u * params.key_heads * HEAD4;  // from one position of the cache to the next
  let key_head = head / (params.heads / params.key_heads);
  let keys_at = sequence[row] * params.positions * step + key_head * HEAD4;
  let values_at = keys_at + params.key_heads * HEAD4;

  var query: array<vec4f, MAX_HEAD4>;
  var acc: array<vec4f, MAX_HEAD4>;
  for (var d = 0u; d < HEAD4; d++) {
    query[d] = qkv[query_at + d] * params.scale;
    acc[d] = vec4f();
  }
  var running = NOTHING;
  for (var place = 0u; place <= position[row]; place++) {
    var sum = vec4f();
    for (var d = 0u; d < HEAD4; d++) {
      sum = fma(query[d], cache[keys_at + place * step + d], sum);
    }
    running = add_score(running, horizontal_sum(sum));
    for (var d = 0u; d < HEAD4; d++) {
      let value = cache[values_at + place * step + d];
      acc[d] = fma(vec4f(running.weight), value, acc[d] * running.correction);
    }
  }
  let inverse = 1.0 / running.total;
  for (var d = 0u; d < HEAD4; d++) {
    out[index * HEAD4 + d] = acc[d] * inverse;
  }
}
